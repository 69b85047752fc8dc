import { sql } from 'kysely';
import type { ClosedRequest, RequestCost } from '../core/request-record.ts';
import type { EpochMicros } from '../core/units.ts';
import { NameDictionary, type ReservedNames } from './names.ts';
import { type LedgerTransaction, PreparedQuery } from './prepared-query.ts';
import { markPoolsDirty } from './queries/dirty-pools.ts';
import type { PoolKey } from './queries/settlement.ts';
import { requestIdOf, storedIdsToFind } from './request-id.ts';
import { type RequestKind, RequestKindDictionary } from './request-kinds.ts';
import { type RequestRow, requestKindOf, rowOf, wantNames } from './request-row.ts';
import { RollupBatch, RollupWriter } from './rollup.ts';
import type { RequestsTable } from './tables/requests.ts';

/** The cost of a request that has just closed: provisional, or unpriced. */
export type PriceRequest = (closed: ClosedRequest) => RequestCost;

export interface PricedRequest {
  readonly closed: ClosedRequest;
  readonly cost: RequestCost;
}

/** What a batch added. Requests that the ledger had already are not counted. */
export interface WrittenRequests {
  readonly inserted: number;
  readonly repeated: number;
  /** The newest `seq` given out, by this batch or before. */
  readonly lastSeq: number;
}

interface Candidate {
  readonly row: RequestRow;
  readonly kind: RequestKind;
}

const BATCH_ROWS = [64, 8, 1] as const;

/**
 * Puts closed requests into the ledger, once each, with everything that is derived from them: names,
 * roll-ups and the marks for settlement. Intake and import share it. The caller owns the transaction; after
 * a rollback `forget` drops what memory took for committed.
 */
export class RequestWriter {
  readonly names: NameDictionary;
  readonly #kinds = new RequestKindDictionary();
  readonly #inserts: readonly { rows: number; query: PreparedQuery }[];
  readonly #rollups: RollupWriter;
  #lastSeq = -1;

  /** @param reserved names that have a place beside as many as callers make up. */
  constructor(db: LedgerTransaction, reserved: ReservedNames = {}) {
    this.names = new NameDictionary(reserved);
    this.#inserts = BATCH_ROWS.map((rows) => ({ rows, query: insertOf(db, rows) }));
    this.#rollups = new RollupWriter(db);
  }

  async write(
    trx: LedgerTransaction,
    requests: readonly PricedRequest[],
  ): Promise<WrittenRequests> {
    const unique = firstOfEach(requests);
    const lastSeq = await nextSeq(trx, unique.length);
    // Numbers that this writer did not take tell of another writer, whose roll-ups are not in memory.
    if (lastSeq - unique.length !== this.#lastSeq) this.#rollups.forget();
    this.#lastSeq = lastSeq;
    const candidates = await this.#candidatesOf(trx, unique, lastSeq - unique.length + 1);
    const inserted = await this.#insert(trx, candidates);
    const rollups = new RollupBatch();
    for (const { row, kind } of inserted) rollups.add(row, kind);
    await this.#rollups.add(trx, rollups);
    await markDirty(trx, inserted);
    return { inserted: inserted.length, repeated: requests.length - inserted.length, lastSeq };
  }

  forget(): void {
    this.names.forget();
    this.#kinds.forget();
    this.#rollups.forget();
    this.#lastSeq = -1;
  }

  async #candidatesOf(
    trx: LedgerTransaction,
    requests: readonly PricedRequest[],
    firstSeq: number,
  ): Promise<Candidate[]> {
    this.names.trim();
    this.#kinds.trim();
    for (const { closed, cost } of requests) wantNames(this.names, closed, cost);
    await this.names.resolve(trx);
    const kinds = requests.map(({ closed }) => requestKindOf(closed, this.names));
    const keys = kinds.map((kind) => this.#kinds.want(kind));
    await this.#kinds.resolve(trx);
    return requests.map(({ closed, cost }, index) => {
      const kind = kinds[index] as RequestKind;
      const kind_id = this.#kinds.idOf(keys[index] as string);
      const row = rowOf({ seq: firstSeq + index, kind_id }, closed, cost, this.names);
      return { row, kind };
    });
  }

  /** In statements of 64, 8 and 1 rows: three to compile and prepare, whatever the batch. */
  async #insert(trx: LedgerTransaction, candidates: readonly Candidate[]): Promise<Candidate[]> {
    const inserted: Candidate[] = [];
    let at = 0;
    for (const { rows, query } of this.#inserts) {
      for (; candidates.length - at >= rows; at += rows) {
        inserted.push(...(await insertPart(trx, query, candidates.slice(at, at + rows))));
      }
    }
    return inserted;
  }
}

async function insertPart(
  trx: LedgerTransaction,
  query: PreparedQuery,
  part: Candidate[],
): Promise<Candidate[]> {
  const parameters: unknown[] = [];
  for (const { row } of part) for (const name of COLUMNS) parameters.push(row[name]);
  const { numAffectedRows } = await query.run(trx, parameters);
  return Number(numAffectedRows ?? -1) === part.length ? part : await insertedOf(trx, part);
}

