import { mkdirSync } from 'node:fs';
import { createDelivery } from '../../alerts/delivery.ts';
import type { Config } from '../config/config.ts';
import { httpOrigin } from '../core/http-origin.ts';
import { createSettlement } from '../cost/settle.ts';
import { createScheduler } from '../jobs/scheduler.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { jobRunStore } from '../ledger/queries/job-runs.ts';
import { outboxStore } from '../ledger/queries/outbox.ts';
import { observedPrices } from '../ledger/queries/price-observations.ts';
import { pricingOf } from '../wiring/pricing-of.ts';
import { adminPort } from './admin-port.ts';
import { startAlarmWatch } from './alarm-watch.ts';
import { alertJobs } from './alert-jobs.ts';
import { endAll } from './end-all.ts';
import { startLimitWatch } from './limit-watch.ts';
import type { ProxyReport } from './messages.ts';
import { modalJobs } from './modal-jobs.ts';
import { officeJobs } from './office-jobs.ts';
import { type OfficeParts, type OfficeTools, officeParts } from './office-parts.ts';
import { forgetOld } from './retention-work.ts';
import { serialQueue } from './serial-queue.ts';
import { type SteadyLoop, startSteadyLoop } from './steady-loop.ts';
import { tracedJobs } from './traced-work.ts';

/** Everything but the proxy: intake, settlement, jobs, alerts, export, the admin port. */
export interface Office {
  readonly adminUrl: string;
  /** What the proxy's thread says of itself, once a second. */
  report(report: ProxyReport): void;
  /** Takes in what the journal still has, then ends. */
  stop(): Promise<void>;
}

const INTAKE_PAUSE_MS = 50;
const DELIVERY_PAUSE_MS = 2_000;
/** How long a stop works off what is left in the journal: what remains is taken in at the next start. */
const LAST_INTAKE_MS = 15_000;

/** @throws Error when the ledger cannot be opened or the admin port is taken. */
export async function openOffice(config: Config, tools: OfficeTools): Promise<Office> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o750 });
  const ledger = await openLedger(config.ledger);
  try {
    const pricing = pricingOf(config, await observedPrices(ledger.db));
    return await run(officeParts({ config, ledger, pricing }, tools), tools);
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function run(parts: OfficeParts, { portFree }: OfficeTools): Promise<Office> {
  const { intake, ledger, clock, log, exporter, state } = parts;
  const server = adminPort(parts);
  await portFree?.();
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
  const alarming = startAlarmWatch(parts);
  const exporting = new AbortController();
  const exported = parts.sinks.length > 0 ? exporter.run(exporting.signal) : Promise.resolve();
  const scheduler = schedulerOf(parts);
  scheduler.start();
  return {
    adminUrl: parts.admin.url,
    report: (report) => {
      if (state.report === null && (report.restarts?.count ?? 0) > 0)
        parts.watch.resumed(report.stats);
      state.report = report;
      state.reportedAt = clock.now();
      parts.watch.reported(report.stats);
    },
    stop: async () => {
      exporting.abort();
      const loops = [taking, delivering, limiting, alarming];
      const working = [exported, scheduler.stop(), ...loops.map((loop) => loop.stop())];
      await endAll(log, [
        ['jobs, export and delivery', async () => void (await Promise.all(working))],
        ['the last intake', () => takeTheRest(parts)],
        ['the turns of the fleet', () => parts.turns.release()],
        ['the readers of the journal', async () => intake.close()],
        ['tracing', () => parts.tracing.stop()],
        ['the admin port', () => server.close()],
        ['the ledger', () => ledger.close()],
      ]);
    },
  };
}

async function takeTheRest({ intake, clock }: OfficeParts): Promise<void> {
  const deadline = clock.monotonic() + LAST_INTAKE_MS * 1_000;
  while (clock.monotonic() < deadline && !(await intake.step()).caughtUp);
}

function startDelivery({ ledger, clock, log, holder, ...parts }: OfficeParts): SteadyLoop {
  const delivery = createDelivery({
    store: outboxStore(ledger.db),
    channels: [...parts.channels, ...parts.reporting.channels],
    ...{ clock, log, holder },
    random: Math.random,
    linkOf: ({ notice }) => parts.noticeLink(notice),
  });
  const step = async () => {
    await delivery.deliverDue();
    return 'idle' as const;
  };
  return startSteadyLoop({ name: 'delivery', step, pauseMs: DELIVERY_PAUSE_MS, log });
}

function schedulerOf(parts: OfficeParts) {
  const { config, ledger, clock, log, holder, pricing, alerts, routes } = parts;
  const { measured, state } = parts;
  const { endpoints } = config;
  const settlement = createSettlement({ ledger, clock, endpoints, priceBook: pricing.book });
  // Both write settled figures; each would take the other's turn.
  const inTurn = serialQueue();
  const jobs = [
    ...officeJobs({
      settle: () => inTurn(() => settlement.run()),
      retention: () => forgetOld(parts),
    }),
    ...modalJobs({ ledger, config, clock, log, pricing, inTurn }),
    ...alertJobs({ ledger, config, clock, holder, alerts, routes, measured, state }),
    ...parts.reporting.jobs,
  ];
  return createScheduler({
    jobs: tracedJobs(jobs, parts.tracing),
    store: jobRunStore(ledger.db),
    ...{ clock, log, holder },
  });
}
