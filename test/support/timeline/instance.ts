import { email } from '../../../alerts/channels/email/email.ts';
import { createDelivery } from '../../../alerts/delivery.ts';
import { type AlertEngine, createAlertEngine } from '../../../alerts/engine.ts';
import type { AlertSettings } from '../../../src/core/alert-settings.ts';
import type { RecorderFacts } from '../../../src/core/facts.ts';
import { noticeKey } from '../../../src/core/notice.ts';
import type { Rule } from '../../../src/core/rule.ts';
import { evaluateAlertsJob } from '../../../src/jobs/evaluate-alerts.ts';
import { createScheduler, type Scheduler } from '../../../src/jobs/scheduler.ts';
import { type Ledger, type LedgerSettings, openLedger } from '../../../src/ledger/open-ledger.ts';
import { alertStore } from '../../../src/ledger/queries/alerts.ts';
import { factsSource } from '../../../src/ledger/queries/facts.ts';
import { foldIncidents } from '../../../src/ledger/queries/incidents.ts';
import { jobRunStore } from '../../../src/ledger/queries/job-runs.ts';
import { leaseStore } from '../../../src/ledger/queries/leases.ts';
import { outboxStore } from '../../../src/ledger/queries/outbox.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Log } from '../../../src/ports/log.ts';

/** What one process of the service has: a ledger, an engine, a scheduler. */
export interface Instance {
  readonly ledger: Ledger;
  readonly engine: AlertEngine;
  readonly scheduler: Scheduler;
  stop(): Promise<void>;
}

export interface InstanceSettings {
  readonly place: LedgerSettings;
  readonly zone: string;
  readonly clock: Clock;
  readonly holder: string;
  readonly rules: readonly Rule[];
  readonly alerts: AlertSettings;
  readonly endpoints: readonly {
    readonly name: string;
    readonly region: string;
    readonly latencyObjectiveUs: number | null;
  }[];
  readonly recorder: () => RecorderFacts;
  readonly smtpPort: number;
  readonly smtpTimeoutMs: number;
  readonly random: () => number;
}

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Starts a process's worth of alerting, as the composition root does it. */
export async function startInstance(settings: InstanceSettings): Promise<Instance> {
  const ledger = await openLedger(settings.place);
  const { db } = ledger;
  const leases = leaseStore(db);
  const mail = email.create(
    'email',
    email.schema.parse({
      smtp: `smtp://127.0.0.1:${settings.smtpPort}`,
      from: 'tripmeter <alerts@tripmeter.example>',
      to: ['ops@tripmeter.example'],
      tls: 'opportunistic',
      timeoutMs: settings.smtpTimeoutMs,
    }),
    { secret: () => '', now: () => settings.clock.now() },
  );
  const delivery = createDelivery({
    store: outboxStore(db),
    channels: [mail],
    clock: settings.clock,
    random: settings.random,
    log: SILENT,
    holder: settings.holder,
    linkOf: ({ notice }) => `http://127.0.0.1:8788/alerts/${noticeKey(notice)}`,
  });
  const engine = createAlertEngine({
    facts: factsSource(db, {
      zone: settings.zone,
      endpoints: settings.endpoints,
      alerts: settings.alerts,
      recorder: { read: async () => settings.recorder() },
    }),
    store: alertStore(db, { tellSinks: true }),
    rules: settings.rules,
    settings: settings.alerts,
    routes: [{ channel: 'email', minSeverity: 'info' }],
  });
  const scheduler = createScheduler({
    jobs: [
      evaluateAlertsJob({
        foldIncidents: () =>
          foldIncidents(db, {
            minFailures: settings.alerts.emergencies.outage.minFailures,
            since: 0,
          }),
        evaluate: async (now) => {
          await engine.evaluate(now);
          await delivery.deliverDue();
        },
        leases,
        holder: settings.holder,
      }),
    ],
    store: jobRunStore(db),
    clock: settings.clock,
    log: SILENT,
    holder: settings.holder,
  });
  return {
    ledger,
    engine,
    scheduler,
    stop: async () => {
      await scheduler.stop();
      await ledger.close();
    },
  };
}
