import type { Config } from '../config/config.ts';
import { MICROS_PER_HOUR, MICROS_PER_SECOND, NANO_PER_USD } from '../core/units.ts';
import { monthWindow } from '../core/zoned-time.ts';
import type { Exporter } from '../export/exporter.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { rejectedRecords } from '../ledger/queries/rejected-records.ts';
import { usage } from '../ledger/queries/rollups.ts';
import { standingRules } from '../ledger/queries/rule-states.ts';
import { spendOf } from '../ledger/queries/spend.ts';
import type { StandingHold } from '../ledger/retention.ts';
import type { Clock } from '../ports/clock.ts';
import type { HealthFacts } from '../status/health.ts';
import type { ProxyReport } from './messages.ts';
import { type Measured, type MetricKey, metricsPage, one, type Samples } from './metrics-page.ts';
import { proxyFigures, recorderFigures } from './proxy-figures.ts';

export interface MetricSources {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly clock: Clock;
  readonly healthFacts: () => HealthFacts;
  readonly exporter: Pick<Exporter, 'health'>;
  /** Why requests outstay retention; `null` when none do. */
  readonly heldRequests: () => Promise<StandingHold | null>;
  readonly state: { readonly report: ProxyReport | null };
}

/** Counters come from the proxy since its start; dollars, quantiles and rules from the ledger. */
export function officeMetrics(sources: MetricSources) {
  return metricsPage(() => measure(sources));
}

async function measure(sources: MetricSources): Promise<Record<MetricKey, Samples>> {
  return {
    ...proxyFigures(sources.state.report),
    ...recorderFigures(sources.healthFacts()),
    ...(await spendPart(sources)),
    ...(await latencyPart(sources)),
    ...(await exportPart(sources)),
    ...(await keptPart(sources)),
    alertFiring: (await standingRules(sources.ledger.db)).map(
      ({ rule, subject, state }) => [{ rule, subject }, state === 'met' ? 1 : 0] as const,
    ),
  };
}

async function spendPart({ ledger, config, clock }: MetricSources) {
  const { start, end } = monthWindow(clock.now(), config.timezone);
  const { lines, provisionalNano, gpuUs, unpriced } = await spendOf(ledger.db, {
    from: start,
    to: end,
  });
  const amounts = Object.entries({ ...lines, provisionalNano });
  return {
    monthCostUsd: amounts.map(
      ([key, nano]) => [{ line: key.replace(/Nano$/, '') }, nano / NANO_PER_USD] as const,
    ),
    monthGpuSeconds: one(gpuUs / MICROS_PER_SECOND),
    monthUnpriced: one(unpriced),
  } satisfies Measured;
}

const QUANTILES = [0.5, 0.95, 0.99];

/** Of whole hours, which are added up already: reading an hour of requests at each scrape would not be cheap. */
async function latencyPart({ ledger, clock }: MetricSources) {
  const now = clock.now();
  const hour = now - (now % MICROS_PER_HOUR);
  const window = { from: hour - MICROS_PER_HOUR, to: hour + MICROS_PER_HOUR };
  const rows = await usage(ledger.db, { ...window, by: ['endpoint'] });
  const quantilesOf = (sketch: keyof (typeof rows)[number]['sketches']): Samples =>
    rows.flatMap(({ endpoint, sketches }) =>
      QUANTILES.flatMap((q) => {
        const us = sketches[sketch].quantile(q);
        const labels = { endpoint: endpoint ?? '', quantile: String(q) };
        return us === null ? [] : [[labels, us / MICROS_PER_SECOND] as const];
      }),
    );
  return {
    requestDuration: quantilesOf('duration'),
    firstToken: quantilesOf('first_token'),
    proxyOverhead: quantilesOf('overhead'),
  } satisfies Measured;
}

async function exportPart({ exporter }: MetricSources) {
  const sinks = await exporter.health();
  const known = (figureOf: (health: (typeof sinks)[number]) => number | null): Samples =>
    sinks.flatMap((health) => {
      const figure = figureOf(health);
      return figure === null ? [] : [[{ sink: health.sink }, figure] as const];
    });
  return {
    exportLag: known(({ lagSeconds }) => lagSeconds),
    exportDepth: known(({ depth }) => depth),
    exportStopped: known(({ stopped }) => (stopped === null ? 0 : 1)),
    exportRejected: known(({ rejected }) => rejected),
  } satisfies Measured;
}

/** What waits in the ledger, for a person or for who still needs it. */
async function keptPart({ ledger, heldRequests }: MetricSources) {
  const { count } = await rejectedRecords(ledger.db);
  const overdueUs = (await heldRequests())?.overdueUs ?? 0;
  return {
    intakeRejected: one(count),
    retentionHeld: one(overdueUs / MICROS_PER_SECOND),
  } satisfies Measured;
}
