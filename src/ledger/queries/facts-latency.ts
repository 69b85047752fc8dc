import type { Kysely } from 'kysely';
import type { LatencyFacts, LatencySplit } from '../../core/facts.ts';
import { LatencySketch } from '../../core/latency-sketch.ts';
import { type EpochMicros, MICROS_PER_DAY, type Micros } from '../../core/units.ts';
import { daysBetween } from '../../core/zoned-time.ts';
import type { Database } from '../database.ts';
import { findName } from '../names.ts';

/** An objective that somebody declared. */
export interface DeclaredObjective {
  readonly endpoint: string;
  /** `null`: the whole endpoint. */
  readonly operation: string | null;
  readonly objectiveUs: Micros;
}

const WEEK_US = 7 * MICROS_PER_DAY;
export interface LatencyWindow {
  readonly now: EpochMicros;
  readonly zone: string;
  /** How long an objective must be missed, or kept, to count. */
  readonly sustainDays: number;
}

/** The 95th percentile of seven days, at the end of each day and now, and where the time went. */
export async function latencyFacts(
  db: Kysely<Database>,
  objective: DeclaredObjective,
  { now, zone, sustainDays }: LatencyWindow,
): Promise<LatencyFacts> {
  const empty = { ...objective, firstRequestAt: null, weekly: [], split: null };
  const endpointId = await findName(db, 'endpoint', objective.endpoint);
  const operationId =
    objective.operation === null ? null : await findName(db, 'operation', objective.operation);
  if (endpointId === null || (objective.operation !== null && operationId === null)) return empty;
  const scope = { endpointId, operationId };
  const first = await firstHour(db, scope);
  if (first === null) return empty;
  // Long enough to be met, then to clear, and to be called cleared for as long again.
  const from = now - (3 * sustainDays + 2) * MICROS_PER_DAY;
  const ends = daysBetween(from, now, zone)
    .map((day) => day.end)
    .filter((end) => end < now);
  const weeks = [...ends, now].map((at) => ({ from: at - WEEK_US, to: at }));
  const parts = await sketchesBetween(db, scope, cutsOf(weeks));
  return {
    ...objective,
    firstRequestAt: first,
    weekly: weeks.map((week) => weekAt(parts, week)),
    split: await splitOf(db, scope, now - WEEK_US),
  };
}

interface Scope {
  readonly endpointId: number;
  readonly operationId: number | null;
}

interface Span {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

/** A span between two cuts, and the durations in it. */
interface PartSketch extends Span {
  readonly sketch: LatencySketch;
}

/** Every instant at which a span begins or ends, ascending. */
function cutsOf(spans: readonly Span[]): EpochMicros[] {
  return [...new Set(spans.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
}

async function firstHour(db: Kysely<Database>, scope: Scope): Promise<EpochMicros | null> {
  let query = db
    .selectFrom('rollup_hours')
    .select((eb) => eb.fn.min('hour').as('hour'))
    .where('endpoint_id', '=', scope.endpointId);
  if (scope.operationId !== null) query = query.where('operation_id', '=', scope.operationId);
  return (await query.executeTakeFirst())?.hour ?? null;
}

/**
 * The sketches of hours added up between the cuts, so that weeks that overlap share the work. Only requests
 * that succeeded: a refusal is fast and no answer.
 */
async function sketchesBetween(
  db: Kysely<Database>,
  scope: Scope,
  cuts: readonly EpochMicros[],
): Promise<PartSketch[]> {
  const parts = cuts.slice(1).map((to, index) => ({
    from: cuts[index] as EpochMicros,
    to,
    sketch: new LatencySketch(),
  }));
  let query = db
    .selectFrom('rollup_hours')
    .select(['hour', 'duration_sketch'])
    .where('hour', '>=', cuts[0] ?? 0)
    .where('hour', '<', cuts.at(-1) ?? 0)
    .where('endpoint_id', '=', scope.endpointId)
    .where('outcome', '=', 'ok')
    .orderBy('hour');
  if (scope.operationId !== null) query = query.where('operation_id', '=', scope.operationId);
  let index = 0;
  for (const row of await query.execute()) {
    while ((parts[index]?.to ?? Number.POSITIVE_INFINITY) <= row.hour) index += 1;
    parts[index]?.sketch.mergeText(row.duration_sketch);
  }
  return parts;
}

function weekAt(parts: readonly PartSketch[], { from, to }: Span) {
  const week = new LatencySketch();
  for (const part of parts) {
    if (part.from >= from && part.to <= to) week.merge(part.sketch);
  }
  const p95 = week.quantile(0.95);
  return { at: to, requests: week.count, p95Us: p95 === null ? null : Math.round(p95) };
}

async function splitOf(
  db: Kysely<Database>,
  scope: Scope,
  from: EpochMicros,
): Promise<LatencySplit | null> {
  let query = db
    .selectFrom('latency_hours')
    .select((eb) => [
      eb.fn.sum<number | null>('requests').as('requests'),
      eb.fn.sum<number | null>('total_us').as('total'),
      eb.fn.sum<number | null>('client_us').as('client'),
      eb.fn.sum<number | null>('queue_us').as('queue'),
      eb.fn.sum<number | null>('queue_known').as('queueKnown'),
      eb.fn.sum<number | null>('cold_us').as('cold'),
      eb.fn.sum<number | null>('cold_known').as('coldKnown'),
      eb.fn.sum<number | null>('generation_us').as('generation'),
      eb.fn.sum<number | null>('generation_known').as('generationKnown'),
      eb.fn.sum<number | null>('network_us').as('network'),
      eb.fn.sum<number | null>('network_known').as('networkKnown'),
    ])
    .where('hour', '>=', from)
    .where('endpoint_id', '=', scope.endpointId);
  if (scope.operationId !== null) query = query.where('operation_id', '=', scope.operationId);
  const row = await query.executeTakeFirst();
  if (row === undefined || (row.requests ?? 0) === 0) return null;
  const known = (sum: number | null, count: number | null) => (count ? (sum ?? 0) : null);
  const parts = {
    queueUs: known(row.queue, row.queueKnown),
    coldUs: known(row.cold, row.coldKnown),
    generationUs: known(row.generation, row.generationKnown),
    networkUs: known(row.network, row.networkKnown),
    clientUs: row.client ?? 0,
  };
  const totalUs = row.total ?? 0;
  const attributed = Object.values(parts).reduce((sum: number, part) => sum + (part ?? 0), 0);
  return {
    requests: row.requests ?? 0,
    totalUs,
    ...parts,
    unattributedUs: Math.max(0, totalUs - attributed),
  };
}
