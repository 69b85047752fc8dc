import type { EpochMicros } from '../../../src/core/units.ts';

/**
 * How one HTTP exchange ended, as Modal saw it.
 * `edge`: answered without a container. `redirected`: 303, the call goes on. `client_left`: the caller
 * hung up first. `reset`: Modal cut the connection.
 */
export type ExchangeEnd = 'open' | 'completed' | 'edge' | 'redirected' | 'client_left' | 'reset';

/** One HTTP exchange: a leg of a call, or a refusal at the edge. */
export interface Exchange {
  readonly endpoint: string;
  /** `x-sandbox-mark` of the caller, to find the exchange again; `null` without it. */
  readonly mark: string | null;
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly receivedAt: EpochMicros;
  callId: string | null;
  status: number | null;
  endedAt: EpochMicros | null;
  end: ExchangeEnd;
}

/** One function call: what a container worked on, over all its legs. */
export interface Call {
  readonly id: string;
  readonly endpoint: string;
  readonly mark: string | null;
  readonly queuedAt: EpochMicros;
  bytesIn: number;
  containerId: string | null;
  /** The container took it. `null`: it never reached one. */
  startedAt: EpochMicros | null;
  finishedAt: EpochMicros | null;
  retries: number;
  status: number | null;
  /** `cancelled`: the caller left and the grace was over. */
  end: 'queued' | 'running' | 'finished' | 'cancelled' | 'refused';
}

/** What the sandbox saw, in order. The comparison side of every test. */
export class SandboxLog {
  readonly exchanges: Exchange[] = [];
  readonly calls: Call[] = [];
  readonly #keep: number;
  readonly #waiting: { readonly ready: () => boolean; readonly resolve: () => void }[] = [];

  /** @param keep how many of the newest exchanges and calls are remembered, about. */
  constructor(keep = Number.POSITIVE_INFINITY) {
    this.#keep = keep;
  }

  /** To be called after every change, so that `until` can look. */
  changed(): void {
    if (this.exchanges.length > 2 * this.#keep) this.exchanges.splice(0, this.#keep);
    if (this.calls.length > 2 * this.#keep) this.calls.splice(0, this.#keep);
    for (const waiter of [...this.#waiting]) {
      if (!waiter.ready()) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.resolve();
    }
  }

  /** Resolves as soon as the condition holds: a test waits for an event, never for a time. */
  until(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ ready, resolve }));
  }

  callsMarked(mark: string): readonly Call[] {
    return this.calls.filter((call) => call.mark === mark);
  }

  exchangesMarked(mark: string): readonly Exchange[] {
    return this.exchanges.filter((exchange) => exchange.mark === mark);
  }
}
