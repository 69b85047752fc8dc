import { type CounterPoint, counterIncrease } from '../../core/counter-increase.ts';
import type { EpochMicros } from '../../core/units.ts';
import type { ContainerFact, ContainerFactKind } from '../../ports/collector.ts';
import { NameDictionary } from '../names.ts';
import type { LedgerTransaction } from '../prepared-query.ts';
import type { TelemetryContainersTable } from '../tables/telemetry.ts';

/** Counters that are kept, by the column in which they are added up. */
const COLUMNS: Partial<
  Record<ContainerFactKind, 'cold_start_us' | 'queue_us' | 'execution_us' | 'inputs'>
> = {
  cold_start_us: 'cold_start_us',
  queue_us: 'queue_us',
  execution_us: 'execution_us',
  inputs_total: 'inputs',
};

type NamedFact = ContainerFact & { readonly containerId: string };

/**
 * Keeps what a push says of containers. Facts that name none are passed over. The same push again changes
 * nothing. In a transaction.
 * @returns how many containers it spoke of.
 */
export async function storeContainerFacts(
  trx: LedgerTransaction,
  facts: readonly ContainerFact[],
): Promise<number> {
  const named = facts.filter((fact): fact is NamedFact => fact.containerId !== null);
  const names = new NameDictionary();
  for (const { containerId } of named) names.want('container', containerId);
  await names.resolve(trx);
  const byContainer = new Map<number, NamedFact[]>();
  for (const fact of named) {
    const id = names.idOf('container', fact.containerId);
    byContainer.set(id, [...(byContainer.get(id) ?? []), fact]);
  }
  for (const [id, list] of byContainer) await storeContainer(trx, id, list);
  return byContainer.size;
}

async function storeContainer(
  trx: LedgerTransaction,
  id: number,
  facts: readonly NamedFact[],
): Promise<void> {
  const known = await trx
    .selectFrom('telemetry_containers')
    .selectAll()
    .where('container_id', '=', id)
    .executeTakeFirst();
  const row: TelemetryContainersTable = {
    ...(known ?? newContainer(id)),
    ...identityOf(facts, known),
  };
  const ordered = [...facts].sort((a, b) => a.at - b.at);
  for (const fact of ordered) {
    if (fact.kind === 'containers_running') seen(row, fact);
    const column = COLUMNS[fact.kind];
    if (column !== undefined) row[column] += Math.round(await increaseOf(trx, id, fact));
  }
  const { container_id: _, ...values } = row;
  await trx
    .insertInto('telemetry_containers')
    .values(row)
    .onConflict((conflict) => conflict.column('container_id').doUpdateSet(values))
    .execute();
}

function newContainer(id: number): TelemetryContainersTable {
  return {
    container_id: id,
    ...{ app_id: '', app_name: '', function_id: '', function_name: '', environment: '' },
    ...{ first_at: null, last_at: null, samples: 0 },
    ...{ cold_start_us: 0, queue_us: 0, execution_us: 0, inputs: 0, served: 0, session_id: null },
  };
}

function identityOf(facts: readonly NamedFact[], known: TelemetryContainersTable | undefined) {
  const text = (pick: (fact: NamedFact) => string | null, before: string | undefined) =>
    facts.map(pick).find((value) => value !== null) ?? before ?? '';
  return {
    app_id: text((fact) => fact.appId, known?.app_id),
    app_name: text((fact) => fact.appName, known?.app_name),
    function_id: text((fact) => fact.functionId, known?.function_id),
    function_name: text((fact) => fact.functionName, known?.function_name),
    environment: text((fact) => fact.environment, known?.environment),
  };
}

/** A gauge of 0 says that it runs no more, and nothing of when it ended. */
function seen(row: TelemetryContainersTable, { at, value }: NamedFact): void {
  if (value === 0 || (row.last_at !== null && at <= row.last_at)) return;
  row.first_at ??= at;
  row.last_at = at;
  row.samples += 1;
}

async function increaseOf(
  trx: LedgerTransaction,
  container: number,
  fact: NamedFact,
): Promise<number> {
  const stored = await trx
    .selectFrom('telemetry_counters')
    .select(['at', 'since', 'value'])
    .where('container_id', '=', container)
    .where('kind', '=', fact.kind)
    .executeTakeFirst();
  const before: CounterPoint | null = stored ?? null;
  if (before !== null && fact.at <= before.at) return 0;
  const point = { at: fact.at, since: fact.since, value: Math.round(fact.value) };
  await trx
    .insertInto('telemetry_counters')
    .values({ container_id: container, kind: fact.kind, ...point })
    .onConflict((conflict) => conflict.columns(['container_id', 'kind']).doUpdateSet(point))
    .execute();
  return fact.temporality === 'cumulative' ? counterIncrease(before, point) : point.value;
}

