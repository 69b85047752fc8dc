import type { Problem } from './problem.ts';

/** The client's side of an exchange, whether node frames its connection or it is a raw socket. */
export interface ClientSide {
  readonly headSent: boolean;
  /**
   * Takes the head; it leaves with the first body bytes, or when flushed.
   * @param framing `received`: what is written carries its own framing. `added`: it is plain payload.
   */
  setHead(head: ClientHeadLine, framing?: 'received' | 'added'): void;
  /** Sends a head that is still waiting. */
  flushHead(): void;
  /** @returns false when the client is slow: wait for `onceDrained`. */
  write(raw: Buffer): boolean;
  onceDrained(resume: () => void): void;
  /** Sends the last bytes; the response is complete. */
  end(raw: Buffer | null): void;
  /** An interim response, as received. */
  information(status: number, head: Buffer): void;
  /** Answers with a problem; when a head is out already, breaks the connection instead. */
  problem(problem: Problem, requestId: string): void;
  /** Nothing more can come over this connection: it closes behind the response. */
  closeAfterwards(): void;
  /** Breaks the connection: the client must not take what it has for a complete response. */
  destroy(): void;
  /** Calls `gone` when the connection closes, also after a complete response. */
  onClose(gone: () => void): void;
}

export interface ClientHeadLine {
  readonly status: number;
  readonly reason: string;
  /** Name, value, …: sent in this order and case. */
  readonly headers: string[];
}
