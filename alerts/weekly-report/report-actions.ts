import type { AlertSettings } from '../../src/core/alert-settings.ts';
import { forecastMonth } from '../../src/core/forecast.ts';
import { usdText } from '../../src/core/measure-text.ts';
import { forecastInput, monthSpend } from '../../src/core/spend-facts.ts';
import type { Action } from './report.ts';
import type { ReportFacts } from './report-facts.ts';
import { qualityProblems } from './sections/quality.ts';
import { successRate } from './sections/usage.ts';

const LOW_SUCCESS = 0.97;
const MAX_LOOKS = 2;

/** What asks for a person, most urgent first; then what to change. */
export function actionsOf(given: ReportFacts, settings: AlertSettings): Action[] {
  return [
    ...alarms(given, settings).map((text) => ({ kind: 'alarm' as const, text })),
    ...given.savings.list.slice(0, 1).map(({ endpoint, change, perMonthNano }) => ({
      kind: 'change' as const,
      text: `${endpoint}: ${change} saves ${usdText(perMonthNano)} a month.`,
    })),
    ...qualityProblems(given)
      .slice(0, MAX_LOOKS)
      .map((text) => ({ kind: 'look' as const, text })),
  ];
}

function alarms(given: ReportFacts, { budgets }: AlertSettings): string[] {
  const { verdicts, incidents, facts, usage } = given;
  const { month, nano } = monthSpend(facts);
  const forecast = forecastMonth(forecastInput(facts));
  const crossed = budgets.monthlyNano.filter((threshold) => nano >= threshold).at(-1);
  const ahead = budgets.monthlyNano
    .filter((threshold) => nano < threshold && (forecast?.nano ?? 0) >= threshold)
    .at(-1);
  const rate = successRate(usage);
  const open = incidents.filter(({ endedAt }) => endedAt === null);
  return [
    ...verdicts
      .filter(({ rule, state }) => rule.startsWith('emergency.') && state === 'met')
      .map(({ headline }) => `${headline}.`),
    ...open.map(({ endpoint }) => `${endpoint} has an incident that is still open.`),
    ...(open.length === 0 && incidents.length > 0
      ? [`${incidents.length} incident(s), all over.`]
      : []),
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
