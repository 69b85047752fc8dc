import type { Config } from '../config/config.ts';
import { type CostCurve, type Projection, project } from '../core/projection.ts';
import { MICROS_PER_DAY } from '../core/units.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { hourFacts } from '../ledger/queries/facts-hours.ts';
import type { Clock } from '../ports/clock.ts';

export interface ProjectionSources {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly clock: Clock;
  readonly measured: () => Promise<CostCurve | null>;
}

/** @param requests A month; `null`: those of the last 30 days. */
export async function readProjection(
  { ledger, config, clock, measured }: ProjectionSources,
  requests: number | null,
): Promise<Projection> {
  const now = clock.now();
  const trailing = async () =>
    (await hourFacts(ledger.db, now - 30 * MICROS_PER_DAY, now)).reduce(
      (sum, hour) => sum + hour.requests,
      0,
    );
  const volume = requests ?? (await trailing());
  return project(volume, await measured(), config.alerts.decision.projection);
}
