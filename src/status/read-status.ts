import { decide } from '../../alerts/decision/decide.ts';
import type { AlertEngine, EngineResult } from '../../alerts/engine.ts';
import type { Config } from '../config/config.ts';
import { forecastMonth } from '../core/forecast.ts';
import { isoInstant } from '../core/measure-text.ts';
import type { CostCurve } from '../core/projection.ts';
import { forecastInput, monthSpend } from '../core/spend-facts.ts';
import { MICROS_PER_SECOND, type NanoUsd, usdString } from '../core/units.ts';
import type { Verdict } from '../core/verdict.ts';
import type { Exporter } from '../export/exporter.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { rejectedRecords } from '../ledger/queries/rejected-records.ts';
import { spendOf } from '../ledger/queries/spend.ts';
import type { RetentionHold } from '../ledger/retention-holds.ts';
import type { Clock } from '../ports/clock.ts';
import { assessHealth, type HealthFacts } from './health.ts';
import { linesView } from './spend-view.ts';
import type { Status, VerdictView } from './status.ts';

export interface StatusSources {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly clock: Clock;
  readonly alerts: AlertEngine;
  /** `null` in a process that does not record. */
  readonly health: HealthFacts | null;
  readonly exporter: Exporter | null;
  /** Why requests outstay retention; absent when this process does not look. */
  readonly heldRequests?: () => Promise<RetentionHold | null>;
  /** What the proxy last reported; absent when this process hears of none. */
  readonly proxy?: Status['proxy'];
  /** Modal's cost by volume; `null`: too little is on record. */
  readonly measured: () => Promise<CostCurve | null>;
}

/** What a request takes in the journal, its opened and its closed entry together. */
const BYTES_A_ROW = 600;

/** What there is to know now. Every figure comes from the queries that alerts and reports use. */
export async function readStatus(sources: StatusSources): Promise<Status> {
  const { ledger, config, clock, alerts, health, exporter } = sources;
  const now = clock.now();
  const result = await alerts.dryRun(now);
  const decision = decide(result.facts, config.alerts, {
    verdicts: result.verdicts,
    measured: await sources.measured(),
  });
  const sinks = (await exporter?.health()) ?? [];
  const named = (prefix: string) =>
    result.verdicts.filter(({ rule }) => rule.startsWith(prefix)).map(verdictView);
  return {
    generatedAt: isoInstant(now),
    spend: await spendPart(ledger, config, result),
    alerts: named('budget.'),
    triggers: named('trigger.'),
    emergencies: named('emergency.'),
    decision: {
      recommendation: decision.recommendation,
      reasons: decision.reasons,
      goNoGo: decision.goNoGo,
      maturityLevel: decision.maturity.level,
    },
    export: sinks.map(({ sink, lagSeconds, depth, rejected, stopped, lastError }) => ({
      ...{ sink, lagSeconds, depth, rejected, stopped, lastError },
    })),
    journal: journalPart(health),
    records: await recordsPart(sources),
    proxy: proxyPart(sources.proxy ?? null),
    health: health === null ? null : assessHealth(health),
  };
}

function journalPart(health: HealthFacts | null): Status['journal'] {
  if (health === null) return { segments: null, rowsPending: null, bytesPending: null };
  const { journalSegments: segments, rowsPending: bytesPending } = health;
  return { segments, rowsPending: Math.ceil(bytesPending / BYTES_A_ROW), bytesPending };
}

async function recordsPart({ ledger, heldRequests }: StatusSources): Promise<Status['records']> {
  const { count } = await rejectedRecords(ledger.db);
  const hold = (await heldRequests?.()) ?? null;
  return {
    rejected: count,
    heldSince: hold === null ? null : isoInstant(hold.from),
    heldBecause: hold?.reason ?? null,
  };
}

function proxyPart(proxy: Status['proxy']): Status['proxy'] {
  if (proxy === null) return null;
  const { clientConnections, refusedConnections } = proxy;
  return { clientConnections, refusedConnections };
}

async function spendPart(
  ledger: Ledger,
  config: Config,
  { facts }: EngineResult,
): Promise<Status['spend']> {
  const { month, nano, unsettledNano } = monthSpend(facts);
  const spend = await spendOf(ledger.db, { from: month.start, to: month.end });
  const forecast = forecastMonth(forecastInput(facts));
  const text = (amount: NanoUsd | undefined) => (amount === undefined ? null : usdString(amount));
  return {
    month: month.label,
    zone: config.timezone,
    usd: usdString(nano),
    provisionalUsd: usdString(unsettledNano),
    forecastUsd: text(forecast?.nano),
    forecastLow: text(forecast?.lowNano),
    forecastHigh: text(forecast?.highNano),
    unpricedRequests: spend.unpriced,
    lines: linesView(spend.lines),
    gpuSeconds: spend.gpuUs / MICROS_PER_SECOND,
  };
}

function verdictView(verdict: Verdict): VerdictView {
  return {
    id: verdict.rule.slice(verdict.rule.indexOf('.') + 1),
    subject: verdict.subject,
    period: verdict.period,
    state: verdict.state,
    value: shown(verdict.value, verdict.unit),
    threshold: shown(verdict.threshold, verdict.unit),
    unit: SHOWN_UNITS[verdict.unit] ?? verdict.unit,
    since: verdict.since === null ? null : isoInstant(verdict.since),
    until: verdict.until === null ? null : isoInstant(verdict.until),
    reason: verdict.reason,
    evidence: verdict.evidence,
    nextStep: verdict.nextStep,
  };
}

const SHOWN_UNITS: Partial<Record<Verdict['unit'], string>> = { nano_usd: 'usd', us: 'seconds' };

function shown(value: number | null, unit: Verdict['unit']): number | string | null {
  if (value === null) return null;
  if (unit === 'nano_usd') return usdString(Math.round(value));
  return unit === 'us' ? value / 1_000_000 : value;
}
