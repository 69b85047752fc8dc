import { type Checkpoint, checkpointOf } from '../../alerts/decision/checkpoint.ts';
import { checkpointNotice } from '../../alerts/decision/checkpoint-notice.ts';
import { decide } from '../../alerts/decision/decide.ts';
import type { AlertEngine, Route } from '../../alerts/engine.ts';
import type { Config } from '../config/config.ts';
import type { CostCurve } from '../core/projection.ts';
import { monthSpend } from '../core/spend-facts.ts';
import { type EpochMicros, MICROS_PER_DAY } from '../core/units.ts';
import { checkpointJob } from '../jobs/checkpoint.ts';
import { evaluateAlertsJob } from '../jobs/evaluate-alerts.ts';
import { rollEvidenceJob } from '../jobs/roll-evidence.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { alertStore, evaluationVersion } from '../ledger/queries/alerts.ts';
import { addCheckpoint, listCheckpoints } from '../ledger/queries/checkpoints.ts';
import { rollEvidence } from '../ledger/queries/evidence.ts';
import { foldIncidents } from '../ledger/queries/incidents.ts';
import { leaseStore } from '../ledger/queries/leases.ts';
import type { Clock } from '../ports/clock.ts';
import type { Job } from '../ports/jobs.ts';

export interface AlertJobParts {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly clock: Clock;
  readonly holder: string;
  readonly alerts: AlertEngine;
  readonly routes: readonly Route[];
  /** Why the newest evaluation failed, for whoever tells it. */
  readonly state: { evaluationError: string | null };
  /** Modal's cost by volume; `null`: too little is on record. */
  readonly measured: () => Promise<CostCurve | null>;
}

/** Hours added up in one call: the first one after a pause has a month to catch up with. */
const EVIDENCE_HOURS = 48;
/** The minute's evaluation may come between reading and writing, once. */
const CHECKPOINT_ATTEMPTS = 3;
/** An import of last year's requests opens no incidents. */
const INCIDENT_HISTORY_US = 7 * MICROS_PER_DAY;

/** Everything of alerts that runs on a schedule; delivery runs by itself. */
export function alertJobs(parts: AlertJobParts): Job[] {
  const { ledger, config, clock, holder, alerts } = parts;
  const { minFailures } = config.alerts.emergencies.outage;
  return [
    evaluateAlertsJob({
      foldIncidents: () =>
        foldIncidents(ledger.db, { minFailures, since: clock.now() - INCIDENT_HISTORY_US }),
      evaluate: (now) => noting(parts.state, () => alerts.evaluate(now)),
      leases: leaseStore(ledger.db),
      holder,
    }),
    rollEvidenceJob((now) => rollEvidence(ledger.db, { now, maxHours: EVIDENCE_HOURS })),
    checkpointJob(config.timezone, () => recordCheckpoint(parts)),
  ];
}

async function noting(
  state: AlertJobParts['state'],
  evaluate: () => Promise<unknown>,
): Promise<void> {
  try {
    await evaluate();
    state.evaluationError = null;
  } catch (error) {
    state.evaluationError = error instanceof Error ? error.message : String(error);
    throw error;
  }
}

/** Decides, keeps the decision, and tells what changed since the quarter before. */
async function recordCheckpoint(parts: AlertJobParts): Promise<void> {
  for (let attempt = 0; attempt < CHECKPOINT_ATTEMPTS; attempt += 1) {
    if (await tryCheckpoint(parts)) return;
  }
  throw new Error('evaluations came between; the checkpoint is tried again');
}

/** `false`: an evaluation was kept since the facts were read; nothing of the checkpoint was. */
async function tryCheckpoint(parts: AlertJobParts): Promise<boolean> {
  const { ledger, config, clock, alerts, routes } = parts;
  const now: EpochMicros = clock.now();
  const version = await evaluationVersion(ledger.db);
  const { facts, verdicts } = await alerts.dryRun(now);
  const measured = await parts.measured();
  const decision = decide(facts, config.alerts, { verdicts, measured });
  const after = checkpointOf(decision, now, config.timezone);
  const stored = (await listCheckpoints(ledger.db, 2)).find(
    ({ quarter }) => quarter !== after.quarter,
  );
  const before = stored === undefined ? null : (JSON.parse(stored.payload) as Checkpoint);
  const committed = await alertStore(ledger.db, { tellSinks: false }).commit({
    version,
    at: now,
    monthNano: monthSpend(facts).nano,
    states: [],
    notices: [
      {
        notice: checkpointNotice(facts, decision, { before, after }),
        channels: routes
          // By email comes the whole report: see report-jobs.
          .filter(({ channel, minSeverity }) => minSeverity === 'info' && channel !== 'email')
          .map(({ channel }) => channel),
      },
    ],
  });
  if (!committed) return false;
  await addCheckpoint(ledger.db, {
    quarter: after.quarter,
    at: now,
    payload: JSON.stringify(after),
  });
  return true;
}
