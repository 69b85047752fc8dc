import { randomUUID } from 'node:crypto';
import { mkdirSync, statfsSync } from 'node:fs';
import { createDelivery } from '../../alerts/delivery.ts';
import { createAdminServer } from '../api/admin-server.ts';
import type { HealthFacts } from '../api/health.ts';
import { assessHealth } from '../api/health.ts';
import { decisionRoutes } from '../api/routes/decisions.ts';
import { healthRoutes } from '../api/routes/health.ts';
import { metricsRoutes } from '../api/routes/metrics.ts';
import { noticePages } from '../api/routes/notice-pages.ts';
import { noticeRoutes } from '../api/routes/notices.ts';
import { reportRoutes } from '../api/routes/reports.ts';
import { requestRoutes } from '../api/routes/requests.ts';
import { spendRoutes } from '../api/routes/spend.ts';
import { statusRoutes } from '../api/routes/status.ts';
import { telemetryRoutes } from '../api/routes/telemetry.ts';
import type { Config } from '../config/config.ts';
import { httpOrigin } from '../core/http-origin.ts';
import { noticeKey } from '../core/notice.ts';
import { MICROS_PER_SECOND } from '../core/units.ts';
import { monthWindow } from '../core/zoned-time.ts';
import { createSettlement } from '../cost/settle.ts';
import { createExporter } from '../export/exporter.ts';
import { createScheduler } from '../jobs/scheduler.ts';
import { createIntake } from '../ledger/intake.ts';
import { type Ledger, openLedger } from '../ledger/open-ledger.ts';
import { pruneExportFeeds } from '../ledger/queries/export-feeds.ts';
import { ledgerExportSource } from '../ledger/queries/export-source.ts';
import { jobRunStore } from '../ledger/queries/job-runs.ts';
import { outboxStore } from '../ledger/queries/outbox.ts';
import { observedPrices } from '../ledger/queries/price-observations.ts';
import { storeContainerFacts } from '../ledger/queries/telemetry.ts';
import { runRetention } from '../ledger/retention.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContainerFact } from '../ports/collector.ts';
import type { Log } from '../ports/log.ts';
import { readProjection } from '../status/read-projection.ts';
import { readStatus } from '../status/read-status.ts';
import { readSpend } from '../status/spend-view.ts';
import { alertBacktest } from '../wiring/alert-backtest.ts';
import { alertEngineOf } from '../wiring/alert-engine-of.ts';
import { recorderOf, watchedCollectors } from '../wiring/alert-recorder.ts';
import { evaluateAsOf } from '../wiring/alert-replay.ts';
import { ALERT_RULES } from '../wiring/alert-rules.ts';
import { channelsOf } from '../wiring/channels-of.ts';
import { createMeasuredCurve } from '../wiring/measured-curve.ts';
import { ownTracesOf } from '../wiring/own-traces-of.ts';
import { type Pricing, pricingOf } from '../wiring/pricing-of.ts';
import { reportPages } from '../wiring/report-pages.ts';
import { reportsOf } from '../wiring/reports-of.ts';
import { sinksOf } from '../wiring/sinks-of.ts';
import { packageVersion } from '../wiring/version.ts';
import { alertJobs } from './alert-jobs.ts';
import { startLimitWatch } from './limit-watch.ts';
import type { ProxyReport } from './messages.ts';
import { modalJobs } from './modal-jobs.ts';
import { officeJobs } from './office-jobs.ts';
import { officeMetrics } from './office-metrics.ts';
import { createRecorderWatch } from './recorder-watch.ts';
import { reportJobs } from './report-jobs.ts';
import { type SteadyLoop, startSteadyLoop } from './steady-loop.ts';
import { tracedChannels, tracedJobs, tracedSinks } from './traced-work.ts';

export interface OfficeTools {
  readonly clock: Clock;
  readonly log: Log;
}

