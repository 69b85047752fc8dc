import { LatencySketch } from '../core/latency-sketch.ts';
import type { Outcome } from '../core/outcome.ts';
import { MICROS_PER_HOUR } from '../core/units.ts';
import { chunksOf, type LedgerTransaction, PreparedQuery } from './prepared-query.ts';
import type { RollupHoursTable } from './tables/requests.ts';

/** The columns of a request that a roll-up adds up. */
export interface RollupRow {
  readonly started_at: number;
  readonly endpoint_id: number;
  readonly outcome: Outcome;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly tokens_in: number | null;
  readonly tokens_out: number | null;
  readonly chunks: number;
  readonly duration_us: number;
  readonly overhead_us: number;
  readonly cold_start: number | null;
  readonly first_byte_us: number | null;
  readonly first_token_us: number | null;
}

/** The columns of its kind that do. */
export interface RollupKind {
  readonly operation_id: number | null;
  readonly client_id: number | null;
  readonly region_id: number | null;
  readonly legs: number;
}

export type RollupInput = RollupRow & RollupKind;

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

  add(row: RollupRow, kind: RollupKind): void {
    const key = rollupKeyOf(row, kind);
    const text = textOf(key);
    let cell = this.#cells.get(text);
    if (cell === undefined) {
      cell = emptyCell(key);
      this.#cells.set(text, cell);
    }
    addToCell(cell, row, kind);
  }

  get cells(): Iterable<RollupCell> {
    return this.#cells.values();
  }

  /** Writes the cells as they are, where the ledger has none of them. */
  async insert(trx: LedgerTransaction): Promise<void> {
    for (const chunk of chunksOf([...this.#cells.values()], 100)) {
      await trx.insertInto('rollup_hours').values(chunk.map(rollupRowOf)).execute();
    }
  }
}

export function rollupKeyOf(row: RollupRow, kind: RollupKind): RollupKey {
  return {
    hour: row.started_at - (row.started_at % MICROS_PER_HOUR),
    endpoint_id: row.endpoint_id,
    operation_id: kind.operation_id ?? 0,
    client_id: kind.client_id ?? 0,
    outcome: row.outcome,
    region_id: kind.region_id ?? 0,
  };
}

function textOf(key: RollupKey): string {
  return (
    `${key.hour},${key.endpoint_id},${key.operation_id},${key.client_id},${key.outcome},` +
    `${key.region_id}`
  );
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

export function addToCell({ sums, sketches }: RollupCell, row: RollupRow, kind: RollupKind): void {
  sums.requests += 1;
  sums.bytes_in += row.bytes_in;
  sums.bytes_out += row.bytes_out;
  sums.tokens_in += row.tokens_in ?? 0;
  sums.tokens_out += row.tokens_out ?? 0;
  sums.chunks += row.chunks;
  sums.legs += kind.legs;
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

function mergeCell(into: RollupCell, cell: RollupCell): void {
  for (const name of SUMS) into.sums[name] += cell.sums[name];
  for (const name of SKETCHES) into.sketches[name].merge(cell.sketches[name]);
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

const CELLS_KEPT = 2_000;

/**
 * Adds batches to the ledger's roll-ups. Those of late are kept in memory, because reading them back costs
 * more than all the rest; whoever else writes rows makes them stale.
 */
export class RollupWriter {
  readonly #select: PreparedQuery<RollupHoursTable>;
  readonly #upsert: PreparedQuery;
  readonly #kept = new Map<string, RollupCell>();

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

  /** In the caller's transaction; after a rollback, and after another writer's commit, `forget`. */
  async add(trx: LedgerTransaction, batch: RollupBatch): Promise<void> {
    if (this.#kept.size > CELLS_KEPT) this.#kept.clear();
    for (const cell of batch.cells) {
      const text = textOf(cell.key);
      const total = this.#kept.get(text) ?? (await this.#stored(trx, cell.key));
      this.#kept.set(text, total);
      mergeCell(total, cell);
      const row = rollupRowOf(total);
      await this.#upsert.run(
        trx,
        COLUMNS.map((column) => row[column]),
      );
    }
  }

  forget(): void {
    this.#kept.clear();
  }

  async #stored(trx: LedgerTransaction, key: RollupKey): Promise<RollupCell> {
    const { rows } = await this.#select.run(
      trx,
      KEY.map((column) => key[column]),
    );
    const cell = emptyCell(key);
    for (const row of rows) mergeStored(cell, row);
    return cell;
  }
}
