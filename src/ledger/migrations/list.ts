import type { Migration } from 'kysely/migration';
import * as requests from './2026-11-24T0900_requests.ts';
import * as cost from './2026-11-24T1000_cost.ts';
import * as alerts from './2026-11-24T1100_alerts.ts';
import * as exporting from './2026-11-24T1200_export.ts';
import * as reports from './2026-11-24T1300_reports.ts';
import * as telemetry from './2026-11-24T1400_telemetry.ts';
import * as containers from './2026-11-24T1900_containers.ts';
import * as intake from './2026-11-24T2000_intake.ts';
import * as requestCosts from './2026-11-24T2010_request_costs.ts';

/** Every migration by name, applied in the order of their names. Forward only; one line each. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '2026-11-24T0900_requests': { up: requests.up },
  '2026-11-24T1000_cost': { up: cost.up },
  '2026-11-24T1100_alerts': { up: alerts.up },
  '2026-11-24T1200_export': { up: exporting.up },
  '2026-11-24T1300_reports': { up: reports.up },
  '2026-11-24T1400_telemetry': { up: telemetry.up },
  '2026-11-24T1900_containers': { up: containers.up },
  '2026-11-24T2000_intake': { up: intake.up },
  '2026-11-24T2010_request_costs': { up: requestCosts.up },
};
