import type { AlertSettings } from '../../src/core/alert-settings.ts';
import type { Facts } from '../../src/core/facts.ts';
import {
  crossingAt,
  type Forecast,
  type ForecastInput,
  forecastMonth,
  MIN_FORECAST_DAYS,
} from '../../src/core/forecast.ts';
import { backtestForecast } from '../../src/core/forecast-backtest.ts';
import { instantText, measureText, usdText } from '../../src/core/measure-text.ts';
import { oncePolicy, type Rule } from '../../src/core/rule.ts';
import { forecastInput, settlementBehind } from '../../src/core/spend-facts.ts';
import { APPROACH_RATIO } from '../../src/core/sustained.ts';
import { type Evidence, figure, textEvidence, type Verdict } from '../../src/core/verdict.ts';
import { monthWindow } from '../../src/core/zoned-time.ts';
import { thresholdSubject } from './threshold-subject.ts';

/** The month is expected to end at or over a threshold. Not told once the threshold was crossed. */
export const forecast: Rule = {
  id: 'budget.forecast',
  title: 'Forecast of the month',
  policy: { ...oncePolicy('forecast', 'warning'), confirmations: 2, highestOnly: true },
  describe: ({ budgets }) =>
    `the forecast of the month reaches ${budgets.monthlyNano.map(usdText).join(', ')} in two evaluations running`,
  evaluate: (facts, settings) => {
    const input = forecastInput(facts);
    const behind = settlementBehind(facts);
    const found = forecastMonth(input);
    return settings.budgets.monthlyNano.map((threshold) =>
      found === null || behind !== null
        ? noForecast(facts, threshold, behind ?? missingDays(input))
        : forecastVerdict(facts, { input, found, settings }, threshold),
    );
  },
};

function forecastVerdict(
  facts: Facts,
  {
    input,
    found,
  }: {
    readonly input: ForecastInput;
    readonly found: Forecast;
    readonly settings: AlertSettings;
  },
  threshold: number,
): Verdict {
  const base = skeleton(facts, threshold);
  if (input.monthNano >= threshold) {
    return { ...base, state: 'not_met', reason: `${usdText(threshold)} is crossed already.` };
  }
  const crossing = crossingAt(found, input, threshold);
  const when = crossing === null ? '' : `, expected on ${instantText(crossing, facts.zone)}`;
  const band = `${usdText(found.lowNano)} to ${usdText(found.highNano)}`;
  const met = found.nano >= threshold;
  const near = found.nano >= APPROACH_RATIO * threshold ? 'approaching' : 'not_met';
  return {
    ...base,
    state: met ? 'met' : near,
    value: found.nano,
    headline: `${base.window.label} is forecast to reach ${usdText(found.nano)}, over ${usdText(threshold)}`,
    reason:
      `The forecast of ${base.window.label} (${facts.zone}) is ${usdText(found.nano)} (80 % band ${band}); ` +
      `the threshold is ${usdText(threshold)}${met ? when : ''}. Spent so far: ${usdText(input.monthNano)}.`,
    evidence: [
      figure('Spent so far', input.monthNano, 'nano_usd'),
      figure('Forecast', found.nano, 'nano_usd'),
      figure('Band, low', found.lowNano, 'nano_usd'),
      figure('Band, high', found.highNano, 'nano_usd'),
      ...(met ? trackRecord(input) : []),
    ],
  };
}

/** How far off this forecast was at this day of earlier months. */
function trackRecord(input: ForecastInput): Evidence[] {
  const month = monthWindow(input.now, input.zone);
  const passed = input.days.filter(({ day }) => day.start >= month.start).length;
  const row = backtestForecast(input.days, input.zone).find((one) => one.dayOfMonth === passed);
  if (row === undefined) {
    return [textEvidence('Error of earlier forecasts', 'no whole month on record yet')];
  }
  const error = measureText(row.medianError, 'ratio');
  return [
    textEvidence(
      'Error of earlier forecasts',
      `median ${error} at this day of the month, over ${row.months} month(s)`,
    ),
  ];
}

function noForecast(facts: Facts, threshold: number, reason: string): Verdict {
  return { ...skeleton(facts, threshold), state: 'insufficient_data', reason };
}

function missingDays({ days }: ForecastInput): string {
  return `A forecast needs ${MIN_FORECAST_DAYS} whole days of data; ${MIN_FORECAST_DAYS - days.length} are missing.`;
}

function skeleton(facts: Facts, threshold: number): Verdict {
  const month = monthWindow(facts.now, facts.zone);
  return {
    rule: forecast.id,
    period: month.label,
    subject: thresholdSubject(threshold),
    title: `${forecast.title} against ${usdText(threshold)}`,
    headline: `no forecast over ${usdText(threshold)}`,
    state: 'not_met',
    value: null,
    threshold,
    unit: 'nano_usd',
    window: month,
    zone: facts.zone,
    since: null,
    until: null,
    reason: '',
    evidence: [],
    nextStep:
      'Decide now: lower the spend, or accept it. The largest savings are on the spend page.',
  };
}
