import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import type { UpstreamOptions } from '../../../src/proxy/proxy-settings.ts';
import { expectPrompt } from '../prompt.ts';
import { proxyEndpoint, type RunningProxy, startProxy } from '../proxy/start-proxy.ts';
import { RecordingUpstream, type UpstreamScripts } from '../wire/recording-upstream.ts';
import type { WireStep } from '../wire/wire-script.ts';

export const HANG: WireStep = { awaitText: 'what never comes' };
export const GRACE_US = 7_000_000;

export interface Phase {
  readonly bytes: string;
  readonly upstream: readonly WireStep[] | UpstreamScripts;
  /** Resolves when the client has come as far as it goes. */
  readonly until: (socket: Socket) => Promise<unknown>;
  readonly leave?: (socket: Socket) => void;
}

/** A proxy before an upstream with a script, for clients that leave. */
export class AbortBench {
  readonly upstream = new RecordingUpstream();
  /** From `start` on. */
  running!: RunningProxy;

  static async open(): Promise<AbortBench> {
    const bench = new AbortBench();
    await bench.upstream.listen();
    return bench;
  }

  async close(): Promise<void> {
    await this.running.proxy.stop();
    await this.upstream.close();
  }

  async start(options: Partial<UpstreamOptions> = {}): Promise<void> {
    const url = `http://127.0.0.1:${this.upstream.port}`;
    const endpoint = proxyEndpoint('up', url, { connections: 1, ...options });
    this.running = await startProxy([endpoint], { drainSeconds: 0, abortGraceUs: GRACE_US });
  }

  connected(bytes: string): Socket {
    const socket = connect(this.running.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(bytes, 'latin1');
    return socket;
  }

  /** Measures from the end of the client's connection to the end of the upstream's. */
  async hangUp(phase: Phase): Promise<ClosedRequest[]> {
    await expectPrompt(async () => {
      const { upstream: script } = phase;
      this.upstream.reset(Array.isArray(script) ? { '*': script } : (script as UpstreamScripts));
      const socket = this.connected(phase.bytes);
      await phase.until(socket);
      const leftAt = performance.now();
      if (phase.leave === undefined) socket.destroy();
      else phase.leave(socket);
      await this.upstream.idle();
      return performance.now() - leftAt;
    });
    await this.running.journal.closedAt(4);
    return this.running.journal.closed;
  }
}

/** Waits until the client has read `text`. */
export const untilRead =
  (text: string) =>
  async (socket: Socket): Promise<void> => {
    let seen = '';
    while (!seen.includes(text)) seen += String((await once(socket, 'data'))[0]);
  };

/** The same verdict on each try. */
export function expectAborted(
  closed: readonly ClosedRequest[],
  expected: Partial<ClosedRequest>,
): void {
  expect(closed).toHaveLength(5);
  for (const each of closed) {
    expect(each).toMatchObject({
      outcome: 'client_abort',
      errorClass: 'client_abort',
      ...expected,
    });
  }
}