function firstOfEach(requests: readonly PricedRequest[]): PricedRequest[] {
  const byId = new Map<string, PricedRequest>();
  for (const request of requests) {
    if (!byId.has(request.closed.id)) byId.set(request.closed.id, request);
  }
  return [...byId.values()];
}

/**
 * Takes `count` numbers. The row stays locked until the transaction ends, so that rows become visible in
 * the order of their numbers: a cursor never passes a row that is still to come.
 */
async function nextSeq(trx: LedgerTransaction, count: number): Promise<number> {
  const { value } = await trx
    .updateTable('counters')
    .set((eb) => ({ value: eb('value', '+', count) }))
    .where('name', '=', 'request_seq')
    .returning('value')
    .executeTakeFirstOrThrow();
  return value;
}

/** Those that went in. @throws Error when one is missing for another reason than that it was there. */
async function insertedOf(
  trx: LedgerTransaction,
  candidates: readonly Candidate[],
): Promise<Candidate[]> {
  const rows = await trx
    .selectFrom('requests')
    .select(['seq', 'uid', 'started_at'])
    .where(
      'seq',
      'in',
      candidates.map(({ row }) => row.seq),
    )
    .execute();
  const found = new Map(rows.map((row) => [row.seq, row]));
  const inserted: Candidate[] = [];
  for (const candidate of candidates) {
    const { seq, uid, started_at } = candidate.row;
    const stored = found.get(seq);
    if (stored?.uid === uid && stored.started_at === started_at) inserted.push(candidate);
    else await requireRepeated(trx, requestIdOf(uid, started_at), seq);
  }
  return inserted;
}

async function requireRepeated(trx: LedgerTransaction, id: string, seq: number): Promise<void> {
  if ((await findSeq(trx, id)) !== null) return;
  throw new Error(
    `request ${id} was refused by the ledger as number ${seq}, which is in use; another writer must ` +
      'have bypassed the counter. Nothing of this batch was stored; run `tripmeter verify`.',
  );
}

/** The `seq` of the request with this id, `null` when the ledger does not have it. */
export async function findSeq(db: LedgerTransaction, id: string): Promise<number | null> {
  for (const { uid, startedAt } of storedIdsToFind(id)) {
    let query = db.selectFrom('requests').select('seq').where('uid', '=', uid);
    // As the index says it, so that the index is used.
    if (startedAt === null) query = query.where(sql<boolean>`substr(uid, 1, 1) = '='`);
    else query = query.where('started_at', '=', startedAt);
    const row = await query.executeTakeFirst();
    if (row !== undefined) return row.seq;
  }
  return null;
}

/** Each pool once, from the earliest start among its rows on. */
async function markDirty(trx: LedgerTransaction, inserted: readonly Candidate[]): Promise<void> {
  const earliest = new Map<string, PoolKey & { readonly from: EpochMicros }>();
  for (const { row } of inserted) {
    const [endpoint, pool] = [row.endpoint_id, row.pool_id ?? 0];
    const key = `${endpoint},${pool}`;
    const from = Math.min(earliest.get(key)?.from ?? row.started_at, row.started_at);
    earliest.set(key, { endpoint, pool, from });
  }
  await markPoolsDirty(trx, [...earliest.values()]);
}

const COLUMNS: readonly (keyof RequestsTable)[] = [
  ...(['seq', 'started_at', 'uid', 'endpoint_id', 'pool_id', 'kind_id', 'path_id'] as const),
  ...(['outcome', 'paid', 'group_key', 'tags', 'trace_id', 'parent_span_id'] as const),
  ...(['function_call_id', 'digest', 'sent_us', 'first_byte_us', 'first_token_us'] as const),
  ...(['last_byte_us', 'upstream_end_us', 'duration_us', 'overhead_us'] as const),
  ...(['exec_estimate_us', 'bytes_in', 'bytes_out', 'chunks', 'tokens_in', 'tokens_out'] as const),
  ...(['tokens_cached', 'tokens_reasoning', 'container_id', 'cold_start'] as const),
  ...(['ready_delay_us', 'container_age_us', 'container_requests_before'] as const),
  ...(['container_in_flight', 'queue_us', 'generation_us', 'cost_state', 'attribution'] as const),
  ...(['price_id', 'gpu_us', 'exec_nano', 'overhead_nano', 'total_nano'] as const),
  ...(['low_nano', 'high_nano'] as const),
];

function insertOf(db: LedgerTransaction, rows: number): PreparedQuery {
  const placeholder = Object.fromEntries(COLUMNS.map((name) => [name, 0]));
  const query = db
    .insertInto('requests')
    .columns([...COLUMNS])
    .values(Array.from({ length: rows }, () => placeholder as unknown as RequestsTable))
    .onConflict((conflict) => conflict.doNothing());
  return new PreparedQuery(query, COLUMNS.length * rows);
}
