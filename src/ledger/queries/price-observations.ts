import type { PriceEntry } from '../../core/price-book/price-entry.ts';
import type { LedgerTransaction } from '../prepared-query.ts';

/** Prices that were read from Modal, oldest first: `observed` of `createPriceBook`. */
export async function observedPrices(db: LedgerTransaction): Promise<PriceEntry[]> {
  const rows = await db
    .selectFrom('price_observations')
    .selectAll()
    .orderBy('effective_from')
    .execute();
  return rows.map((row) => ({
    resource: row.resource as PriceEntry['resource'],
    gpu: row.gpu === '' ? null : row.gpu,
    picoUsdPerSecond: row.pico_usd_per_second,
    effectiveFrom: row.effective_from,
    source: row.source,
  }));
}

/** Notes prices that differ from the newest known ones. @returns those that were new. */
export async function noteObservedPrices(
  trx: LedgerTransaction,
  seen: readonly PriceEntry[],
): Promise<PriceEntry[]> {
  const newest = new Map<string, number>();
  for (const known of await observedPrices(trx)) newest.set(keyOf(known), known.picoUsdPerSecond);
  const changed = seen.filter((price) => newest.get(keyOf(price)) !== price.picoUsdPerSecond);
  for (const price of changed) {
    await trx
      .insertInto('price_observations')
      .values({
        resource: price.resource,
        gpu: price.gpu ?? '',
        effective_from: price.effectiveFrom,
        pico_usd_per_second: price.picoUsdPerSecond,
        source: price.source,
      })
      .onConflict((c) =>
        c
          .columns(['resource', 'gpu', 'effective_from'])
          .doUpdateSet({ pico_usd_per_second: price.picoUsdPerSecond, source: price.source }),
      )
      .execute();
  }
  return changed;
}

function keyOf({ resource, gpu }: PriceEntry): string {
  return `${resource} ${gpu ?? ''}`;
}
