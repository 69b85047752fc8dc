import { type EpochMicros, MICROS_PER_HOUR, type Micros } from '../../core/units.ts';
import type { CallPage, CallReport } from '../../ports/container-source.ts';
import { NameDictionary } from '../names.ts';
import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';
import type { CallFactsTable } from '../tables/containers.ts';
import { markPoolsDirty } from './dirty-pools.ts';

/** A body may take so long from the proxy to Modal, and the two clocks may differ. */
const EARLIER_US: Micros = 600_000_000;
const LATER_US: Micros = 60_000_000;

/** A call that has not ended for so long is not waited for any more. */
const WAIT_US = 6 * MICROS_PER_HOUR;

export interface CallsStored {
  /** Calls of recorded requests. */
  readonly matched: number;
  /** Calls that came past the proxy, or whose request is not recorded yet. */
  readonly others: number;
  /** All calls that came before this are known for good. */
  readonly knownUntil: EpochMicros;
}

interface RequestOfCall {
  readonly seq: number;
  readonly started_at: number;
  readonly pool_id: number | null;
  readonly function_call_id: string | null;
}

/**
 * Keeps where the calls of a page ran, for the requests that name them, and how far the function's calls are
 * known: not past `heldAt`, where an earlier page had a call that has not ended. Pools are settled again from
 * the earliest request whose place is new; the same page again changes nothing. In a transaction.
 */
export async function storeCallPage(
  trx: LedgerTransaction,
  source: { readonly endpoint: number; readonly functionId: string },
  page: CallPage,
  { now, heldAt }: { readonly now: EpochMicros; readonly heldAt: EpochMicros | null },
): Promise<CallsStored> {
  const requests = await requestsOf(trx, source.endpoint, page);
  const ran = page.calls.filter((call) => call.ran !== null && requests.has(call.functionCallId));
  const names = new NameDictionary();
  for (const call of ran) names.want('container', call.ran?.containerId ?? null);
  await names.resolve(trx);
  const facts = ran.flatMap((call) => {
    const request = requests.get(call.functionCallId);
    const fact = request === undefined ? null : factOf(call, request, names);
    return request === undefined || fact === null ? [] : [{ fact, request }];
  });
  await storeFacts(trx, source.endpoint, facts);
  const knownUntil = Math.min(heldAt ?? page.to, endOfKnown(page, now));
  await noteAsked(trx, source, knownUntil);
  const others = page.calls.filter((call) => !requests.has(call.functionCallId)).length;
  return { matched: facts.length, others, knownUntil };
}

/** Where the first call is that has not ended, and may yet. */
function endOfKnown({ to, calls }: CallPage, now: EpochMicros): EpochMicros {
  let until = to;
  for (const { final, enqueuedAt } of calls) {
    if (!final && enqueuedAt > now - WAIT_US) until = Math.min(until, enqueuedAt);
  }
  return until;
}

async function requestsOf(
  trx: LedgerTransaction,
  endpoint: number,
  { calls }: CallPage,
): Promise<Map<string, RequestOfCall>> {
  if (calls.length === 0) return new Map();
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const { enqueuedAt } of calls) {
    first = Math.min(first, enqueuedAt);
    last = Math.max(last, enqueuedAt);
  }
  const rows = await trx
    .selectFrom('requests')
    .select(['seq', 'started_at', 'pool_id', 'function_call_id'])
    .where('endpoint_id', '=', endpoint)
    .where('started_at', '>=', first - EARLIER_US)
    .where('started_at', '<=', last + LATER_US)
    .where('function_call_id', 'is not', null)
    .execute();
  return new Map(rows.map((row) => [row.function_call_id ?? '', row]));
}

function factOf(
  { ran }: CallReport,
  request: RequestOfCall,
  names: NameDictionary,
): CallFactsTable | null {
  if (ran === null) return null;
  return {
    request_seq: request.seq,
    started_at: request.started_at,
    container_id: names.idOf('container', ran.containerId),
    run_from: ran.from,
    run_us: ran.us,
    boot_us: ran.bootUs,
  };
}

async function storeFacts(
  trx: LedgerTransaction,
  endpoint: number,
  facts: readonly { readonly fact: CallFactsTable; readonly request: RequestOfCall }[],
): Promise<void> {
  const earliest = new Map<number, EpochMicros>();
  for (const chunk of chunksOf(facts, 500)) {
    const before = await knownFacts(trx, chunk);
    const changed = chunk.filter(({ fact }) => !sameFact(fact, before.get(fact.request_seq)));
    for (const { request } of changed) {
      const pool = request.pool_id ?? 0;
      earliest.set(pool, Math.min(earliest.get(pool) ?? request.started_at, request.started_at));
    }
    for (const rows of chunksOf(changed, 100)) {
      await trx
        .insertInto('call_facts')
        .values(rows.map(({ fact }) => fact))
        .onConflict((conflict) =>
          conflict.column('request_seq').doUpdateSet((eb) => ({
            container_id: eb.ref('excluded.container_id'),
            run_from: eb.ref('excluded.run_from'),
            run_us: eb.ref('excluded.run_us'),
            boot_us: eb.ref('excluded.boot_us'),
          })),
        )
        .execute();
    }
  }
  await markPoolsDirty(
    trx,
    [...earliest].map(([pool, from]) => ({ endpoint, pool, from })),
  );
}

async function knownFacts(
  trx: LedgerTransaction,
  facts: readonly { readonly fact: CallFactsTable }[],
): Promise<Map<number, CallFactsTable>> {
  const rows = await trx
    .selectFrom('call_facts')
    .selectAll()
    .where(
      'request_seq',
      'in',
      facts.map(({ fact }) => fact.request_seq),
    )
    .execute();
  return new Map(rows.map((row) => [row.request_seq, row]));
}

function sameFact(fact: CallFactsTable, before: CallFactsTable | undefined): boolean {
  return (
    before !== undefined &&
    fact.container_id === before.container_id &&
    fact.run_from === before.run_from &&
    fact.run_us === before.run_us &&
    fact.boot_us === before.boot_us
  );
}

async function noteAsked(
  trx: LedgerTransaction,
  { endpoint, functionId }: { readonly endpoint: number; readonly functionId: string },
  until: EpochMicros,
): Promise<void> {
  await trx
    .insertInto('call_sources')
    .values({ endpoint_id: endpoint, function_id: functionId, asked_until: until })
    .onConflict((conflict) =>
      conflict.columns(['endpoint_id', 'function_id']).doUpdateSet({ asked_until: until }),
    )
    .execute();
}
