import type { EpochMicros } from '../../core/units.ts';
import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';
import type { PoolKey } from './settlement.ts';

/** Has pools settled again from an instant on: something about it has become known. */
export async function markPoolsDirty(
  trx: LedgerTransaction,
  pools: readonly (PoolKey & { readonly from: EpochMicros })[],
): Promise<void> {
  for (const chunk of chunksOf(pools, 100)) {
    await trx
      .insertInto('dirty_pools')
      .values(
        chunk.map(({ endpoint, pool, from }) => ({
          ...{ endpoint_id: endpoint, pool_id: pool, from_us: from },
          marks: 1,
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['endpoint_id', 'pool_id']).doUpdateSet((eb) => ({
          marks: eb('dirty_pools.marks', '+', 1),
          from_us: eb
            .case()
            .when('dirty_pools.from_us', '<', eb.ref('excluded.from_us'))
            .then(eb.ref('dirty_pools.from_us'))
            .else(eb.ref('excluded.from_us'))
            .end(),
        })),
      )
      .execute();
  }
}
