import { createHmac, type Hmac } from 'node:crypto';
import type { ExchangeContext, ExchangeInput } from './exchange-context.ts';
import { HideUsage } from './hide-usage.ts';
import { proxiedLocation } from './location.ts';
import { BODY_PREFIX_BYTES } from './modal-edge.ts';
import type { Progress } from './progress.ts';
import type { Recording } from './recording.ts';
import type { ResponseHead } from './response-head.ts';
import type { ClientHead } from './response-headers.ts';
import type { UpstreamConnection } from './upstream-connection.ts';
import { createTap } from './usage/create-tap.ts';
import type { ResponseTap, TapReading } from './usage/response-tap.ts';

export interface RelayTarget {
  readonly context: ExchangeContext;
  readonly input: ExchangeInput;
  readonly recording: Recording;
}

export interface RelayedResponse {
  readonly head: ResponseHead;
  readonly clientHead: ClientHead;
  readonly upstream: UpstreamConnection;
  /** `received`: the body goes on with its framing. `dropped`: as plain payload. */
  readonly framing: 'received' | 'dropped';
  readonly hideUsage: boolean;
}

/**
 * A response on its way down: bytes go to the client as they came, while counters, tap and digest read
 * along. Only for a client that cannot take the framing is the body written anew.
 */
export class ResponseRelay {
  readonly #input: ExchangeInput;
  readonly #recording: Recording;
  readonly #progress: Progress;
  readonly #upstream: UpstreamConnection;
  readonly #tap: ResponseTap | null;
  readonly #digest: Hmac | null;
  readonly #hideUsage: HideUsage | null;
  readonly #received: boolean;
  readonly #readPrefix: boolean;
  #heldBack = false;
  #finished = false;

  constructor({ context, input, recording }: RelayTarget, response: RelayedResponse) {
    const { head, clientHead } = response;
    const { notes } = clientHead;
    this.#input = input;
    this.#recording = recording;
    const { progress } = recording;
    this.#progress = progress;
    // Here, where it is known that the client gets it: what is repeated or followed has begun nothing.
    progress.firstByteUs = recording.elapsed();
    progress.status = head.status;
    this.#upstream = response.upstream;
    this.#received = response.framing === 'received';
    this.#hideUsage = response.hideUsage ? new HideUsage() : null;
    const { bodyRule, digestKey } = input.endpoint.settings;
    const good = head.status < 300;
    this.#tap = good ? createTap(bodyRule, notes.contentType, notes.contentEncoding) : null;
    this.#digest = good && digestKey !== null ? createHmac('sha256', digestKey) : null;
    this.#readPrefix = head.status >= 400 && notes.contentEncoding === null;
    progress.notes = notes;
    progress.streamed = head.contentLength === null && head.status !== 204;
    this.#setHead(context, head, clientHead);
  }

  payload(payload: Buffer): void {
    const progress = this.#progress;
    progress.bytesOut += payload.length;
    progress.chunks += 1;
    if (this.#readPrefix && progress.bodyPrefix.length < BODY_PREFIX_BYTES) {
      const room = BODY_PREFIX_BYTES - progress.bodyPrefix.length;
      progress.bodyPrefix += payload.toString('latin1', 0, room);
    }
    this.#tap?.push(payload, this.#recording.elapsed());
    this.#digest?.update(payload);
    if (!this.#received) {
      this.#write(this.#hideUsage === null ? payload : this.#hideUsage.push(payload));
    }
  }

  forward(raw: Buffer): void {
    if (this.#received) {
      this.#write(raw);
    }
  }

  /** What is left to be sent once the record is written. */
  rest(raw: Buffer | null): Buffer | null {
    if (this.#received) {
      return raw;
    }
    return this.#hideUsage === null ? null : this.#hideUsage.end();
  }

  /** Reads the body's facts into the progress, whatever part of it has come. */
  finish(done: () => void): void {
    this.#finished = true;
    this.#progress.digest = this.#digest?.digest('hex').slice(0, 16) ?? null;
    if (this.#tap === null) {
      done();
      return;
    }
    this.#tap.finish((reading: TapReading) => {
      this.#progress.reading = reading;
      done();
    });
  }

  #setHead(
    context: ExchangeContext,
    head: ResponseHead,
    { headers, locationIndex }: ClientHead,
  ): void {
    const { client, endpoint, place } = this.#input;
    const location = locationIndex < 0 ? undefined : headers[locationIndex];
    if (location !== undefined) {
      headers[locationIndex] = proxiedLocation(location, endpoint.origin, place) ?? location;
    }
    if (context.responseHeaders) {
      const ownMs = (this.#progress.overheadUs / 1_000).toFixed(3);
      headers.push('x-tripmeter-request-id', this.#progress.opened.id);
      headers.push('Server-Timing', `tripmeter;dur=${ownMs}`);
    }
    const { status, reason } = head;
    client.setHead({ status, reason, headers }, this.#received ? 'received' : 'added');
  }

  #write(bytes: Buffer): void {
    const { client } = this.#input;
    if (bytes.length === 0 || client.write(bytes) || this.#heldBack) {
      return;
    }
    this.#heldBack = true;
    this.#upstream.pause();
    client.onceDrained(() => {
      this.#heldBack = false;
      // Else the connection serves another request by now.
      if (!this.#finished) {
        this.#upstream.resume();
      }
    });
  }
}
