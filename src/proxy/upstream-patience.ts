import type { Socket } from 'node:net';

/** How long an upstream is waited for: a timer that stands still while something else is waited for. */
export class UpstreamPatience {
  readonly #socket: Socket;
  #ms = 0;
  /** What the upstream did not do once the socket's timer ends; `null` while it is given all time. */
  complaint: string | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  limit(ms: number, complaint: string): void {
    this.complaint = complaint;
    this.#ms = ms;
    this.#socket.setTimeout(ms);
  }

  unlimited(): void {
    if (this.complaint !== null) {
      this.complaint = null;
      this.#socket.setTimeout(0);
    }
  }

  /** The upstream is held back: its silence is not its own. */
  pause(): void {
    if (this.complaint !== null) {
      this.#socket.setTimeout(0);
    }
  }

  /** Starts from the beginning. */
  resume(): void {
    if (this.complaint !== null) {
      this.#socket.setTimeout(this.#ms);
    }
  }
}
