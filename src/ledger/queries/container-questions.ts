import type { EpochMicros } from '../../core/units.ts';
import type { LedgerTransaction } from '../prepared-query.ts';

export interface ContainerToAsk {
  /** `names.id`. */
  readonly container: number;
  readonly name: string;
}

/**
 * Containers whose life is not known: those whose session has closed since `from` (standing ones have no end that
 * counts), that a call ran on, or that telemetry saw and no request names. Never asked about first, then those
 * that still ran when they were asked about longest ago.
 */
export async function containersToAsk(
  db: LedgerTransaction,
  { from, until, limit }: { from: EpochMicros; until: EpochMicros; limit: number },
): Promise<ContainerToAsk[]> {
  const sessions = db
    .selectFrom('container_sessions')
    .select((eb) => eb.ref('container_id').$notNull().as('container_id'))
    .where('container_id', 'is not', null)
    .where('standing', '=', 0)
    .where('closed_at', '>=', from);
  const calls = db.selectFrom('call_facts').select('container_id').where('started_at', '>=', from);
  const seen = db
    .selectFrom('telemetry_containers')
    .select('container_id')
    .where('served', '=', 0)
    .where('last_at', '>=', from)
    .where('last_at', '<', until);
  return await db
    .selectFrom(sessions.union(calls).union(seen).as('candidates'))
    .innerJoin('names', 'names.id', 'candidates.container_id')
    .leftJoin('container_lifetimes as known', 'known.container_id', 'candidates.container_id')
    .select(['names.id as container', 'names.value as name'])
    .where((eb) => eb.or([eb('known.state', 'is', null), eb('known.state', '=', 'running')]))
    .orderBy((eb) => eb.fn.coalesce('known.asked_at', eb.val(0)))
    .orderBy('names.id')
    .limit(limit)
    .execute();
}

/** An endpoint with calls that Modal can be asked about. */
export interface CallsToAsk {
  readonly endpoint: number;
  /** A function call of each of its newest requests, newest first: to learn the function by. */
  readonly functionCallIds: readonly string[];
  /** Its functions, and up to when their calls are known. */
  readonly functions: readonly { readonly functionId: string; readonly until: EpochMicros }[];
}

const CALLS_TO_LEARN_BY = 3;

/** A Server's requests have no function call, however many there are. */
const REQUESTS_TO_LOOK_AT = 1_000;

/** Endpoints that had function calls since `from`. */
export async function callsToAsk(
  db: LedgerTransaction,
  endpoints: readonly number[],
  from: EpochMicros,
): Promise<CallsToAsk[]> {
  const asked: CallsToAsk[] = [];
  const functions = await db.selectFrom('call_sources').selectAll().execute();
  for (const endpoint of endpoints) {
    const newest = db
      .selectFrom('requests')
      .select(['function_call_id', 'started_at'])
      .where('endpoint_id', '=', endpoint)
      .where('started_at', '>=', from)
      .orderBy('started_at', 'desc')
      .limit(REQUESTS_TO_LOOK_AT);
    const rows = await db
      .selectFrom(newest.as('newest'))
      .select('function_call_id')
      .where('function_call_id', 'is not', null)
      .orderBy('started_at', 'desc')
      .limit(CALLS_TO_LEARN_BY)
      .execute();
    if (rows.length === 0) continue;
    asked.push({
      endpoint,
      functionCallIds: rows.flatMap(({ function_call_id: id }) => (id === null ? [] : [id])),
      functions: functions
        .filter(({ endpoint_id }) => endpoint_id === endpoint)
        .map(({ function_id, asked_until }) => ({ functionId: function_id, until: asked_until })),
    });
  }
  return asked;
}

/** How many GPUs Modal gave the containers of each endpoint, of those asked about since `from`. */
export async function gpuCountsSeen(
  db: LedgerTransaction,
  from: EpochMicros,
): Promise<{ readonly endpoint: number; readonly gpuCount: number }[]> {
  const rows = await db
    .selectFrom('container_lifetimes as life')
    .innerJoin('container_sessions as session', 'session.container_id', 'life.container_id')
    .select(['session.endpoint_id', (eb) => eb.ref('life.gpu_count').$notNull().as('gpu_count')])
    .distinct()
    .where('life.gpu_count', 'is not', null)
    .where('life.asked_at', '>=', from)
    .orderBy('session.endpoint_id')
    .orderBy('gpu_count')
    .execute();
  return rows.map(({ endpoint_id, gpu_count }) => ({ endpoint: endpoint_id, gpuCount: gpu_count }));
}
