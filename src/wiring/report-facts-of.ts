import { decide } from '../../alerts/decision/decide.ts';
import { evaluateRules } from '../../alerts/lifecycle-evaluation.ts';
import type { ReportKind } from '../../alerts/weekly-report/report.ts';
import type { ReportFacts } from '../../alerts/weekly-report/report-facts.ts';
import type { Config } from '../config/config.ts';
import type { Facts } from '../core/facts.ts';
import { factsAsOf, incidentAsOf } from '../core/facts-as-of.ts';
import type { CostCurve } from '../core/projection.ts';
import type { EpochMicros } from '../core/units.ts';
import { daysBetween, windowBefore, type ZonedWindow } from '../core/zoned-time.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { factsSource } from '../ledger/queries/facts.ts';
import { incidentsSince } from '../ledger/queries/incidents.ts';
import { observedPrices } from '../ledger/queries/price-observations.ts';
import { reportQuality } from '../ledger/queries/report-quality.ts';
import { reportUsage } from '../ledger/queries/report-usage.ts';
import { spendByEndpoint, spendOf } from '../ledger/queries/spend.ts';
import type { RecorderSource } from '../ports/facts.ts';
import { ALERT_RULES } from './alert-rules.ts';
import { createMeasuredCurve } from './measured-curve.ts';
import { pricingOf } from './pricing-of.ts';
import { savingsOf } from './savings-of.ts';

export interface ReportSources {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly recorder: RecorderSource;
}

export interface ReportOrder {
  readonly kind: ReportKind;
  readonly period: ZonedWindow;
  readonly now: EpochMicros;
  readonly late: boolean;
}

/**
 * What a report of a period is made from. It looks at the record as of the period's end, so that a report made later
 * says the same as one made on time, but for what has become known since.
 */
export async function reportFactsOf(
  sources: ReportSources,
  order: ReportOrder,
): Promise<ReportFacts> {
  const { ledger, config } = sources;
  const { period, now } = order;
  const zone = config.timezone;
  const before = windowBefore(period, zone);
  const asOf = Math.max(period.start, Math.min(now, period.end - 1));
  const window = { from: period.start, to: Math.min(period.end, asOf + 1) };
  const earlier = { from: before.start, to: before.end };
  const facts = await factsAt(sources, asOf);
  const verdicts = evaluateRules(facts, config.alerts, ALERT_RULES).verdicts;
  const priceBook = pricingOf(config, await observedPrices(ledger.db)).book;
  const clock = { now: () => asOf, monotonic: () => asOf };
  const measured = await createMeasuredCurve({ ledger, config, priceBook, clock })();
  const days = ({ from, to }: { from: number; to: number }) => daysBetween(from, to, zone);
  const usage = await reportUsage(ledger.db, window, days(window));
  const usageBefore = await reportUsage(ledger.db, earlier, days(earlier));
  return {
    ...{ kind: order.kind, period, before, asOf, late: order.late, facts, verdicts, usageBefore },
    generatedAt: now,
    measured,
    decision: decide(facts, config.alerts, { verdicts, measured }),
    earlier: earlierOf(facts, period.start - 1, { config, measured }),
    spend: await spendOf(ledger.db, window),
    spendBefore: await spendOf(ledger.db, earlier),
    endpoints: await spendByEndpoint(ledger.db, window),
    usage: { ...usage, days: [...usageBefore.days, ...usage.days] },
    incidents: (await incidentsSince(ledger.db, window.from))
      .filter(({ startedAt }) => startedAt < window.to)
      .map((one) => incidentAsOf(one, asOf)),
    savings: await savingsOf({ ledger, config, priceBook }, window),
    quality: await reportQuality(ledger.db, window),
  };
}

/** The facts of a moment, without what came later. */
async function factsAt(
  { ledger, config, recorder }: ReportSources,
  asOf: EpochMicros,
): Promise<Facts> {
  const { timezone: zone, endpoints, alerts } = config;
  const source = factsSource(ledger.db, { zone, endpoints, alerts, recorder });
  const { facts } = await source.read(asOf);
  return factsAsOf(facts, asOf);
}

/** Verdicts and decision at the end of the period before; `null` when nothing was on record then. */
function earlierOf(
  facts: Facts,
  at: EpochMicros,
  given: { readonly config: Config; readonly measured: CostCurve | null },
): ReportFacts['earlier'] {
  const {
    measured,
    config: { alerts },
  } = given;
  const past = factsAsOf(facts, at);
  if (past.firstRequestAt === null) return null;
  const { verdicts } = evaluateRules(past, alerts, ALERT_RULES);
  return { verdicts, decision: decide(past, alerts, { verdicts, measured }) };
}
