import { sql } from 'kysely';
import type { ClosedRequest, RequestCost } from '../core/request-record.ts';
import type { EpochMicros } from '../core/units.ts';
import { NameDictionary, type ReservedNames } from './names.ts';
import type { LedgerTransaction } from './prepared-query.ts';
import { markPoolsDirty } from './queries/dirty-pools.ts';
import type { PoolKey } from './queries/settlement.ts';
import { requestIdOf, storedIdsToFind } from './request-id.ts';
import { RequestInsert } from './request-insert.ts';
import { type RequestKind, RequestKindDictionary } from './request-kinds.ts';
import {
  areOfOneKind,
  type RequestRow,
  requestKindOf,
  rowOf,
  wantKindNames,
  wantRowNames,
} from './request-row.ts';
import { RollupBatch, RollupWriter } from './rollup.ts';

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

/**
 * Puts closed requests into the ledger, once each, with everything that is derived from them: names,
 * roll-ups and the marks for settlement. Intake and import share it. The caller owns the transaction; after
 * a rollback `forget` drops what memory took for committed.
 */
export class RequestWriter {
  readonly names: NameDictionary;
  readonly #kinds = new RequestKindDictionary();
  readonly #insert: RequestInsert;
  readonly #rollups: RollupWriter;
  #lastSeq = -1;

  /** @param reserved names that have a place beside as many as callers make up. */
  constructor(db: LedgerTransaction, reserved: ReservedNames = {}) {
    this.names = new NameDictionary(reserved);
    this.#insert = new RequestInsert(db);
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
    const inserted = await this.#inserted(trx, candidates);
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
    const runs = runsOfOneKind(requests);
    for (const { closed, cost } of requests) wantRowNames(this.names, closed, cost);
    for (const [{ closed }] of runs) wantKindNames(this.names, closed);
    await this.names.resolve(trx);
    const kinds = runs.map(([{ closed }]) => requestKindOf(closed, this.names));
    const keys = kinds.map((kind) => this.#kinds.want(kind));
    await this.#kinds.resolve(trx);
    const candidates: Candidate[] = [];
    for (const [index, run] of runs.entries()) {
      const kind = kinds[index] as RequestKind;
      const kind_id = this.#kinds.idOf(keys[index] as string);
      for (const { closed, cost } of run) {
        const seq = firstSeq + candidates.length;
        candidates.push({ row: rowOf({ seq, kind_id }, closed, cost, this.names), kind });
      }
    }
    return candidates;
  }

  /** Those that went in. */
  async #inserted(trx: LedgerTransaction, candidates: readonly Candidate[]): Promise<Candidate[]> {
    const inserted: Candidate[] = [];
    for (const part of this.#insert.partsOf(candidates)) {
      const rows = await this.#insert.run(trx, part);
      inserted.push(...(rows === part.length ? part : await insertedOf(trx, part)));
    }
    return inserted;
  }
}

/** In order, cut where the kind changes: a kind is looked up once a run. */
function runsOfOneKind(
  requests: readonly PricedRequest[],
): readonly [PricedRequest, ...PricedRequest[]][] {
  const runs: [PricedRequest, ...PricedRequest[]][] = [];
  for (const request of requests) {
    const run = runs.at(-1);
    if (run !== undefined && areOfOneKind(run[0].closed, request.closed)) run.push(request);
    else runs.push([request]);
  }
  return runs;
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
