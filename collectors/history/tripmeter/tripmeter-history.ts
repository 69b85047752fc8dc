import type { Outcome, Paid } from '../../../src/core/outcome.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import type { HistoryItem, HistoryReader } from '../../../src/ports/collector.ts';
import { derivedId } from '../derived-id.ts';
import { importedRequest } from '../imported-request.ts';
import { readLines } from '../read-lines.ts';
import { FREE_STATUSES, microsOf } from '../wire-fields.ts';
import { type RequestLine, requestLine } from './wire.ts';

/** JSON lines of the request object that tripmeter itself prints and exports. */
export const tripmeterHistory: HistoryReader = {
  namesEndpoints: true,
  async *read({ chunks }) {
    const twins = new Twins();
    for await (const entry of readLines(chunks)) {
      yield 'problem' in entry
        ? { type: 'problem', line: entry.line, message: entry.problem }
        : itemOf(entry.line, entry.text, twins);
    }
  },
};

function itemOf(line: number, text: string, twins: Twins): HistoryItem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { type: 'problem', line, message: `not JSON: ${message}` };
  }
  const parsed = requestLine.safeParse(value);
  if (!parsed.success) {
    const messages = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'line'}: ${message}`,
    );
    return { type: 'problem', line, message: messages.join('; ') };
  }
  if (parsed.data.state === 'open') {
    return { type: 'problem', line, message: 'state: still open; only finished requests are kept' };
  }
  return { type: 'request', request: requestOf(parsed.data, idOf(parsed.data, text, twins)) };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An id that is no UUID cannot carry trace and span ids, so one is derived from it. */
function idOf(line: RequestLine, text: string, twins: Twins): string {
  if (line.id === null) {
    return derivedId(line.startedAt, ['line', text, twins.before(line.startedAt, text)]);
  }
  const id = line.id.toLowerCase();
  return UUID.test(id) ? id : derivedId(line.startedAt, ['id', line.endpoint, line.id]);
}

/**
 * Tells equal lines of one instant apart: two requests may start in the same second with the same duration.
 * Only the newest instant is remembered, so memory stays bounded and a sorted file is exact.
 */
class Twins {
  #instant = -1;
  readonly #seen = new Map<string, number>();

  before(instant: number, text: string): number {
    if (instant !== this.#instant) {
      this.#instant = instant;
      this.#seen.clear();
    }
    const before = this.#seen.get(text) ?? 0;
    this.#seen.set(text, before + 1);
    return before;
  }
}

function requestOf(line: RequestLine, id: string): ClosedRequest {
  const outcome = line.outcome ?? outcomeOf(line.status);
  return importedRequest({
    id,
    endpoint: line.endpoint,
    operation: line.operation,
    client: line.client,
    group: line.group,
    tags: line.tags,
    method: line.method ?? 'POST',
    path: line.path ?? '/',
    startedAt: line.startedAt,
    outcome,
    status: line.status,
    errorClass: line.errorClass,
    paid: line.paid ?? paidOf(outcome, line.status),
    diagnosis: line.diagnosis,
    durationUs: microsOf(line.durationMs),
    firstByteUs: nullableMicros(line.ttfbMs),
    firstTokenUs: nullableMicros(line.firstTokenMs),
    overheadUs: microsOf(line.overheadMs ?? 0),
    queueUs: nullableMicros(line.queueMs),
    bytesIn: line.bytesIn ?? 0,
    bytesOut: line.bytesOut ?? 0,
    chunks: line.chunks ?? 0,
    streamed: line.streamed ?? false,
    legs: line.legs ?? 1,
    model: line.model,
    tokensIn: line.tokensIn,
    tokensOut: line.tokensOut,
    tokensCached: line.tokensCached,
    functionCallId: line.functionCallId,
    containerId: line.containerId,
    coldStart: line.coldStart,
    ...(line.traceId === null ? {} : { traceId: line.traceId }),
  });
}

/** A line that says neither how it ended nor with which status was a request that somebody counted. */
function outcomeOf(status: number | null): Outcome {
  return status === null || status < 400 ? 'ok' : 'upstream_error';
}

function paidOf(outcome: Outcome, status: number | null): Paid {
  if (outcome === 'rejected' || outcome === 'connect_failed') {
    return 'no';
  }
  if (outcome === 'ok' || outcome === 'app_error') {
    return 'yes';
  }
  return status !== null && FREE_STATUSES.has(status) ? 'no' : 'unknown';
}

function nullableMicros(milliseconds: number | null): number | null {
  return milliseconds === null ? null : microsOf(milliseconds);
}
