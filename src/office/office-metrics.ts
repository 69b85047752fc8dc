import { Gauge, Registry } from 'prom-client';
import { assessHealth, type HealthFacts } from '../api/health.ts';
import type { Config } from '../config/config.ts';
import { NANO_PER_USD } from '../core/units.ts';
import { monthWindow } from '../core/zoned-time.ts';
import type { Exporter } from '../export/exporter.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { type Spend, spendOf } from '../ledger/queries/spend.ts';
import type { Clock } from '../ports/clock.ts';
import type { EndpointStats } from '../proxy/proxy-stats.ts';
import type { ProxyReport } from './messages.ts';

export interface MetricSources {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly clock: Clock;
  readonly healthFacts: () => HealthFacts;
  readonly exporter: Exporter;
  readonly state: { readonly report: ProxyReport | null };
}

type Labels = Readonly<Record<string, string>>;
type Samples = readonly (readonly [Labels, number])[];

/** Counters come from the proxy since its start; dollars and GPU time from the month's spend. */
export function officeMetrics(sources: MetricSources) {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `tripmeter_${name}`, help, labelNames, registers: [registry] });
  const gauges = {
    requests: gauge('requests_total', 'Ended requests.', ['endpoint', 'outcome']),
    bytes: gauge('bytes_total', 'Bytes of bodies.', ['endpoint', 'direction']),
    inFlight: gauge('requests_in_flight', 'Requests now running.', ['endpoint']),
    queued: gauge('requests_queued', 'Requests that wait for a connection.', ['endpoint']),
    connections: gauge('upstream_connections', 'Open upstream connections.', ['endpoint']),
    cost: gauge('month_cost_usd', 'Dollars of the month, by line.', ['line']),
    gpu: gauge('month_gpu_seconds', 'GPU time of the month.'),
    unpriced: gauge('month_unpriced_requests', 'Requests of the month without a price.'),
    risk: gauge('journal_entries_at_risk', 'Entries that only memory holds.'),
    dropped: gauge('journal_entries_dropped_total', 'Entries lost: the buffer was full.'),
    pending: gauge('journal_bytes_pending', 'Journal not yet in the ledger.'),
    lag: gauge('export_lag_seconds', 'Age of the oldest span not sent.', ['sink']),
    depth: gauge('export_depth', 'Spans not sent.', ['sink']),
    degraded: gauge('degraded', '1 while records are at risk.'),
  };
  return async () => {
    registry.resetMetrics();
    fill(gauges.requests, perEndpoint(sources, outcomes));
    fill(gauges.bytes, perEndpoint(sources, bytes));
    fill(gauges.inFlight, perEndpoint(sources, only('inFlight')));
    fill(gauges.queued, perEndpoint(sources, only('queued')));
    fill(gauges.connections, perEndpoint(sources, only('connections')));
    const spend = await monthSpend(sources);
    fill(gauges.cost, costLines(spend));
    gauges.gpu.set(spend.gpuUs / 1_000_000);
    gauges.unpriced.set(spend.unpriced);
    const health = sources.healthFacts();
    gauges.risk.set(health.journal?.entriesAtRisk ?? 0);
    gauges.dropped.set(health.journal?.entriesDropped ?? 0);
    gauges.pending.set(health.rowsPending);
    gauges.degraded.set(assessHealth(health).status === 'ok' ? 0 : 1);
    for (const { sink, lagSeconds, depth } of await sources.exporter.health()) {
      if (lagSeconds !== null) gauges.lag.set({ sink }, lagSeconds);
      if (depth !== null) gauges.depth.set({ sink }, depth);
    }
    return { body: await registry.metrics(), contentType: registry.contentType };
  };
}

function fill(gauge: Gauge, samples: Samples): void {
  for (const [labels, value] of samples) gauge.set(labels, value);
}

function perEndpoint(
  { state }: MetricSources,
  samplesOf: (each: EndpointStats) => Samples,
): Samples {
  return (state.report?.stats.endpoints ?? []).flatMap((each) =>
    samplesOf(each).map(
      ([labels, value]) => [{ endpoint: each.endpoint, ...labels }, value] as const,
    ),
  );
}

const outcomes = (each: EndpointStats): Samples =>
  Object.entries(each.requests).map(([outcome, count]) => [{ outcome }, count] as const);

const bytes = (each: EndpointStats): Samples => [
  [{ direction: 'in' }, each.bytesIn],
  [{ direction: 'out' }, each.bytesOut],
];

const only =
  (key: 'inFlight' | 'queued' | 'connections') =>
  (each: EndpointStats): Samples => [[{}, each[key]]];

function monthSpend({ ledger, config, clock }: MetricSources): Promise<Spend> {
  const { start, end } = monthWindow(clock.now(), config.timezone);
  return spendOf(ledger.db, { from: start, to: end });
}

function costLines({ lines, provisionalNano }: Spend): Samples {
  const named = Object.entries(lines).map(
    ([key, nano]) => [{ line: key.replace(/Nano$/, '') }, nano / NANO_PER_USD] as const,
  );
  return [...named, [{ line: 'provisional' }, provisionalNano / NANO_PER_USD]];
}
