import type { Kysely } from 'kysely';
import type { Outcome } from '../../core/outcome.ts';
import { type EpochMicros, MICROS_PER_HOUR } from '../../core/units.ts';
import type { Database } from '../database.ts';
import { findName, loadNames } from '../names.ts';
import {
  addToCell,
  emptyCell,
  mergeStored,
  type RollupCell,
  type RollupKey,
  type RollupSketches,
  type RollupSums,
  rollupKeyOf,
} from '../rollup.ts';
import { rollupInputs } from './raw-rows.ts';

type UsageDimension = 'hour' | 'endpoint' | 'operation' | 'client' | 'outcome' | 'region';

export interface UsageQuery {
  /** Half-open. Whole UTC hours come from roll-ups, the parts at both ends from the requests themselves. */
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  readonly by: readonly UsageDimension[];
  readonly endpoint?: string | undefined;
}

/** What was used by one combination of the dimensions asked for; the others are `null`. */
export interface UsageRow {
  /** Start of the UTC hour. */
  readonly hour: EpochMicros | null;
  readonly endpoint: string | null;
  readonly operation: string | null;
  readonly client: string | null;
  readonly outcome: Outcome | null;
  readonly region: string | null;
  readonly sums: RollupSums;
  /** Ask them for any quantile, or merge them further. */
  readonly sketches: RollupSketches;
}

/** Usage in `[from, to)`, in no particular order. */
export async function usage(db: Kysely<Database>, query: UsageQuery): Promise<UsageRow[]> {
  const { from, to, endpoint, by } = query;
  const endpointId = endpoint === undefined ? null : await findName(db, 'endpoint', endpoint);
  if ((endpoint !== undefined && endpointId === null) || from >= to) return [];
  const cells = new UsageCells(by);
  const firstHour = Math.ceil(from / MICROS_PER_HOUR) * MICROS_PER_HOUR;
  const endHour = Math.floor(to / MICROS_PER_HOUR) * MICROS_PER_HOUR;
  if (firstHour <= endHour) {
    await addRaw(db, cells, { from, to: firstHour, endpointId });
    await addStored(db, cells, { from: firstHour, to: endHour, endpointId });
    await addRaw(db, cells, { from: endHour, to, endpointId });
  } else {
    await addRaw(db, cells, { from, to, endpointId });
  }
  return named(db, cells.all(), new Set(by));
}

interface Part {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  readonly endpointId: number | null;
}

async function addStored(db: Kysely<Database>, cells: UsageCells, part: Part): Promise<void> {
  let query = db
    .selectFrom('rollup_hours')
    .selectAll()
    .where('hour', '>=', part.from)
    .where('hour', '<', part.to);
  if (part.endpointId !== null) query = query.where('endpoint_id', '=', part.endpointId);
  for (const row of await query.execute()) mergeStored(cells.of(row), row);
}

async function addRaw(db: Kysely<Database>, cells: UsageCells, part: Part): Promise<void> {
  if (part.from >= part.to) return;
  for await (const rows of rollupInputs(db, part.from, part.to)) {
    for (const row of rows) {
      if (part.endpointId === null || row.endpoint_id === part.endpointId) {
        addToCell(cells.of(rollupKeyOf(row, row)), row, row);
      }
    }
  }
}

const COLUMN_OF: Record<UsageDimension, keyof RollupKey> = {
  hour: 'hour',
  endpoint: 'endpoint_id',
  operation: 'operation_id',
  client: 'client_id',
  outcome: 'outcome',
  region: 'region_id',
};

class UsageCells {
  readonly #columns: readonly (keyof RollupKey)[];
  readonly #cells = new Map<string, RollupCell>();

  constructor(by: readonly UsageDimension[]) {
    this.#columns = by.map((dimension) => COLUMN_OF[dimension]);
  }

  of(key: RollupKey): RollupCell {
    const text = this.#columns.map((column) => key[column]).join();
    let cell = this.#cells.get(text);
    if (cell === undefined) {
      cell = emptyCell(key);
      this.#cells.set(text, cell);
    }
    return cell;
  }

  all(): RollupCell[] {
    return [...this.#cells.values()];
  }
}

async function named(
  db: Kysely<Database>,
  cells: readonly RollupCell[],
  by: ReadonlySet<UsageDimension>,
): Promise<UsageRow[]> {
  const ids = cells.flatMap(({ key }) => [
    ...[key.endpoint_id, key.operation_id, key.client_id, key.region_id],
  ]);
  const names = await loadNames(db, ids);
  const nameOf = (dimension: UsageDimension, id: number) =>
    by.has(dimension) ? (names.get(id) ?? null) : null;
  return cells.map(({ key, sums, sketches }) => ({
    hour: by.has('hour') ? key.hour : null,
    endpoint: nameOf('endpoint', key.endpoint_id),
    operation: nameOf('operation', key.operation_id),
    client: nameOf('client', key.client_id),
    outcome: by.has('outcome') ? key.outcome : null,
    region: nameOf('region', key.region_id),
    sums,
    sketches,
  }));
}
