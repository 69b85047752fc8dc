import { createAdminServer, TELEMETRY_BYTES } from '../api/admin-server.ts';
import { decisionRoutes } from '../api/routes/decisions.ts';
import { healthRoutes } from '../api/routes/health.ts';
import { metricsRoutes } from '../api/routes/metrics.ts';
import { noticeRoutes } from '../api/routes/notices.ts';
import { pageRoutes } from '../api/routes/pages.ts';
import { reportRoutes } from '../api/routes/reports.ts';
import { requestRoutes } from '../api/routes/requests.ts';
import { spendRoutes } from '../api/routes/spend.ts';
import { statusRoutes } from '../api/routes/status.ts';
import { telemetryRoutes } from '../api/routes/telemetry.ts';
import { monthWindow } from '../core/zoned-time.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { storeContainerFacts } from '../ledger/queries/telemetry.ts';
import type { ContainerFact } from '../ports/collector.ts';
import { assessHealth } from '../status/health.ts';
import { readProjection } from '../status/read-projection.ts';
import { readStatus } from '../status/read-status.ts';
import { readSpend } from '../status/spend-view.ts';
import { adminAccessOf } from '../wiring/admin-access-of.ts';
import { alertBacktest } from '../wiring/alert-backtest.ts';
import { evaluateAsOf } from '../wiring/alert-replay.ts';
import { ALERT_RULES } from '../wiring/alert-rules.ts';
import { reportPages } from '../wiring/report-pages.ts';
import { webPagesOf } from '../wiring/web-pages-of.ts';
import { officeMetrics } from './office-metrics.ts';
import type { OfficeParts } from './office-parts.ts';

/** The admin port with every route. */
export function adminPort(parts: OfficeParts) {
  const { config, ledger, clock, alerts, exporter, healthFacts, log, measured } = parts;
  const zone = config.timezone;
  const status = () =>
    readStatus({
      ...{ ledger, config, clock, alerts, exporter, measured },
      health: healthFacts(),
      heldRequests: parts.heldRequests,
      proxy: parts.state.report?.stats ?? null,
    });
  return createAdminServer({
    listen: config.admin,
    access: adminAccessOf(config),
    version: parts.version,
    log,
    bodyLimitBytes: TELEMETRY_BYTES,
    routes: [
      ...healthRoutes(() => assessHealth(healthFacts())),
      ...requestRoutes(ledger),
      ...statusRoutes(status),
      ...spendRoutes({
        zone,
        thisMonth: () => monthWindow(clock.now(), zone),
        read: (window, breakdown) => readSpend(ledger, { window, zone, breakdown }),
      }),
      ...noticeRoutes({ ledger, clock, rules: ALERT_RULES.map(({ id }) => id) }),
      ...pageRoutes(webPagesOf({ ledger, clock, zone, status })),
      ...decisionRoutes({
        ...{ alerts, clock, zone, channels: parts.channels },
        evaluateAsOf: (at) => evaluateAsOf({ ledger, config }, at),
        backtest: (span) => alertBacktest({ ledger, config }, span),
        project: (requests) => readProjection({ ledger, config, clock, measured }, requests),
        link: () => parts.pageLink('/notices'),
      }),
      ...reportRoutes(reportPages(parts.reports, { clock, zone })),
      ...metricsRoutes(officeMetrics(parts)),
      ...telemetryRoutes((facts) => storeFacts(ledger, facts), log),
    ],
  });
}

function storeFacts({ db }: Ledger, facts: readonly ContainerFact[]): Promise<number> {
  return db.transaction().execute((trx) => storeContainerFacts(trx, facts));
}
