import type { EpochMicros } from '../../core/units.ts';
import type { ContainerReport } from '../../ports/container-source.ts';
import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';
import type { ContainerLifetimesTable } from '../tables/containers.ts';
import type { ContainerToAsk } from './container-questions.ts';
import { markPoolsDirty } from './dirty-pools.ts';

/**
 * Keeps what Modal said of containers. Pools that a newly known life bears on are settled again from the moment
 * at which the container opened; the same report again changes nothing. In a transaction.
 * @returns how many lives were not known before, or differ.
 */
export async function storeContainerReports(
  trx: LedgerTransaction,
  reports: readonly (ContainerToAsk & { readonly report: ContainerReport })[],
  at: EpochMicros,
): Promise<number> {
  const rows = reports.map(({ container, report }) => rowOf(container, report, at));
  const before = await knownLives(trx, rows);
  const changed = rows.filter((row) => !sameLife(row, before.get(row.container_id)));
  for (const row of rows) {
    const { container_id: _, ...values } = row;
    await trx
      .insertInto('container_lifetimes')
      .values(row)
      .onConflict((conflict) => conflict.column('container_id').doUpdateSet(values))
      .execute();
  }
  await settleAgain(
    trx,
    changed.map(({ container_id }) => container_id),
  );
  return changed.length;
}

function rowOf(
  container: number,
  report: ContainerReport,
  at: EpochMicros,
): ContainerLifetimesTable {
  return {
    container_id: container,
    state: report.state,
    app_id: report.appId,
    gpu: report.gpu,
    result: report.result,
    enqueued_at: report.enqueuedAt,
    ready_at: report.readyAt,
    ended_at: report.endedAt,
    gpu_count: report.gpuCount,
    asked_at: at,
  };
}

async function knownLives(
  trx: LedgerTransaction,
  rows: readonly ContainerLifetimesTable[],
): Promise<Map<number, ContainerLifetimesTable>> {
  const known = new Map<number, ContainerLifetimesTable>();
  for (const chunk of chunksOf(rows, 500)) {
    const found = await trx
      .selectFrom('container_lifetimes')
      .selectAll()
      .where(
        'container_id',
        'in',
        chunk.map(({ container_id }) => container_id),
      )
      .execute();
    for (const row of found) known.set(row.container_id, row);
  }
  return known;
}

/** Only a life that has ended bears on what was settled. */
function sameLife(
  row: ContainerLifetimesTable,
  before: ContainerLifetimesTable | undefined,
): boolean {
  if (row.state !== 'ended' && before?.state !== 'ended') return true;
  return (
    row.state === before?.state &&
    row.enqueued_at === before.enqueued_at &&
    row.ready_at === before.ready_at &&
    row.ended_at === before.ended_at
  );
}

/** A place among `minContainers` is modelled on its own: whose end comes does not matter to it. */
async function settleAgain(trx: LedgerTransaction, containers: readonly number[]): Promise<void> {
  for (const chunk of chunksOf(containers, 500)) {
    const pools = await trx
      .selectFrom('container_sessions')
      .select((eb) => ['endpoint_id', 'pool_id', eb.fn.min('opened_at').as('from')])
      .where('container_id', 'in', chunk)
      .where('standing', '=', 0)
      .where('pool_id', '>=', 0)
      .groupBy(['endpoint_id', 'pool_id'])
      .execute();
    await markPoolsDirty(
      trx,
      pools.map(({ endpoint_id, pool_id, from }) => ({
        ...{ endpoint: endpoint_id, pool: pool_id },
        from: Number(from),
      })),
    );
  }
}
