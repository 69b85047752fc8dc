import type { AlertSettings } from '../../../src/core/alert-settings.ts';
import { crossingAt, forecastMonth } from '../../../src/core/forecast.ts';
import { usdText } from '../../../src/core/measure-text.ts';
import { forecastInput, monthSpend } from '../../../src/core/spend-facts.ts';
import { wallClockText } from '../../../src/core/zoned-time.ts';
import { changeCell, figureCell, textCell } from '../cell.ts';
import { beforeName, periodName } from '../period-name.ts';
import type { Cell, Section } from '../report.ts';
import type { ReportFacts } from '../report-facts.ts';

/** The month against its thresholds, and the period against the one before. */
export function spendSection(given: ReportFacts, settings: AlertSettings): Section {
  const { facts } = given;
  const month = monthSpend(facts);
  const input = forecastInput(facts);
  const forecast = forecastMonth(input);
  const expected =
    forecast === null
      ? 'A forecast needs three whole days of data.'
      : `Forecast for the month: ${usdText(forecast.nano)} (80 % between ${usdText(forecast.lowNano)} and ${usdText(forecast.highNano)}).`;
  const rows = settings.budgets.monthlyNano.map((threshold): Cell[] => {
    const at = forecast === null ? null : crossingAt(forecast, input, threshold);
    return [
      textCell(usdText(threshold)),
      textCell(stateOf(month.nano, threshold, forecast?.nano ?? null)),
      textCell(
        month.nano < threshold && at !== null ? wallClockText(at, facts.zone).slice(0, 10) : '–',
      ),
      figureCell(month.nano / threshold, 'ratio'),
    ];
  });
  return {
    id: 'spend',
    title: `Spend in ${month.month.label}`,
    sentences: [`${usdText(month.nano)} spent in ${month.month.label} so far. ${expected}`],
    chart: 'spend',
    tables: [
      {
        id: 'thresholds',
        caption: `Spend of ${month.month.label} against its thresholds`,
        columns: ['Threshold', 'State', 'Expected on', 'Used'],
        rows,
      },
      periodTable(given, month),
    ],
  };
}

function periodTable(
  given: ReportFacts,
  month: ReturnType<typeof monthSpend>,
): Section['tables'][number] {
  const { facts, spend, spendBefore } = given;
  const forecast = forecastMonth(forecastInput(facts));
  const usd = (nano: number | null) => figureCell(nano, 'nano_usd');
  return {
    id: 'spend-period',
    caption: 'Dollars of the period and of the month',
    columns: ['', periodName(given), beforeName(given), 'Change'],
    rows: [
      [
        textCell('Spent'),
        usd(spend.totalNano),
        usd(spendBefore.totalNano),
        changeCell(spend.totalNano, spendBefore.totalNano),
      ],
      [
        textCell('of it not settled'),
        usd(spend.provisionalNano),
        usd(spendBefore.provisionalNano),
        textCell(''),
      ],
      [textCell(`Month ${month.month.label}`), usd(month.nano), textCell(''), textCell('')],
      [textCell('Forecast'), usd(forecast?.nano ?? null), textCell(''), textCell('')],
      [textCell('Forecast, low'), usd(forecast?.lowNano ?? null), textCell(''), textCell('')],
      [textCell('Forecast, high'), usd(forecast?.highNano ?? null), textCell(''), textCell('')],
    ],
  };
}

function stateOf(spent: number, threshold: number, forecast: number | null): string {
  if (spent >= threshold) return 'CROSSED';
  if (forecast === null) return 'not crossed';
  return forecast >= threshold ? 'expected' : 'not expected';
}
