import type { ExchangeInput } from './exchange-context.ts';
import { type HeldBody, mustHold, prepareBody } from './held-body.ts';
import { followUpHead, upstreamHead } from './request-headers.ts';
import { Upload, type UploadMeans } from './upload.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** A request on its way up: as the client sent it, held and changed, or the GET that follows a redirect. */
export class RequestSender {
  readonly #input: ExchangeInput;
  readonly #upload: Upload;
  readonly #hold: boolean;
  #held: HeldBody | null = null;
  #followTarget: string | null = null;

  constructor(means: UploadMeans, input: ExchangeInput) {
    this.#input = input;
    this.#hold = mustHold(input.endpoint.settings) && input.upgrade === null;
    this.#upload = new Upload(means, input.request, input.bodyFraming, this.#hold);
  }

  /** Body bytes that the client has sent. */
  get bytes(): number {
    return this.#upload.bytes;
  }

  /** The client has sent the whole request. */
  get complete(): boolean {
    return this.#upload.complete;
  }

  /** The response will end in a usage chunk that the client did not ask for. */
  get usageInjected(): boolean {
    return this.#held?.usageInjected ?? false;
  }

  /** The leg goes on with a call, and is not the request that the client sent. */
  get isFollowUp(): boolean {
    return this.#followTarget !== null;
  }

  /** Calls back when a connection can be used: at once, or when a body that has to be held is complete. */
  whenReady(ready: () => void, tooLong: () => void): void {
    if (!this.#hold) {
      ready();
      return;
    }
    const { head, endpoint } = this.#input;
    this.#upload.held((body) => {
      if (body === null) {
        tooLong();
      } else {
        this.#held = prepareBody(body, head.headers, endpoint.settings);
        ready();
      }
    });
  }

  /** What is sent from now on is the GET of a redirect's location. */
  follow(location: string): void {
    this.#followTarget = this.#input.endpoint.targetOf(location, this.#input.head.target);
  }

  sendTo(connection: UpstreamConnection): void {
    const { head } = this.#input;
    if (this.#followTarget !== null) {
      connection.socket.write(followUpHead(head, this.#followTarget), 'latin1');
      connection.requestSent();
    } else if (this.#held !== null) {
      const { body, extra, replaces } = this.#held;
      const changed = {
        ...head,
        drop: new Set([...head.drop, ...replaces]),
        extra: head.extra + extra,
        contentLength: body.length,
      };
      this.#upload.replay(connection, upstreamHead(changed), body);
    } else {
      this.#upload.sendTo(connection, upstreamHead(head));
    }
  }

  drained(): void {
    this.#upload.drained();
  }

  stop(): void {
    this.#upload.stop();
  }
}
