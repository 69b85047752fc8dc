import type { Insertable, Selectable } from 'kysely';
import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';
import type {
  ContainerSessionsTable,
  CostHoursTable,
  PoolHoursTable,
  SessionHoursTable,
} from '../tables/cost.ts';
import { NO_POOL } from './settlement.ts';

export async function saveSessions(
  trx: LedgerTransaction,
  sessions: readonly Insertable<ContainerSessionsTable>[],
): Promise<void> {
  for (const rows of chunksOf(sessions, 100)) {
    await trx
      .insertInto('container_sessions')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((eb) => ({
          container_id: eb.ref('excluded.container_id'),
          level: eb.ref('excluded.level'),
          price_id: eb.ref('excluded.price_id'),
          first_request_at: eb.ref('excluded.first_request_at'),
          last_finish_at: eb.ref('excluded.last_finish_at'),
          closed_at: eb.ref('excluded.closed_at'),
          requests: eb.ref('excluded.requests'),
          busy_us: eb.ref('excluded.busy_us'),
          cold_us: eb.ref('excluded.cold_us'),
          idle_us: eb.ref('excluded.idle_us'),
          busy_nano: eb.ref('excluded.busy_nano'),
          cold_nano: eb.ref('excluded.cold_nano'),
          idle_nano: eb.ref('excluded.idle_nano'),
          billed_nano: eb.ref('excluded.billed_nano'),
        })),
      )
      .execute();
  }
}

export async function saveSessionHours(
  trx: LedgerTransaction,
  hours: readonly Selectable<SessionHoursTable>[],
): Promise<void> {
  for (const rows of chunksOf(hours, 100)) {
    await trx
      .insertInto('session_hours')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['session_id', 'hour']).doUpdateSet((eb) => ({
          observed: eb.ref('excluded.observed'),
          gpu_us: eb.ref('excluded.gpu_us'),
          busy_us: eb.ref('excluded.busy_us'),
          cold_us: eb.ref('excluded.cold_us'),
          idle_us: eb.ref('excluded.idle_us'),
          busy_nano: eb.ref('excluded.busy_nano'),
          failed_nano: eb.ref('excluded.failed_nano'),
          cold_nano: eb.ref('excluded.cold_nano'),
          idle_nano: eb.ref('excluded.idle_nano'),
        })),
      )
      .execute();
  }
}

export async function savePoolHours(
  trx: LedgerTransaction,
  hours: readonly Selectable<PoolHoursTable>[],
): Promise<void> {
  for (const rows of chunksOf(hours, 100)) {
    await trx
      .insertInto('pool_hours')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['hour', 'endpoint_id', 'pool_id']).doUpdateSet((eb) => {
          // What belongs to no pool comes in pieces, each of them once.
          const replaced = (name: 'low_nano' | 'high_nano') =>
            eb
              .case()
              .when('pool_hours.pool_id', '=', NO_POOL)
              .then(eb(`pool_hours.${name}`, '+', eb.ref(`excluded.${name}`)))
              .else(eb.ref(`excluded.${name}`))
              .end();
          return { low_nano: replaced('low_nano'), high_nano: replaced('high_nano') };
        }),
      )
      .execute();
  }
}

/** Adds differences to the cost by operation and client. */
export async function addCostHours(
  trx: LedgerTransaction,
  changes: readonly Selectable<CostHoursTable>[],
): Promise<void> {
  for (const rows of chunksOf(changes, 100)) {
    await trx
      .insertInto('cost_hours')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['hour', 'endpoint_id', 'operation_id', 'client_id', 'failed'])
          .doUpdateSet((eb) => ({
            requests: eb('cost_hours.requests', '+', eb.ref('excluded.requests')),
            provisional: eb('cost_hours.provisional', '+', eb.ref('excluded.provisional')),
            unpriced: eb('cost_hours.unpriced', '+', eb.ref('excluded.unpriced')),
            exec_us: eb('cost_hours.exec_us', '+', eb.ref('excluded.exec_us')),
            gpu_us: eb('cost_hours.gpu_us', '+', eb.ref('excluded.gpu_us')),
            exec_nano: eb('cost_hours.exec_nano', '+', eb.ref('excluded.exec_nano')),
            overhead_nano: eb('cost_hours.overhead_nano', '+', eb.ref('excluded.overhead_nano')),
            tokens_nano: eb('cost_hours.tokens_nano', '+', eb.ref('excluded.tokens_nano')),
          })),
      )
      .execute();
  }
}
