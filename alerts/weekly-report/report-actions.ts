import type { AlertSettings } from '../../src/core/alert-settings.ts';
import { forecastMonth } from '../../src/core/forecast.ts';
import { durationText, grouped, usdText } from '../../src/core/measure-text.ts';
import { forecastInput, monthSpend } from '../../src/core/spend-facts.ts';
import type { Action } from './report.ts';
import type { ReportFacts } from './report-facts.ts';
import { savingSentence } from './saving-sentence.ts';
import { qualityProblems } from './sections/quality.ts';
import { successRate } from './sections/usage.ts';

const LOW_SUCCESS = 0.97;
const MAX_LOOKS = 2;

/** What asks for a person, most urgent first; then what to change. */
export function actionsOf(given: ReportFacts, settings: AlertSettings): Action[] {
  return [
    ...alarms(given, settings).map((text) => ({ kind: 'alarm' as const, text })),
    ...given.savings.list
      .slice(0, 1)
      .map((saving) => ({ kind: 'change' as const, text: savingSentence(saving) })),
    ...qualityProblems(given)
      .slice(0, MAX_LOOKS)
      .map((text) => ({ kind: 'look' as const, text })),
  ];
}

function alarms(given: ReportFacts, { budgets }: AlertSettings): string[] {
  const { verdicts, incidents, facts, usage, asOf } = given;
  const { month, nano } = monthSpend(facts);
  const forecast = forecastMonth(forecastInput(facts));
  const crossed = budgets.monthlyNano.filter((threshold) => nano >= threshold).at(-1);
  const ahead = budgets.monthlyNano
    .filter((threshold) => nano < threshold && (forecast?.nano ?? 0) >= threshold)
    .at(-1);
  const rate = successRate(usage);
  return [
    ...verdicts
      .filter(({ rule, state }) => rule.startsWith('emergency.') && state === 'met')
      .map(({ headline }) => `${headline}.`),
    ...incidentAlarm(incidents, asOf),
    ...(crossed === undefined
      ? []
      : [`${month.label} has crossed ${usdText(crossed)}: ${usdText(nano)} so far.`]),
    ...(ahead === undefined
      ? []
      : [
          `${month.label} is expected to cross ${usdText(ahead)}: ${usdText(forecast?.nano ?? 0)}.`,
        ]),
    ...(rate !== null && rate < LOW_SUCCESS
      ? [
          `Only ${(rate * 100).toLocaleString('en-US', { maximumFractionDigits: 1 })} % of requests succeeded.`,
        ]
      : []),
  ];
}

function incidentAlarm(incidents: ReportFacts['incidents'], asOf: number): string[] {
  if (incidents.length === 0) return [];
  const names = [...new Set(incidents.map(({ endpoint }) => endpoint))];
  const shown =
    names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
  const longest = Math.max(
    ...incidents.map(({ startedAt, endedAt }) => (endedAt ?? asOf) - startedAt),
  );
  const failures = incidents.reduce((sum, one) => sum + one.failures, 0);
  const open = incidents.filter(({ endedAt }) => endedAt === null).length;
  const state = open === 0 ? 'over' : `${grouped(open)} still open`;
  return [
    `Incidents of ${shown} (${state}): ${grouped(failures)} requests failed, for up to ${durationText(longest)}.`,
  ];
}
