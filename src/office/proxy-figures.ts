import type { EndpointStats } from '../proxy/proxy-stats.ts';
import { assessHealth, type HealthFacts } from '../status/health.ts';
import type { ProxyReport } from './messages.ts';
import { type Measured, one, type Samples } from './metrics-page.ts';

/** Counters since the proxy started. */
export function proxyFigures(report: ProxyReport | null) {
  const endpoints = report?.stats.endpoints ?? [];
  const each = (samplesOf: (stats: EndpointStats) => Samples): Samples =>
    endpoints.flatMap((stats) =>
      samplesOf(stats).map(
        ([labels, value]) => [{ endpoint: stats.endpoint, ...labels }, value] as const,
      ),
    );
  return {
    requests: each((stats) =>
      Object.entries(stats.requests).map(([outcome, count]) => [{ outcome }, count] as const),
    ),
    bytes: each(({ bytesIn, bytesOut }) => [
      [{ direction: 'in' }, bytesIn],
      [{ direction: 'out' }, bytesOut],
    ]),
    requestsInFlight: each(({ inFlight }) => one(inFlight)),
    requestsQueued: each(({ queued }) => one(queued)),
    officeRestarts: one(report?.restarts?.count ?? 0),
    clientConnections: report === null ? [] : one(report.stats.clientConnections),
    connectionsRefused: report === null ? [] : one(report.stats.refusedConnections),
    upstreamConnections: each(({ connections }) => one(connections)),
  } satisfies Measured;
}

/** Whether records are safe. */
export function recorderFigures(facts: HealthFacts) {
  return {
    journalAtRisk: one(facts.journal?.entriesAtRisk ?? 0),
    journalDropped: one(facts.journal?.entriesDropped ?? 0),
    journalPending: one(facts.rowsPending),
    degraded: one(assessHealth(facts).status === 'ok' ? 0 : 1),
  } satisfies Measured;
}
