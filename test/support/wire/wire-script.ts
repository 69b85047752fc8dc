import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes as latin1 text, or what else one end of a connection does. */
export type WireStep =
  | string
  | Buffer
  /** Silence. */
  | { readonly pauseMs: number }
  /** Goes on once the other end's bytes hold this text. */
  | { readonly awaitText: string }
  /** Stops reading for a while: the other end feels back-pressure. */
  | { readonly stopReadingMs: number }
  /** Upstream only: goes on once the request's body is complete. */
  | 'await-body'
  /** Half-close. */
  | 'end'
  | 'reset';

/** What a script needs of its end of the connection. */
export interface WireEnd {
  write(bytes: Buffer): Promise<void>;
  received(text: string): Promise<void>;
  bodyReceived(): Promise<void>;
  pause(): void;
  resume(): void;
  end(): void;
  reset(): void;
}

export async function playScript(steps: readonly WireStep[], end: WireEnd): Promise<void> {
  for (const step of steps) await play(step, end);
}

function play(step: WireStep, end: WireEnd): Promise<void> | void {
  if (typeof step === 'string') {
    if (step === 'await-body') return end.bodyReceived();
    if (step === 'end') return end.end();
    if (step === 'reset') return end.reset();
    return end.write(Buffer.from(step, 'latin1'));
  }
  if (Buffer.isBuffer(step)) return end.write(step);
  if ('pauseMs' in step) return sleep(step.pauseMs);
  if ('awaitText' in step) return end.received(step.awaitText);
  end.pause();
  return sleep(step.stopReadingMs).then(() => end.resume());
}
