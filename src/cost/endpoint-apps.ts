import type { SettingsPeriod } from '../ledger/queries/endpoint-settings.ts';
import type { EndpointApps } from '../ledger/queries/spend-hours.ts';

/** The app of the bill that each endpoint belongs to, as it is configured now. */
export function appsOf(periods: ReadonlyMap<number, readonly SettingsPeriod[]>): EndpointApps {
  const apps = new Map<number, string>();
  for (const [endpoint, list] of periods) {
    const app = list.at(-1)?.settings.modalApp ?? null;
    if (app !== null) apps.set(endpoint, app);
  }
  return apps;
}
