import { sql } from 'kysely';
import { type EpochMicros, MICROS_PER_HOUR, type Micros } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from './ledger.ts';
import { RETENTION_RULES } from './retention-rules.ts';

export interface RetentionSettings {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** How long rows are kept, by the rule's setting. */
  readonly keepUs: { readonly requests: Micros };
  /** The run ends after this much time, and goes on where it stopped at the next one. Default 2 s. */
  readonly budgetUs?: Micros;
  /** Rows in one transaction. Default 10,000, which holds the write lock for about 10 ms. */
  readonly batchRows?: number;
}

export interface RetentionResult {
  readonly deleted: number;
  /** Rows that are too old and still there: a gauge that must come back to 0. */
  readonly rowsLeft: number;
  /** Pages of the file that are free and not given back yet. */
  readonly freePages: number;
  readonly done: boolean;
}

const BUDGET_US = 2_000_000;
const BATCH_ROWS = 10_000;
const PAGES_A_STEP = 2_000;

/** Deletes what is too old, in small transactions, and gives the space back, within a time budget. */
export async function runRetention(settings: RetentionSettings): Promise<RetentionResult> {
  const { ledger, clock } = settings;
  const deadline = clock.monotonic() + (settings.budgetUs ?? BUDGET_US);
  const hasTime = () => clock.monotonic() < deadline;
  let deleted = 0;
  let rowsLeft = 0;
  for (const part of partsOf(settings)) {
    if (part.table === 'requests') await raiseHorizon(ledger, part.cutoff);
    deleted += await deleteOlder(ledger, part, hasTime);
    rowsLeft += await countOlder(ledger, part);
  }
  const freePages = await giveBack(ledger, hasTime);
  if (deleted > 0) await ledger.upkeep.checkpoint();
  return { deleted, rowsLeft, freePages, done: rowsLeft === 0 && freePages === 0 };
}

function partsOf({ clock, keepUs, batchRows }: RetentionSettings): Part[] {
  const parts: Part[] = [];
  for (const [table, rule] of Object.entries<AnyRule>(RETENTION_RULES)) {
    if ('kept' in rule) continue;
    const { olderBy, key, setting, atLeastUs = 0 } = rule;
    const cutoff = hourOf(clock.now() - Math.max(keepUs[setting], atLeastUs));
    parts.push({ table, olderBy, key, cutoff, rows: batchRows ?? BATCH_ROWS });
  }
  return parts;
}

async function deleteOlder(ledger: Ledger, part: Part, hasTime: () => boolean): Promise<number> {
  let deleted = 0;
  while (hasTime()) {
    const batch = await deleteBatch(ledger, part);
    deleted += batch;
    if (batch < part.rows) break;
  }
  return deleted;
}

async function giveBack({ upkeep }: Ledger, hasTime: () => boolean): Promise<number> {
  let freePages = await upkeep.reclaim(0);
  while (freePages > 0 && hasTime()) {
    const left = await upkeep.reclaim(PAGES_A_STEP);
    if (left >= freePages) break;
    freePages = left;
  }
  return freePages;
}

/** A rule of whichever table. */
type AnyRule =
  | { readonly kept: string }
  | {
      readonly olderBy: string;
      readonly key: readonly string[];
      readonly setting: 'requests';
      readonly atLeastUs?: Micros;
    };

interface Part {
  readonly table: string;
  readonly olderBy: string;
  readonly key: readonly string[];
  readonly cutoff: EpochMicros;
  readonly rows: number;
}

/** Whole hours, so that an hour's roll-up can be checked against all of its rows or none. */
function hourOf(at: EpochMicros): EpochMicros {
  return Math.floor(at / MICROS_PER_HOUR) * MICROS_PER_HOUR;
}

/** From here on all raw rows are there; noted before the first one goes. */
async function raiseHorizon({ db }: Ledger, cutoff: EpochMicros): Promise<void> {
  await db
    .insertInto('counters')
    .values({ name: 'raw_from', value: cutoff })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ value: cutoff }).where('counters.value', '<', cutoff),
    )
    .execute();
}

async function deleteBatch({ db }: Ledger, part: Part): Promise<number> {
  const { table, olderBy, key, cutoff, rows } = part;
  const columns = sql.join(key.map((column) => sql.ref(column)));
  const result = await sql`
    delete from ${sql.table(table)} where (${columns}) in (
      select ${columns} from ${sql.table(table)} where ${sql.ref(olderBy)} < ${cutoff}
      order by ${sql.ref(olderBy)} limit ${rows}
    )`.execute(db);
  return Number(result.numAffectedRows ?? 0);
}

async function countOlder({ db }: Ledger, { table, olderBy, cutoff }: Part): Promise<number> {
  const { rows } = await sql<{ rows: number }>`
    select count(*) as rows from ${sql.table(table)} where ${sql.ref(olderBy)} < ${cutoff}
  `.execute(db);
  return Number(rows[0]?.rows ?? 0);
}
