import type { ExchangeInput } from './exchange-context.ts';
import { HELD_BODY_BYTES, type HeldBody, mustHold, NO_ENCODING, prepareBody } from './held-body.ts';
import { bodyTooLong, noRoomForBody, type Problem } from './problem.ts';
import { followUpHead, upstreamHead } from './request-headers.ts';
import { Upload, type UploadMeans } from './upload.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** A request on its way up: as the client sent it, held and changed, or the GET that follows a redirect. */
export class RequestSender {
  readonly #input: ExchangeInput;
  readonly #upload: Upload;
  readonly #hold: boolean;
  #held: HeldBody | null = null;
  #usageInjected = false;
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
    return this.#usageInjected;
  }

  /** The leg goes on with a call, and is not the request that the client sent. */
  get isFollowUp(): boolean {
    return this.#followTarget !== null;
  }

  /** Calls back when a connection can be used: at once, or when a body that has to be held is complete or cannot be. */
  whenReady(ready: () => void, refused: (problem: Problem) => void): void {
    if (!this.#hold) {
      ready();
      return;
    }
    const { head, endpoint } = this.#input;
    this.#upload.held((result) => {
      if (result === 'too_long') {
        refused(bodyTooLong(HELD_BODY_BYTES));
      } else if (result === 'no_room') {
        refused(noRoomForBody());
      } else {
        this.#held = prepareBody(result, head.headers, endpoint.settings);
        this.#usageInjected = this.#held.usageInjected;
        ready();
      }
    });
  }

  /** The response is the one that the client gets: nothing is sent again. */
  answered(): void {
    if (this.#held !== null) {
      this.#held = null;
      this.#upload.forget();
    }
  }

  /** What is sent from now on is the GET of a redirect's location. */
  follow(location: string): void {
    this.#followTarget = this.#input.endpoint.targetOf(location, this.#input.head.target);
  }

  sendTo(connection: UpstreamConnection): void {
    const { head, endpoint } = this.#input;
    if (this.#followTarget !== null) {
      connection.socket.write(this.#followUpHead(this.#followTarget), 'latin1');
      connection.requestSent();
    } else if (this.#held !== null) {
      const { body, extra, replaces } = this.#held;
      const changed = {
        ...head,
        drop: new Set([...head.drop, ...replaces]),
        extra: head.extra + extra,
        contentLength: body.length,
      };
      const again = endpoint.settings.retryCold503 !== null;
      this.#upload.replay(connection, upstreamHead(changed), body, again);
      if (!again) {
        this.#held = null;
      }
    } else {
      this.#upload.sendTo(connection, upstreamHead(head));
    }
  }

  #followUpHead(target: string): string {
    const { head } = this.#input;
    if (!this.#usageInjected) return followUpHead(head, target);
    const drop = new Set([...head.drop, 'accept-encoding']);
    return followUpHead({ ...head, drop, extra: head.extra + NO_ENCODING }, target);
  }

  drained(): void {
    this.#upload.drained();
  }

  stop(): void {
    this.#upload.stop();
  }
}
