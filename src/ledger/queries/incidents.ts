import type { Kysely, Transaction } from 'kysely';
import type { IncidentFacts } from '../../core/facts.ts';
import { type FailureStreak, foldOutcome, type OutcomeSeen } from '../../core/incident-fold.ts';
import { type EpochMicros, MICROS_PER_SECOND } from '../../core/units.ts';
import type { Database } from '../database.ts';
import { loadNames } from '../names.ts';

const PAGE_ROWS = 5_000;
const CURSOR = 'incident_seq';

export interface IncidentSettings {
  /** A shorter streak that ends is forgotten. */
  readonly minFailures: number;
  /** Requests that started before this are history, and open no incident: e.g. an import. */
  readonly since: EpochMicros;
}

/**
 * Folds the requests that came since the last call into incidents, in the order in which they ended. The
 * cursor moves with what was folded, so a restart neither skips nor counts twice. Returns how many rows it read.
 */
export async function foldIncidents(
  db: Kysely<Database>,
  settings: IncidentSettings,
): Promise<number> {
  let read = 0;
  for (;;) {
    const rows = await db.transaction().execute((trx) => foldPage(trx, settings));
    read += rows;
    if (rows < PAGE_ROWS) return read;
  }
}

async function foldPage(trx: Transaction<Database>, settings: IncidentSettings): Promise<number> {
  const cursor = await trx
    .selectFrom('counters')
    .select('value')
    .where('name', '=', CURSOR)
    .executeTakeFirstOrThrow();
  const rows = await trx
    .selectFrom('requests')
    .innerJoin('request_kinds', 'request_kinds.id', 'requests.kind_id')
    .select(['seq', 'endpoint_id', 'outcome', 'error_class', 'started_at', 'duration_us'])
    .where('seq', '>', Number(cursor.value) || (await historyEnd(trx, settings.since)))
    .orderBy('seq')
    .limit(PAGE_ROWS)
    .execute();
  const last = rows.at(-1);
  if (last === undefined) return 0;
  const seen = rows
    .filter((row) => row.started_at >= settings.since)
    .map((row) => ({
      endpoint: row.endpoint_id,
      outcome: row.outcome,
      errorClass: row.error_class,
      startedAt: row.started_at,
      endedAt: row.started_at + row.duration_us,
    }))
    .sort((a, b) => a.endedAt - b.endedAt);
  await foldAll(trx, seen, settings);
  await trx.updateTable('counters').set({ value: last.seq }).where('name', '=', CURSOR).execute();
  return rows.length;
}

/** A new cursor starts at `since`, not at the beginning of a long history. */
async function historyEnd(trx: Transaction<Database>, since: EpochMicros): Promise<number> {
  const first = await trx
    .selectFrom('requests')
    .select((eb) => eb.fn.min('seq').as('seq'))
    .where('started_at', '>=', since)
    .executeTakeFirst();
  return (first?.seq ?? 1) - 1;
}

async function foldAll(
  trx: Transaction<Database>,
  seen: readonly OutcomeSeen[],
  settings: IncidentSettings,
): Promise<void> {
  const open = await openStreaks(trx);
  const touched = new Set<number>();
  for (const one of seen) {
    const change = foldOutcome(open.get(one.endpoint) ?? null, one);
    if (change.type === 'failing') {
      open.set(one.endpoint, change.streak);
      touched.add(one.endpoint);
    } else if (change.type === 'ended') {
      open.delete(one.endpoint);
      touched.delete(one.endpoint);
      await endStreak(trx, change.streak, { at: change.at, ...settings });
    }
  }
  for (const endpoint of touched) {
    const streak = open.get(endpoint);
    if (streak !== undefined) await writeStreak(trx, streak, null);
  }
}

async function openStreaks(trx: Transaction<Database>): Promise<Map<number, FailureStreak>> {
  const rows = await trx
    .selectFrom('incidents')
    .selectAll()
    .where('ended_at', 'is', null)
    .execute();
  return new Map(
    rows.map((row) => [
      row.endpoint_id,
      {
        endpoint: row.endpoint_id,
        startedAt: row.started_at,
        lastFailureAt: row.last_failure_at,
        failures: row.failures,
        classes: JSON.parse(row.classes) as Record<string, number>,
      },
    ]),
  );
}

async function endStreak(
  trx: Transaction<Database>,
  streak: FailureStreak,
  end: { readonly at: EpochMicros; readonly minFailures: number },
): Promise<void> {
  if (streak.failures >= end.minFailures) return writeStreak(trx, streak, end.at);
  await trx.deleteFrom('incidents').where('id', '=', idOf(streak)).execute();
}

async function writeStreak(
  trx: Transaction<Database>,
  streak: FailureStreak,
  endedAt: EpochMicros | null,
): Promise<void> {
  const row = {
    id: idOf(streak),
    endpoint_id: streak.endpoint,
    started_at: streak.startedAt,
    ended_at: endedAt,
    last_failure_at: streak.lastFailureAt,
    failures: streak.failures,
    classes: JSON.stringify(streak.classes),
  };
  await trx
    .insertInto('incidents')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/** Endpoint and first failure: the same however often the streak is written. */
function idOf(streak: FailureStreak): string {
  return `i${streak.endpoint}-${Math.floor(streak.startedAt / MICROS_PER_SECOND)}`;
}

/** Incidents that last, and those that ended at `since` or later, newest first. */
export async function incidentsSince(
  db: Kysely<Database>,
  since: EpochMicros,
): Promise<IncidentFacts[]> {
  const rows = await db
    .selectFrom('incidents')
    .selectAll()
    .where((eb) => eb.or([eb('ended_at', 'is', null), eb('ended_at', '>=', since)]))
    .orderBy('started_at', 'desc')
    .execute();
  const names = await loadNames(
    db,
    rows.map((row) => row.endpoint_id),
  );
  return rows.map((row) => ({
    id: row.id,
    endpoint: names.get(row.endpoint_id) ?? `endpoint ${row.endpoint_id}`,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    lastFailureAt: row.last_failure_at,
    failures: row.failures,
    classes: Object.entries(JSON.parse(row.classes) as Record<string, number>)
      .map(([name, count]) => ({ name, count }))
      .sort((a, b) => b.count - a.count),
  }));
}
