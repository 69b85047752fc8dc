import type { EndpointSettings } from '../../core/endpoint.ts';
import type { EpochMicros } from '../../core/units.ts';
import { NameDictionary } from '../names.ts';
import type { LedgerTransaction } from '../prepared-query.ts';
import { savePool } from './settlement.ts';

/** Settings of an endpoint that hold from an instant on. */
export interface SettingsPeriod {
  readonly from: EpochMicros;
  readonly settings: EndpointSettings;
}

/** What every endpoint was configured as, by its number in the ledger, oldest first. */
async function settingsHistory(db: LedgerTransaction): Promise<Map<number, SettingsPeriod[]>> {
  const rows = await db
    .selectFrom('endpoint_settings')
    .selectAll()
    .orderBy('endpoint_id')
    .orderBy('effective_from')
    .execute();
  const history = new Map<number, SettingsPeriod[]>();
  for (const { endpoint_id, effective_from, settings } of rows) {
    const periods = history.get(endpoint_id) ?? [];
    periods.push({ from: effective_from, settings: JSON.parse(settings) });
    history.set(endpoint_id, periods);
  }
  return history;
}

/**
 * Notes what the endpoints are configured as now. The first settings that are known hold for all that was before,
 * changed ones from `now` on.
 */
export async function noteSettings(
  db: LedgerTransaction,
  current: ReadonlyMap<number, EndpointSettings>,
  now: EpochMicros,
): Promise<Map<number, SettingsPeriod[]>> {
  const history = await settingsHistory(db);
  for (const [endpoint, settings] of current) {
    const periods = history.get(endpoint) ?? [];
    const last = periods.at(-1);
    if (last !== undefined && keyOf(last.settings) === keyOf(settings)) continue;
    const from = last === undefined ? 0 : now;
    await db
      .insertInto('endpoint_settings')
      .values({ endpoint_id: endpoint, effective_from: from, settings: JSON.stringify(settings) })
      .onConflict((c) =>
        c
          .columns(['endpoint_id', 'effective_from'])
          .doUpdateSet({ settings: JSON.stringify(settings) }),
      )
      .execute();
    history.set(endpoint, [
      ...periods.filter((period) => period.from !== from),
      { from, settings },
    ]);
  }
  return history;
}

/**
 * An endpoint whose containers stand without ever having had a request: it gets its number, and its pool is
 * settled from `since` on. Of the time before, only a request can tell that they stood.
 * @returns the number.
 */
export async function noteStanding(
  trx: LedgerTransaction,
  settings: EndpointSettings,
  given: { readonly since: EpochMicros; readonly state: string },
): Promise<number> {
  const { since, state } = given;
  const names = new NameDictionary();
  names.want('endpoint', settings.name);
  await names.resolve(trx);
  const endpoint = names.idOf('endpoint', settings.name);
  await trx
    .insertInto('endpoint_settings')
    .values({ endpoint_id: endpoint, effective_from: since, settings: JSON.stringify(settings) })
    .execute();
  await savePool(trx, { endpoint, pool: 0 }, since, state);
  return endpoint;
}

/** What of the settings changes containers or their price. */
function keyOf(settings: EndpointSettings): string {
  const { gpu, gpuCount, cpuCores, memoryGiB, region, nonPreemptible = false } = settings;
  const { maxInputs, scaledownWindowUs, minContainers, pricing, modalApp } = settings;
  return JSON.stringify([
    ...[gpu, gpuCount, cpuCores, memoryGiB, region, nonPreemptible, maxInputs],
    ...[scaledownWindowUs, minContainers, pricing, modalApp],
  ]);
}
