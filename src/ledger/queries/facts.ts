import type { Kysely } from 'kysely';
import { type AlertSettings, DAYS_30 } from '../../core/alert-settings.ts';
import type { EndpointSettings } from '../../core/endpoint.ts';
import { type Facts, type PreviousState, stateKey, type Told } from '../../core/facts.ts';
import type { Notice } from '../../core/notice.ts';
import { type EpochMicros, MICROS_PER_DAY, type Micros } from '../../core/units.ts';
import { hourFloor, monthWindow } from '../../core/zoned-time.ts';
import type { FactsSource, RecorderSource } from '../../ports/facts.ts';
import type { Database } from '../database.ts';
import { evaluationVersion, RECORD_CHANNEL } from './alerts.ts';
import { egressFacts, endpointFacts } from './facts-endpoints.ts';
import { activeDays, firstRequestAt, hourFacts } from './facts-hours.ts';
import { type DeclaredObjective, latencyFacts } from './facts-latency.ts';
import { incidentsSince } from './incidents.ts';
import { spenders } from './spenders.ts';

export interface FactsSettings {
  readonly zone: string;
  readonly endpoints: readonly Pick<EndpointSettings, 'name' | 'region' | 'latencyObjectiveUs'>[];
  readonly alerts: AlertSettings;
  readonly recorder: RecorderSource;
}

/**
 * How far back hours are read at least: a trailing month at each day of a quarter, and the months whose alerts
 * may still be corrected.
 */
const HORIZON_US = 125 * MICROS_PER_DAY;

/** A trailing month at each day of the time that it takes to be met, to clear, and to be called cleared. */
function horizonOf({ triggers: { scale, egress, cost } }: AlertSettings): Micros {
  const sustain = Math.max(scale.sustainDays, egress.sustainDays, cost.sustainDays);
  return Math.max(HORIZON_US, DAYS_30 + (3 * sustain + 2) * MICROS_PER_DAY);
}
const INCIDENTS_US = 8 * MICROS_PER_DAY;

/** Facts from the ledger's roll-ups; no request is read but those of the first hour and what is unsettled. */
export function factsSource(db: Kysely<Database>, settings: FactsSettings): FactsSource {
  return {
    read: async (now) => {
      const version = await evaluationVersion(db);
      return { version, facts: await readFacts(db, settings, now) };
    },
  };
}

async function readFacts(
  db: Kysely<Database>,
  { zone, endpoints, alerts, recorder }: FactsSettings,
  now: EpochMicros,
): Promise<Facts> {
  const horizon = horizonOf(alerts);
  const hoursFrom = hourFloor(now - horizon);
  const month = monthWindow(now, zone);
  const first = await firstRequestAt(db);
  const trailing = { from: now - DAYS_30, to: now + 1 };
  const { sustainDays } = alerts.triggers.latency;
  const latency = [];
  for (const objective of objectivesOf(endpoints, alerts)) {
    latency.push(await latencyFacts(db, objective, { now, zone, sustainDays }));
  }
  return {
    now,
    zone,
    firstRequestAt: first,
    activeDays: first === null ? 0 : await activeDays(db, { from: first, to: now, zone }),
    hoursFrom,
    hours: await hourFacts(db, hoursFrom, now + 1),
    spenders:
      alerts.budgets.limits.length === 0
        ? []
        : await spenders(db, { from: month.start, to: now + 1 }),
    endpoints: await endpointFacts(db, endpoints, trailing),
    latency,
    egress: await egressFacts(db, trailing),
    incidents: await incidentsSince(db, now - INCIDENTS_US),
    recorder: await recorder.read(now),
    previous: await previousStates(db, now - horizon),
    told: await toldSince(db, now - horizon),
  };
}

/** Objectives that the latency trigger judges: the laxer ones cost a query and decide nothing. */
function objectivesOf(
  endpoints: FactsSettings['endpoints'],
  { triggers }: AlertSettings,
): DeclaredObjective[] {
  const own = endpoints.flatMap(({ name, latencyObjectiveUs }) =>
    latencyObjectiveUs === null
      ? []
      : [{ endpoint: name, operation: null, objectiveUs: latencyObjectiveUs }],
  );
  return [...own, ...triggers.latency.operations].filter(
    ({ objectiveUs }) => objectiveUs <= triggers.latency.objectiveUs,
  );
}

async function previousStates(
  db: Kysely<Database>,
  since: EpochMicros,
): Promise<Record<string, PreviousState>> {
  const rows = await db
    .selectFrom('alert_states')
    .select(['rule', 'period', 'subject', 'state', 'since', 'streak'])
    .where('evaluated_at', '>=', since)
    .execute();
  return Object.fromEntries(
    rows.map(({ rule, period, subject, state, since: from, streak }) => [
      stateKey(rule, period, subject),
      { state, since: from, streak },
    ]),
  );
}

async function toldSince(db: Kysely<Database>, since: EpochMicros): Promise<Told[]> {
  const rows = await db
    .selectFrom('notices')
    .select('payload')
    .where('channel', '=', RECORD_CHANNEL)
    .where('created_at', '>=', since)
    .execute();
  return rows.map(({ payload }) => toldOf(JSON.parse(payload) as Notice));
}

function toldOf(notice: Notice): Told {
  const figures = notice.verdict.evidence.flatMap((one) =>
    one.kind === 'figure' ? [[one.name, one.value] as const] : [],
  );
  const { rule, period, subject, kind, at } = notice;
  return {
    ...{ rule, period, subject, kind, at },
    value: notice.verdict.value,
    figures: Object.fromEntries(figures),
  };
}
