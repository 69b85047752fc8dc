import { LatencySketch } from '../core/latency-sketch.ts';
import type { Outcome } from '../core/outcome.ts';
import { MICROS_PER_HOUR } from '../core/units.ts';
import { chunksOf, type LedgerTransaction, PreparedQuery } from './prepared-query.ts';
import type { RollupHoursTable } from './tables/requests.ts';

/** The columns of a request that a roll-up adds up. */
export interface RollupInput {
  readonly started_at: number;
  readonly endpoint_id: number;
  readonly operation_id: number | null;
  readonly client_id: number | null;
  readonly outcome: Outcome;
  readonly region_id: number | null;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly tokens_in: number | null;
  readonly tokens_out: number | null;
  readonly chunks: number;
  readonly legs: number;
  readonly duration_us: number;
  readonly overhead_us: number;
  readonly cold_start: number | null;
  readonly first_byte_us: number | null;
  readonly first_token_us: number | null;
}

const SUMS = [
  ...(['requests', 'bytes_in', 'bytes_out', 'tokens_in', 'tokens_out', 'chunks', 'legs'] as const),
  ...(['duration_us', 'overhead_us', 'cold_starts'] as const),
] as const;
const SKETCHES = ['duration', 'first_byte', 'first_token', 'overhead'] as const;

export type RollupSums = Record<(typeof SUMS)[number], number>;
export type RollupSketches = Record<(typeof SKETCHES)[number], LatencySketch>;

export interface RollupKey {
  readonly hour: number;
  readonly endpoint_id: number;
  readonly operation_id: number;
  readonly client_id: number;
  readonly outcome: Outcome;
  readonly region_id: number;
}

/** One hour of one combination, in memory. */
export interface RollupCell {
  readonly key: RollupKey;
  readonly sums: RollupSums;
  readonly sketches: RollupSketches;
}

/** Adds requests up by hour and combination, in memory, until they are written with the rows themselves. */
export class RollupBatch {
  readonly #cells = new Map<string, RollupCell>();

  add(row: RollupInput): void {
    const hour = row.started_at - (row.started_at % MICROS_PER_HOUR);
    const { endpoint_id, outcome } = row;
    const operation_id = row.operation_id ?? 0;
    const client_id = row.client_id ?? 0;
    const region_id = row.region_id ?? 0;
    const text = `${hour},${endpoint_id},${operation_id},${client_id},${outcome},${region_id}`;
    let cell = this.#cells.get(text);
    if (cell === undefined) {
      cell = emptyCell({ hour, endpoint_id, operation_id, client_id, outcome, region_id });
      this.#cells.set(text, cell);
    }
    addToCell(cell, row);
  }

  get cells(): Iterable<RollupCell> {
    return this.#cells.values();
  }

  /** Adds the batch to the ledger's roll-ups, in the caller's transaction. */
  async write(trx: LedgerTransaction, queries: RollupQueries): Promise<void> {
    for (const cell of this.#cells.values()) await queries.add(trx, cell);
  }

  /** Writes the cells as they are, where the ledger has none of them. */
  async insert(trx: LedgerTransaction): Promise<void> {
    for (const chunk of chunksOf([...this.#cells.values()], 100)) {
      await trx.insertInto('rollup_hours').values(chunk.map(rollupRowOf)).execute();
    }
  }
}

export function emptyCell(key: RollupKey): RollupCell {
  return {
    key,
    sums: {
      requests: 0,
      bytes_in: 0,
      bytes_out: 0,
      tokens_in: 0,
      tokens_out: 0,
      chunks: 0,
      legs: 0,
      duration_us: 0,
      overhead_us: 0,
      cold_starts: 0,
    },
    sketches: {
      duration: new LatencySketch(),
      first_byte: new LatencySketch(),
      first_token: new LatencySketch(),
      overhead: new LatencySketch(),
    },
  };
}

export function addToCell({ sums, sketches }: RollupCell, row: RollupInput): void {
  sums.requests += 1;
  sums.bytes_in += row.bytes_in;
  sums.bytes_out += row.bytes_out;
  sums.tokens_in += row.tokens_in ?? 0;
  sums.tokens_out += row.tokens_out ?? 0;
  sums.chunks += row.chunks;
  sums.legs += row.legs;
  sums.duration_us += row.duration_us;
  sums.overhead_us += row.overhead_us;
  sums.cold_starts += row.cold_start ?? 0;
  sketches.duration.add(row.duration_us);
  sketches.overhead.add(row.overhead_us);
  if (row.first_byte_us !== null) sketches.first_byte.add(row.first_byte_us);
  if (row.first_token_us !== null) sketches.first_token.add(row.first_token_us);
}

export function mergeStored(cell: RollupCell, row: RollupHoursTable): void {
  for (const name of SUMS) cell.sums[name] += row[name];
  for (const name of SKETCHES) {
    cell.sketches[name].merge(LatencySketch.parse(row[`${name}_sketch`]));
  }
}

export function rollupRowOf({ key, sums, sketches }: RollupCell): RollupHoursTable {
  return {
    ...key,
    ...sums,
    duration_sketch: sketches.duration.toText(),
    first_byte_sketch: sketches.first_byte.toText(),
    first_token_sketch: sketches.first_token.toText(),
    overhead_sketch: sketches.overhead.toText(),
  };
}

const KEY = ['hour', 'endpoint_id', 'operation_id', 'client_id', 'outcome', 'region_id'] as const;
const COLUMNS = [...KEY, ...SUMS, ...SKETCHES.map((name) => `${name}_sketch` as const)] as const;

/** The two statements of writing roll-ups, compiled once. */
export class RollupQueries {
  readonly #select: PreparedQuery<RollupHoursTable>;
  readonly #upsert: PreparedQuery;

  constructor(db: LedgerTransaction) {
    let select = db.selectFrom('rollup_hours').selectAll();
    for (const column of KEY) select = select.where(column, '=', 0 as never);
    this.#select = new PreparedQuery(select, KEY.length);
    const placeholders = Object.fromEntries(COLUMNS.map((column) => [column, 0]));
    const upsert = db
      .insertInto('rollup_hours')
      .values(placeholders as unknown as RollupHoursTable)
      .onConflict((conflict) =>
        conflict
          .columns([...KEY])
          .doUpdateSet((eb) =>
            Object.fromEntries(
              COLUMNS.slice(KEY.length).map((column) => [column, eb.ref(`excluded.${column}`)]),
            ),
          ),
      );
    this.#upsert = new PreparedQuery(upsert, COLUMNS.length);
  }

  async add(trx: LedgerTransaction, cell: RollupCell): Promise<void> {
    const { rows } = await this.#select.run(
      trx,
      KEY.map((column) => cell.key[column]),
    );
    const merged = { key: cell.key, sums: { ...cell.sums }, sketches: cell.sketches };
    const stored = rows[0];
    if (stored !== undefined) mergeStored(merged, stored);
    const row = rollupRowOf(merged);
    await this.#upsert.run(
      trx,
      COLUMNS.map((column) => row[column]),
    );
  }
}
