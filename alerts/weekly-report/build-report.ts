import type { AlertSettings } from '../../src/core/alert-settings.ts';
import type { Decision } from '../decision/decision.ts';
import { buildCharts } from './build-charts.ts';
import { withCleanNames, withCleanTexts } from './clean-report.ts';
import { dailyRows } from './daily-rows.ts';
import { keyFiguresOf } from './key-figures.ts';
import type { Report, ReportVerdict } from './report.ts';
import { actionsOf } from './report-actions.ts';
import type { ReportFacts } from './report-facts.ts';
import { billedSection } from './sections/billed.ts';
import { changesSection } from './sections/changes.ts';
import { goNoGoSection, projectionSection } from './sections/decision.ts';
import { eventsSection } from './sections/events.ts';
import { latencySection } from './sections/latency.ts';
import { moneySection, savingsSection } from './sections/money.ts';
import { qualitySection } from './sections/quality.ts';
import { spendSection } from './sections/spend.ts';
import { triggersOf, triggersSection } from './sections/triggers.ts';
import { usageSection } from './sections/usage.ts';

/** The report from its facts. Pure: the same facts and settings give the same report. */
export function buildReport(facts: ReportFacts, settings: AlertSettings): Report {
  const given = withCleanNames(facts);
  return withCleanTexts({
    kind: given.kind,
    period: given.period,
    zone: given.facts.zone,
    asOf: given.asOf,
    generatedAt: given.generatedAt,
    late: given.late,
    verdict: verdictOf(given),
    keyFigures: keyFiguresOf(given, settings),
    actions: actionsOf(given, settings),
    sections: [
      spendSection(given, settings),
      triggersSection(given),
      eventsSection(given),
      usageSection(given),
      latencySection(given),
      moneySection(given),
      savingsSection(given),
      billedSection(given),
      goNoGoSection(given),
      projectionSection(given),
      changesSection(given),
      qualitySection(given),
    ],
    charts: buildCharts(given, settings),
    days: dailyRows(given),
  });
}

const TITLES = {
  stay: 'STAY ON MODAL',
  add_edge: 'STAY, AND ADD AN EDGE',
  migrate: 'MOVE',
  reassess_now: 'REASSESS NOW',
} as const;

function verdictOf({ decision, verdicts }: ReportFacts): ReportVerdict {
  const { recommendation, goNoGo, triggersMet } = decision;
  const held = goNoGo.filter(({ met }) => met === true).length;
  const triggers = triggersOf(verdicts).length;
  return {
    recommendation,
    title: TITLES[recommendation],
    line: `${triggersMet} of ${triggers} triggers met, go/no-go ${held} of ${goNoGo.length}.`,
    why: whyOf(decision),
    triggersMet,
    triggers,
    conditionsHeld: held,
    conditions: goNoGo.length,
  };
}

/** The decision's reasons without what the line above them counts and the table below them explains. */
function whyOf({ reasons, goNoGo }: Decision): string[] {
  const missing = goNoGo.filter(({ met }) => met !== true).map(({ title }) => title);
  const own = reasons.filter(
    (reason) => !/^(Missing:|Go\/no-go:)|triggers are met\.$/.test(reason),
  );
  return missing.length === 0 ? own : [...own, `Missing for a move: ${missing.join('; ')}.`];
}
