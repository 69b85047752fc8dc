import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { httpOrigin } from '../core/http-origin.ts';
import { type Notice, noticeKey } from '../core/notice.ts';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../core/units.ts';
import { createExporter } from '../export/exporter.ts';
import { createIntake } from '../ledger/intake.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { ledgerExportSource } from '../ledger/queries/export-source.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { HealthFacts } from '../status/health.ts';
import { alertEngineOf } from '../wiring/alert-engine-of.ts';
import { recorderOf, watchedCollectors } from '../wiring/alert-recorder.ts';
import { channelsOf } from '../wiring/channels-of.ts';
import { createMeasuredCurve } from '../wiring/measured-curve.ts';
import { ownTracesOf } from '../wiring/own-traces-of.ts';
import type { Pricing } from '../wiring/pricing-of.ts';
import { reportsOf } from '../wiring/reports-of.ts';
import { sinksOf } from '../wiring/sinks-of.ts';
import { packageVersion } from '../wiring/version.ts';
import { type FleetTurns, fleetTurns } from './fleet-turns.ts';
import { freeBytes } from './free-bytes.ts';
import type { ProxyReport } from './messages.ts';
import { createRecorderWatch } from './recorder-watch.ts';
import { reportJobs } from './report-jobs.ts';
import { holdWatch } from './retention-work.ts';
import type { SteadyLoop } from './steady-loop.ts';
import { tracedChannels, tracedSinks } from './traced-work.ts';

export type OfficeParts = ReturnType<typeof officeParts>;

export interface OfficeTools {
  readonly clock: Clock;
  readonly log: Log;
  /** This process has the proxy as well: its journal is nobody else's. Default: false. */
  readonly ownJournal?: boolean;
  /** Resolves when the admin port may be taken: another answers there meanwhile. Default: at once. */
  readonly portFree?: () => Promise<void>;
}

export interface Stored {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly pricing: Pricing;
}

interface ReportState {
  report: ProxyReport | null;
  reportedAt: number;
  /** Why the newest evaluation of alerts failed. */
  evaluationError: string | null;
}

/** So long does an office that was started anew say of what the one before it died. */
const DEATH_TOLD_US = 15 * MICROS_PER_MINUTE;

/** Makes every part; nothing runs yet. */
export function officeParts({ config, ledger, pricing }: Stored, tools: OfficeTools) {
  const { clock, log, ownJournal = false } = tools;
  const holder = randomUUID();
  const turns = fleetTurns({ config, ledger, clock, holder, ownJournal });
  const intake = intakeOf({ config, ledger, pricing }, tools, turns);
  const intakeLoop: { current: SteadyLoop | null } = { current: null };
  const state: ReportState = { report: null, reportedAt: clock.now(), evaluationError: null };
  const startedAt = clock.monotonic();
  const version = packageVersion();
  const tracing = ownTracesOf(config, { version, log });
  const sinks = tracedSinks(
    sinksOf(config, { fetch, clock, version, endpointOf: endpointOf(config) }),
    tracing,
  );
  const exporter = createExporter({
    ...{ sinks, clock, log, random: Math.random, holds: turns.mayExport },
    source: ledgerExportSource(ledger.db),
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
      officeError:
        clock.monotonic() - startedAt < DEATH_TOLD_US
          ? (state.report?.restarts?.lastError ?? null)
          : null,
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
  const admin = { url: httpOrigin(config.admin) };
  const pageLink = (path: string) => `${config.adminAccess.publicUrl ?? admin.url}${path}`;
  return {
    ...{ config, ledger, clock, log, version, pricing, intake, intakeLoop, state },
    ...{ sinks, exporter, healthFacts, alerts, routes: wired.routes, tracing },
    channels: tracedChannels(wired.channels, tracing),
    ...{ reports, reporting, watch, measured, admin, holder, turns },
    heldRequests: holdWatch({ config, ledger, clock, sinks }),
    /** Where people find a page. */
    pageLink,
    noticeLink: (notice: Notice) => pageLink(`/notices/${encodeURIComponent(noticeKey(notice))}`),
  };
}

function intakeOf(
  { config, ledger, pricing }: Stored,
  { clock, log }: OfficeTools,
  { mayTakeIn }: FleetTurns,
) {
  return createIntake({
    ...{ ledger, clock, mayTakeIn },
    journals: [...new Set([config.journalDir, ...config.journals])],
    price: pricing.price,
    crashGraceUs: config.proxy.abortGrace,
    // A client of the configuration keeps its name, however many callers make up.
    reserved: { client: new Set(Object.keys(config.clients)) },
    onNotice: (notice) => log.error({ notice }, 'the journal was damaged'),
    onRejected: ({ requestId, reason }) =>
      log.error({ requestId, reason }, 'a record is refused and set aside in intake_rejected'),
  });
}

function endpointOf(config: Config) {
  const endpoints = new Map(config.endpoints.map((endpoint) => [endpoint.name, endpoint]));
  return (name: string) => endpoints.get(name) ?? null;
}
