import type { AlertSettings } from '../../src/core/alert-settings.ts';
import { forecastMonth } from '../../src/core/forecast.ts';
import { grouped, usdText } from '../../src/core/measure-text.ts';
import { forecastInput, monthSpend } from '../../src/core/spend-facts.ts';
import { changeCell, figureCell } from './cell.ts';
import { periodNoun } from './period-name.ts';
import type { KeyFigure } from './report.ts';
import type { ReportFacts } from './report-facts.ts';
import { perSuccess, successRate } from './sections/usage.ts';

/** The four figures that are read first: the period, the month, how much was used, what one success cost. */
export function keyFiguresOf(given: ReportFacts, settings: AlertSettings): KeyFigure[] {
  const { spend, spendBefore, usage, usageBefore } = given;
  const noun = periodNoun(given);
  const against = (now: number | null, before: number | null) => {
    const { text } = changeCell(now, before);
    return text === 'new' || text === '–' ? `no ${noun} before` : `${text} on the ${noun} before`;
  };
  const rate = figureCell(successRate(usage), 'ratio').text;
  const cost = perSuccess(spend.totalNano, usage);
  return [
    {
      label: `Spent this ${noun}`,
      figure: figureCell(spend.totalNano, 'nano_usd'),
      note: against(spend.totalNano, spendBefore.totalNano),
    },
    monthFigure(given, settings),
    {
      label: 'Requests',
      figure: figureCell(usage.requests, 'count'),
      note: usage.requests === 0 ? 'none' : `${rate} succeeded`,
    },
    {
      label: 'Cost per success',
      figure: figureCell(cost, 'nano_usd'),
      note: against(cost, perSuccess(spendBefore.totalNano, usageBefore)),
    },
  ];
}

function monthFigure({ facts }: ReportFacts, { budgets }: AlertSettings): KeyFigure {
  const { month, nano } = monthSpend(facts);
  const forecast = forecastMonth(forecastInput(facts));
  const next = budgets.monthlyNano.find((threshold) => threshold > nano);
  const limit =
    next === undefined
      ? `over ${usdText(budgets.monthlyNano.at(-1) ?? 0)}`
      : `next alert at $${grouped(next / 1e9)}`;
  return {
    label: `Month ${month.label}`,
    figure: figureCell(nano, 'nano_usd'),
    note: forecast === null ? limit : `${usdText(forecast.nano)} expected, ${limit}`,
  };
}
