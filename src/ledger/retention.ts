import { sql } from 'kysely';
import { type EpochMicros, MICROS_PER_DAY, MICROS_PER_HOUR, type Micros } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from './ledger.ts';
import { archiveOldestDay } from './retention-archive.ts';
import { type RetentionHold, type RowTaker, retentionHolds } from './retention-holds.ts';
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
  /** The configured sinks: no row goes that one of them has not taken. */
  readonly sinks?: readonly RowTaker[];
  /** Folder for Parquet files of what is deleted, a UTC day at a time. Default: none are written. */
  readonly archive?: string;
}

export interface RetentionResult {
  readonly deleted: number;
  /** Rows that are too old and still there: a gauge that must come back to 0. */
  readonly rowsLeft: number;
  /** Pages of the file that are free and not given back yet. */
  readonly freePages: number;
  readonly done: boolean;
  /** Why requests older than the setting are kept; `null` when none must be. */
  readonly heldBy: RetentionHold | null;
}

const BUDGET_US = 2_000_000;
const BATCH_ROWS = 10_000;
const PAGES_A_STEP = 2_000;
const HELD_TABLES = new Set(['requests', 'call_facts']);

/**
 * Deletes what is too old, in small transactions, and gives the space back, within a time budget. A request that
 * settlement or a sink still needs stays, however old, and so does everything younger than it.
 * @throws Error when the archive cannot be written; what is not archived stays.
 */
export async function runRetention(settings: RetentionSettings): Promise<RetentionResult> {
  const { ledger, clock } = settings;
  const deadline = clock.monotonic() + (settings.budgetUs ?? BUDGET_US);
  const hasTime = () => clock.monotonic() < deadline;
  const parts = partsOf(settings);
  // What an import adds from here on was not asked about: it waits for the next run.
  const upTo = await newestSeq(ledger);
  const heldBy = await holdOf(settings, parts);
  let deleted = 0;
  let rowsLeft = 0;
  for (const part of parts.map((each) => heldPart(each, heldBy, upTo))) {
    deleted += await deletePart(settings, part, hasTime);
    rowsLeft += await countOlder(ledger, part);
  }
  const freePages = await giveBack(ledger, hasTime);
  if (deleted > 0) await ledger.upkeep.checkpoint();
  return { deleted, rowsLeft, freePages, done: rowsLeft === 0 && freePages === 0, heldBy };
}

/** A hold, and by how long what it keeps has outstayed the setting. */
export interface StandingHold extends RetentionHold {
  readonly overdueUs: Micros;
}

/** Why requests older than the setting are kept at present, without a run; `null` when none must be. */
export async function standingHold(settings: RetentionSettings): Promise<StandingHold | null> {
  const parts = partsOf(settings);
  const hold = await holdOf(settings, parts);
  return hold === null ? null : { ...hold, overdueUs: requestCutoff(parts) - hold.from };
}

async function holdOf(
  { ledger, clock, sinks = [] }: RetentionSettings,
  parts: readonly Part[],
): Promise<RetentionHold | null> {
  const cutoff = requestCutoff(parts);
  const [oldest] = await retentionHolds(ledger.db, { cutoff, now: clock.now(), sinks });
  return oldest ?? null;
}

function requestCutoff(parts: readonly Part[]): EpochMicros {
  return parts.find(({ table }) => table === 'requests')?.cutoff ?? 0;
}

/** What belongs to requests goes with them. */
function heldPart(part: Part, heldBy: RetentionHold | null, upTo: number): Part {
  if (!HELD_TABLES.has(part.table)) return part;
  const cutoff = Math.min(part.cutoff, hourOf(heldBy?.from ?? part.cutoff));
  return part.table === 'requests' ? { ...part, cutoff, upTo } : { ...part, cutoff };
}

async function newestSeq({ db }: Ledger): Promise<number> {
  const { value } = await db
    .selectFrom('counters')
    .select('value')
    .where('name', '=', 'request_seq')
    .executeTakeFirstOrThrow();
  return value;
}

async function deletePart(
  { ledger, archive }: RetentionSettings,
  part: Part,
  hasTime: () => boolean,
): Promise<number> {
  if (part.table !== 'requests') return deleteOlder(ledger, part, hasTime);
  if (archive !== undefined) return deleteArchived(ledger, { part, archive }, hasTime);
  await raiseHorizon(ledger, part.cutoff);
  return deleteOlder(ledger, part, hasTime);
}

/** Whole days, each one only when its file is on the disk. */
async function deleteArchived(
  ledger: Ledger,
  { part, archive }: { part: Part; archive: string },
  hasTime: () => boolean,
): Promise<number> {
  let deleted = 0;
  while (hasTime()) {
    const day = await archiveOldestDay(ledger.db, archive, { upTo: 0, ...part });
    if (day === null) break;
    await raiseHorizon(ledger, day.to);
    deleted += await deleteOlder(ledger, { ...part, cutoff: day.to, upTo: day.upTo }, hasTime);
  }
  return deleted;
}

function partsOf({ clock, keepUs, batchRows, archive }: RetentionSettings): Part[] {
  const parts: Part[] = [];
  for (const [table, rule] of Object.entries<AnyRule>(RETENTION_RULES)) {
    if ('kept' in rule) continue;
    const { olderBy, key, setting, atLeastUs = 0 } = rule;
    const { with: others = [] } = rule;
    const before = clock.now() - Math.max(keepUs[setting], atLeastUs);
    const cutoff = archive === undefined ? hourOf(before) : dayOf(before);
    parts.push({ table, olderBy, key, with: others, cutoff, rows: batchRows ?? BATCH_ROWS });
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
      readonly with?: readonly string[];
      readonly setting: 'requests';
      readonly atLeastUs?: Micros;
    };

interface Part {
  readonly table: string;
  readonly olderBy: string;
  readonly key: readonly string[];
  readonly with: readonly string[];
  readonly cutoff: EpochMicros;
  readonly rows: number;
  /** Of `requests`: rows numbered behind it stay. */
  readonly upTo?: number;
}

/** Whole hours, so that an hour's roll-up can be checked against all of its rows or none. */
function hourOf(at: EpochMicros): EpochMicros {
  return Math.floor(at / MICROS_PER_HOUR) * MICROS_PER_HOUR;
}

function dayOf(at: EpochMicros): EpochMicros {
  return Math.floor(at / MICROS_PER_DAY) * MICROS_PER_DAY;
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
  const { table, olderBy, key, cutoff, rows, upTo } = part;
  const numbered = upTo === undefined ? sql`` : sql` and seq <= ${upTo}`;
  const columns = sql.join(key.map((column) => sql.ref(column)));
  const deleteFrom = (from: string) => sql`
    delete from ${sql.table(from)} where (${columns}) in (
      select ${columns} from ${sql.table(table)} where ${sql.ref(olderBy)} < ${cutoff}${numbered}
      order by ${sql.ref(olderBy)} limit ${rows}
    )`;
  return await db.transaction().execute(async (trx) => {
    for (const other of part.with) await deleteFrom(other).execute(trx);
    const result = await deleteFrom(table).execute(trx);
    return Number(result.numAffectedRows ?? 0);
  });
}

async function countOlder({ db }: Ledger, { table, olderBy, cutoff }: Part): Promise<number> {
  const { rows } = await sql<{ rows: number }>`
    select count(*) as rows from ${sql.table(table)} where ${sql.ref(olderBy)} < ${cutoff}
  `.execute(db);
  return Number(rows[0]?.rows ?? 0);
}