/** Everything but the proxy: intake, settlement, jobs, alerts, export, the admin port. */
export interface Office {
  readonly adminUrl: string;
  /** What the proxy's thread says of itself, once a second. */
  report(report: ProxyReport): void;
  /** Takes in what the journal still has, then ends. */
  stop(): Promise<void>;
}

interface ReportState {
  report: ProxyReport | null;
  reportedAt: number;
}

const INTAKE_PAUSE_MS = 50;
const DELIVERY_PAUSE_MS = 2_000;
/** How long a stop works off what is left in the journal: what remains is taken in at the next start. */
const LAST_INTAKE_MS = 20_000;

/** @throws Error when the ledger cannot be opened or the admin port is taken. */
export async function openOffice(config: Config, { clock, log }: OfficeTools): Promise<Office> {
  mkdirSync(config.dataDir, { recursive: true });
  const ledger = await openLedger(config.ledger);
  try {
    const pricing = pricingOf(config, await observedPrices(ledger.db));
    return await run(assemble({ config, ledger, pricing }, { clock, log }));
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

interface Stored {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly pricing: Pricing;
}

type Parts = ReturnType<typeof assemble>;

/** Makes every part; nothing runs yet. */
function assemble({ config, ledger, pricing }: Stored, { clock, log }: OfficeTools) {
  const intake = createIntake({
    ledger,
    clock,
    journals: config.journalDir,
    price: pricing.price,
    crashGraceUs: config.proxy.abortGrace,
    onNotice: (notice) => log.error({ notice }, 'the journal was damaged'),
  });
  const intakeLoop: { current: SteadyLoop | null } = { current: null };
  const state: ReportState = { report: null, reportedAt: clock.now() };
  const version = packageVersion();
  const tracing = ownTracesOf(config, { version, log });
  const sinks = tracedSinks(
    sinksOf(config, { fetch, clock, version, endpointOf: endpointOf(config) }),
    tracing,
  );
  const exporter = createExporter({
    sinks,
    source: ledgerExportSource(ledger.db),
    clock,
    log,
    random: Math.random,
  });
  const healthFacts = (): HealthFacts => {
    const { segments, bytes } = intake.backlog();
    return {
      journal: state.report?.journal ?? null,
      journalSegments: segments,
      rowsPending: bytes,
      ledgerError: intakeLoop.current?.lastError() ?? null,
      diskFreeBytes: freeBytes(config.dataDir),
      proxySilentSeconds:
        state.report === null ? null : (clock.now() - state.reportedAt) / MICROS_PER_SECOND,
    };
  };
  const wired = channelsOf(config, clock);
  const watch = createRecorderWatch(clock);
  const collectors = watchedCollectors(config);
  const recorder = recorderOf({ ledger, collectors, health: healthFacts, watch, exporter });
  const alerts = alertEngineOf({ ledger, config, recorder, routes: wired.routes });
  const measured = createMeasuredCurve({ ledger, config, priceBook: pricing.book, clock });
  const reports = reportsOf({ ledger, config, recorder });
  const reporting = reportJobs({ ledger, config, clock, reports });
  const configured = httpOrigin(config.admin);
  return {
    ...{ config, ledger, clock, log, version, pricing, intake, intakeLoop, state },
    ...{ sinks, exporter, healthFacts, alerts, routes: wired.routes, tracing },
    channels: tracedChannels(wired.channels, tracing),
    ...{ reports, reporting, watch, measured, admin: { url: configured }, holder: randomUUID() },
  };
}

async function run(parts: Parts): Promise<Office> {
  const { intake, ledger, clock, log, exporter, state } = parts;
  const server = adminServerOf(parts);
  const address = await server.listen();
  parts.admin.url = httpOrigin(address);
  const step = async () => {
    const { requests, caughtUp } = await intake.step();
    parts.watch.taken(requests, caughtUp);
    return caughtUp ? 'idle' : 'busy';
  };
  const taking = startSteadyLoop({ name: 'intake', step, pauseMs: INTAKE_PAUSE_MS, log });
  parts.intakeLoop.current = taking;
  const delivering = startDelivery(parts);
  const limiting = startLimitWatch(parts);
  const exporting = new AbortController();
  const exported = parts.sinks.length > 0 ? exporter.run(exporting.signal) : Promise.resolve();
  const scheduler = schedulerOf(parts);
  scheduler.start();
  return {
    adminUrl: parts.admin.url,
    report: (report) => {
      state.report = report;
      state.reportedAt = clock.now();
      parts.watch.reported(report.stats);
    },
    stop: async () => {
      exporting.abort();
      const loops = [taking, delivering, limiting];
      await Promise.all([exported, scheduler.stop(), ...loops.map((loop) => loop.stop())]);
      const deadline = clock.monotonic() + LAST_INTAKE_MS * 1_000;
      while (clock.monotonic() < deadline && !(await intake.step()).caughtUp);
      intake.close();
      await parts.tracing.stop();
      await server.close();
      await ledger.close();
    },
  };
}

function startDelivery({ ledger, clock, log, holder, admin, ...parts }: Parts): SteadyLoop {
  const delivery = createDelivery({
    store: outboxStore(ledger.db),
    channels: [...parts.channels, ...parts.reporting.channels],
    ...{ clock, log, holder },
    random: Math.random,
    linkOf: ({ notice }) => `${admin.url}/notices/${encodeURIComponent(noticeKey(notice))}`,
  });
  const step = async () => {
    await delivery.deliverDue();
    return 'idle' as const;
  };
  return startSteadyLoop({ name: 'delivery', step, pauseMs: DELIVERY_PAUSE_MS, log });
}

function schedulerOf(parts: Parts) {
  const { config, ledger, clock, log, holder, pricing, alerts, routes } = parts;
  const { endpoints } = config;
  const settlement = createSettlement({ ledger, clock, endpoints, priceBook: pricing.book });
  const jobs = [
    ...officeJobs({
      settlement,
      retention: () => forget(parts),
    }),
    ...modalJobs({ ledger, config, clock, log, pricing }),
    ...alertJobs({ ledger, config, clock, holder, alerts, routes, measured: parts.measured }),
    ...parts.reporting.jobs,
  ];
  return createScheduler({
    jobs: tracedJobs(jobs, parts.tracing),
    store: jobRunStore(ledger.db),
    ...{ clock, log, holder },
  });
}

/** Deletes what is too old, and what every sink has been told. */
async function forget({ config, ledger, clock, sinks }: Parts): Promise<void> {
  await runRetention({ ledger, clock, keepUs: { requests: config.retention.requests } });
  await pruneExportFeeds(
    ledger.db,
    sinks.map((sink) => sink.name),
  );
}

function adminServerOf(parts: Parts) {
  const { config, ledger, clock, alerts, exporter, healthFacts, log, measured } = parts;
  const zone = config.timezone;
  const status = () =>
    readStatus({ ledger, config, clock, alerts, exporter, measured, health: healthFacts() });
  return createAdminServer({
    listen: config.admin,
    version: parts.version,
    log,
    bodyLimitBytes: 4 * 1_024 ** 2,
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
      ...noticePages({ ledger, clock, zone }),
      ...decisionRoutes({
        ...{ alerts, clock, zone, channels: parts.channels },
        evaluateAsOf: (at) => evaluateAsOf({ ledger, config }, at),
        backtest: (span) => alertBacktest({ ledger, config }, span),
        project: (requests) => readProjection({ ledger, config, clock, measured }, requests),
        link: () => `${parts.admin.url}/notices`,
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

function endpointOf(config: Config) {
  const endpoints = new Map(config.endpoints.map((endpoint) => [endpoint.name, endpoint]));
  return (name: string) => endpoints.get(name) ?? null;
}

function freeBytes(dir: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return null;
  }
}
