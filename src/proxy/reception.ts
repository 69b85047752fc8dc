import type { IncomingMessage } from 'node:http';
import type { ClosedRequest, OpenedRequest } from '../core/request-record.ts';
import type { Micros } from '../core/units.ts';
import { Admission, type Admitted } from './admission.ts';
import type { ClientSide } from './client-side.ts';
import { closedRequest } from './end-of-request.ts';
import type { EndpointRuntime } from './endpoint-runtime.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { mustHold } from './held-body.ts';
import { functionCallIdIn } from './modal-redirect.ts';
import {
  type AcceptedRequest,
  openedRequest,
  upstreamHeadInput,
  withoutClaims,
} from './open-request.ts';
import { type Problem, queueFull } from './problem.ts';
import { startProgress } from './progress.ts';
import type { ProxySettings } from './proxy-settings.ts';
import type { ParkedExchange, RedirectChains } from './redirect-chain.ts';
import { requestNotes } from './request-headers.ts';
import { RequestIds } from './request-ids.ts';
import type { Route } from './routing.ts';
import { UploadMeans } from './upload.ts';

export interface Arrival {
  readonly request: IncomingMessage;
  readonly client: ClientSide;
  readonly route: Route<EndpointRuntime>;
  /** Bytes behind the head of a request for another protocol, else `null`. */
  readonly upgrade: Buffer | null;
}

/** Takes requests in: names, ids, the door, and whether one goes on with a parked request. */
export class Reception {
  readonly #settings: ProxySettings;
  readonly #context: ExchangeContext;
  readonly #admission: Admission;
  readonly #ids: RequestIds;

  constructor(settings: ProxySettings, chains: RedirectChains) {
    this.#settings = settings;
    this.#admission = new Admission(settings);
    this.#ids = new RequestIds(settings.random);
    const { clock, journal, onJournalFailure, responseHeaders, abortGraceUs, log } = settings;
    this.#context = {
      clock,
      journal,
      onJournalFailure,
      responseHeaders,
      abortGraceUs,
      log,
      chains,
      uploads: new UploadMeans(settings.limits.heldBytes),
    };
  }

  /** @returns the exchange to start, `null` when the request was refused, which is answered and recorded. */
  receive(arrival: Arrival, ended: (closed: ClosedRequest | null) => void): Exchange | null {
    const { clock } = this.#settings;
    const { request, route } = arrival;
    const { endpoint } = route;
    const startedUs = clock.monotonic();
    const notes = requestNotes(request.rawHeaders);
    const verdict = this.#admission.admit(request.headers, endpoint.name, notes.client, startedUs);
    // Read once: an id that tells another instant than its request would have to be stored whole.
    const startedAt = clock.now();
    const accepted: AcceptedRequest = {
      id: this.#ids.next(startedAt),
      startedAt,
      endpoint,
      method: request.method ?? 'GET',
      target: route.target,
      base: route.base,
      rawHeaders: request.rawHeaders,
      headers: request.headers,
      notes,
      client: verdict.client,
    };
    if ('problem' in verdict) {
      this.#refuse(arrival, accepted, verdict.problem, ended);
      return null;
    }
    if (endpoint.connections.full) {
      verdict.leave();
      const problem = queueFull(endpoint.name, endpoint.connections.waiting);
      this.#refuse(arrival, accepted, problem, ended);
      return null;
    }
    return this.#exchange({ ...arrival, accepted, admitted: verdict, startedUs }, (closed) => {
      verdict.leave();
      ended(closed);
    });
  }

  #exchange(
    arrival: Arrival & {
      readonly accepted: AcceptedRequest;
      readonly admitted: Admitted;
      readonly startedUs: Micros;
    },
    ended: (closed: ClosedRequest | null) => void,
  ): Exchange {
    const { request, client, route, accepted, upgrade } = arrival;
    const { headers } = request;
    const functionCallId = functionCallIdIn(route.target);
    const joined = functionCallId === null ? null : this.#join(accepted, functionCallId);
    const opened =
      joined?.parked.request ?? openedRequest(accepted, this.#settings.clientCountryHeader);
    const connection = {
      address: request.socket.remoteAddress ?? 'unknown',
      keyInAuthorization: arrival.admitted.keyInAuthorization,
      upgrade: upgrade !== null,
    };
    return new Exchange(this.#context, {
      request,
      client,
      endpoint: route.endpoint,
      opened,
      startedUs: joined === null ? arrival.startedUs : this.#startOf(joined),
      head: this.#head(accepted, opened, connection, client),
      bodyFraming: {
        chunked: headers['transfer-encoding'] !== undefined,
        length: Number(headers['content-length'] ?? 0),
      },
      place: route,
      http10: request.httpVersionMinor === 0,
      functionCallId,
      joined,
      upgrade,
      ended,
    });
  }

  #head(
    accepted: AcceptedRequest,
    opened: OpenedRequest,
    connection: Parameters<typeof upstreamHeadInput>[2],
    client: ClientSide,
  ) {
    const head = upstreamHeadInput(accepted, opened, connection, this.#settings);
    const { expect } = accepted.headers;
    if (expect === undefined || !mustHold(accepted.endpoint.settings) || connection.upgrade) {
      return head;
    }
    // The body is wanted before the upstream is asked: the client is told to go on from here.
    client.information(100, CONTINUE);
    return { ...head, drop: new Set([...head.drop, 'expect']) };
  }

  #join({ endpoint, client }: AcceptedRequest, functionCallId: string): ParkedExchange | null {
    return this.#context.chains.join(endpoint.name, functionCallId, client);
  }

  /** Monotonic reading at which a parked request started; of another process's by the wall clock, which may step. */
  #startOf({ parked, startedUs }: ParkedExchange): Micros {
    const { clock } = this.#settings;
    if (startedUs !== null) {
      return startedUs;
    }
    return clock.monotonic() - Math.max(parked.parkedAtUs, clock.now() - parked.request.startedAt);
  }

  #refuse(
    { client }: Arrival,
    accepted: AcceptedRequest,
    problem: Problem,
    ended: (closed: ClosedRequest | null) => void,
  ): void {
    const { clock, journal, log, clientCountryHeader } = this.#settings;
    const opened = openedRequest(accepted, clientCountryHeader);
    const known = problem.errorClass !== 'unauthorized';
    const progress = startProgress(known ? opened : withoutClaims(opened), null);
    progress.status = problem.status;
    const ending = { outcome: 'rejected', errorClass: problem.errorClass, paid: 'no' } as const;
    const durationUs = Math.max(0, clock.now() - accepted.startedAt);
    progress.overheadUs = durationUs;
    const times = { durationUs, upstreamEndUs: null, diagnosis: null };
    const closed = closedRequest(progress, ending, times);
    journal.append({ type: 'closed', request: closed, unopened: true }, () => {
      try {
        client.problem(problem, accepted.id);
      } catch (error) {
        log.error({ error, request: accepted.id }, 'a refusal could not be sent');
        client.destroy();
      }
      ended(closed);
    });
  }
}

const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');