/**
 * Removes sessions of containers that were taken for unserved and that a recorded request names by now, or whose
 * life has become known since. @returns the hours whose spend has changed.
 */
export async function withdrawSessions(trx: LedgerTransaction): Promise<EpochMicros[]> {
  const served = await markServedContainers(trx);
  return await removeSessions(trx, [...served, ...(await releaseKnownContainers(trx))]);
}

/** Notes which containers recorded requests have named by now. @returns sessions they had been given. */
async function markServedContainers(trx: LedgerTransaction): Promise<number[]> {
  const rows = await trx
    .selectFrom('telemetry_containers')
    .select(['telemetry_containers.container_id', 'telemetry_containers.session_id'])
    .where('served', '=', 0)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('container_sessions')
          .select('container_sessions.id')
          .whereRef('container_sessions.container_id', '=', 'telemetry_containers.container_id')
          .where('container_sessions.requests', '>', 0),
      ),
    )
    .execute();
  for (const { container_id } of rows) {
    await trx
      .updateTable('telemetry_containers')
      .set({ served: 1, session_id: null })
      .where('container_id', '=', container_id)
      .execute();
  }
  return rows.flatMap(({ session_id }) => (session_id === null ? [] : [session_id]));
}

/** Lets go of sessions whose container's life has become known since. @returns which. */
async function releaseKnownContainers(trx: LedgerTransaction): Promise<number[]> {
  const rows = await trx
    .selectFrom('telemetry_containers as seen')
    .innerJoin('container_lifetimes as life', 'life.container_id', 'seen.container_id')
    .innerJoin('container_sessions as session', 'session.id', 'seen.session_id')
    .select(['seen.container_id', 'session.id'])
    .where('life.state', '=', 'ended')
    .where('session.level', '<>', 'authoritative')
    .execute();
  for (const { container_id } of rows) {
    await trx
      .updateTable('telemetry_containers')
      .set({ session_id: null })
      .where('container_id', '=', container_id)
      .execute();
  }
  return rows.map(({ id }) => id);
}

/** Removes sessions. @returns the hours whose spend has changed. */
async function removeSessions(
  trx: LedgerTransaction,
  ids: readonly number[],
): Promise<EpochMicros[]> {
  if (ids.length === 0) return [];
  const removed = await trx
    .deleteFrom('session_hours')
    .where('session_id', 'in', [...ids])
    .returning('hour')
    .execute();
  await trx
    .deleteFrom('container_sessions')
    .where('id', 'in', [...ids])
    .execute();
  return removed.map(({ hour }) => hour);
}

export const UNSERVED_PAGE = 500;

/**
 * Containers that ran, were last seen in `[from, to)`, and that no recorded request names, with their lives where
 * Modal told them; a page of them after the container `after`.
 */
export async function unservedContainers(
  db: LedgerTransaction,
  window: { readonly from: EpochMicros; readonly to: EpochMicros },
  after: number,
) {
  return await db
    .selectFrom('telemetry_containers as seen')
    .leftJoin('container_lifetimes as life', (join) =>
      join.onRef('life.container_id', '=', 'seen.container_id').on('life.state', '=', 'ended'),
    )
    .selectAll('seen')
    .select(['life.enqueued_at', 'life.ready_at', 'life.ended_at'])
    .where('served', '=', 0)
    .where('session_id', 'is', null)
    .where('last_at', '>=', window.from)
    .where('last_at', '<', window.to)
    .where('seen.container_id', '>', after)
    .orderBy('seen.container_id')
    .limit(UNSERVED_PAGE)
    .execute();
}

/** Which endpoint each function of Modal is, by the containers whose requests are on record. */
export async function endpointsOfFunctions(db: LedgerTransaction): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('telemetry_containers')
    .innerJoin(
      'container_sessions',
      'container_sessions.container_id',
      'telemetry_containers.container_id',
    )
    .select(['telemetry_containers.function_id', 'container_sessions.endpoint_id'])
    .distinct()
    .where('telemetry_containers.served', '=', 1)
    .where('telemetry_containers.function_id', '<>', '')
    .execute();
  return new Map(rows.map(({ function_id, endpoint_id }) => [function_id, endpoint_id]));
}

export async function noteUnservedSession(
  trx: LedgerTransaction,
  container: number,
  session: number,
): Promise<void> {
  await trx
    .updateTable('telemetry_containers')
    .set({ session_id: session })
    .where('container_id', '=', container)
    .execute();
}
