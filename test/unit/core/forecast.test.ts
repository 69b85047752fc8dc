import { describe, expect, test } from 'vitest';
import {
  crossingAt,
  type DaySpend,
  type Forecast,
  forecastMonth,
  linearForecast,
} from '../../../src/core/forecast.ts';
import { backtestForecast } from '../../../src/core/forecast-backtest.ts';
import { fitSpendLevel } from '../../../src/core/spend-level.ts';
import { daysBetween, monthWindow, weekdayOf } from '../../../src/core/zoned-time.ts';
import { spendOfShape, TRAFFIC_SHAPES } from '../../support/timeline/traffic-shapes.ts';

const us = (iso: string) => Date.parse(iso) * 1_000;
const usd = (amount: number) => Math.round(amount * 1e9);

const daily = (
  from: string,
  to: string,
  amount: (weekday: number, index: number) => number,
): DaySpend[] =>
  daysBetween(us(from), us(to), 'UTC').map((day, index) => {
    const weekday = weekdayOf(day.start, 'UTC');
    return { day, weekday, nano: usd(amount(weekday, index)) };
  });

const forecast = (now: string, days: readonly DaySpend[], monthUsd: number): Forecast => {
  const found = forecastMonth({ now: us(now), zone: 'UTC', days, monthNano: usd(monthUsd) });
  if (found === null) throw new Error('no forecast');
  return found;
};

describe('forecastMonth', () => {
  test('says nothing with less than three days of data', () => {
    const days = daily('2026-11-01', '2026-11-03', () => 10);
    const input = { now: us('2026-11-03T00:00:00Z'), zone: 'UTC', days, monthNano: usd(20) };
    expect(forecastMonth(input)).toBeNull();
  });

  test('goes on with a constant spend', () => {
    const days = daily('2026-10-01', '2026-11-11', () => 10);
    expect(forecast('2026-11-11T00:00:00Z', days, 100).nano).toBeCloseTo(usd(300), -7);
  });

  test('counts only what is left of today', () => {
    const days = daily('2026-10-01', '2026-11-30', () => 10);
    expect(forecast('2026-11-30T18:00:00Z', days, 297).nano).toBeCloseTo(usd(299.5), -7);
  });

  test('knows that weekends are quiet', () => {
    const days = daily('2026-09-28', '2026-11-28', (weekday) => (weekday > 5 ? 1 : 20));
    // Saturday 28th, Sunday 29th and Monday 30th are left.
    const { nano } = forecast('2026-11-28T00:00:00Z', days, 400);
    expect(Math.abs(nano - usd(422))).toBeLessThan(usd(3));
  });

  test('takes over a new level within a week', () => {
    const days = daily('2026-10-01', '2026-11-08', (_, index) => (index < 31 ? 5 : 50));
    const { nano } = forecast('2026-11-08T00:00:00Z', days, 350);
    expect(Math.abs(nano / usd(350 + 23 * 50) - 1)).toBeLessThan(0.05);
  });

  test('is not carried away by one burst', () => {
    const days = daily('2026-10-01', '2026-11-11', (_, index) => (index === 38 ? 100 : 10));
    expect(forecast('2026-11-11T00:00:00Z', days, 190).nano).toBeLessThan(usd(190 + 20 * 14));
  });

  test('never forecasts less than what is spent, and its band holds the forecast', () => {
    const days = daily('2026-10-01', '2026-11-20', (_, index) => Math.max(0, 40 - index));
    const found = forecast('2026-11-20T12:00:00Z', days, 90);
    expect(found.lowNano).toBeGreaterThanOrEqual(usd(90));
    expect(found.lowNano).toBeLessThanOrEqual(found.nano);
    expect(found.nano).toBeLessThanOrEqual(found.highNano);
  });

  test('of nothing is nothing', () => {
    const days = daily('2026-10-01', '2026-11-20', () => 0);
    expect(forecast('2026-11-20T12:00:00Z', days, 0).nano).toBe(0);
  });
});

describe('crossingAt', () => {
  const days = daily('2026-10-01', '2026-11-11', () => 10);
  const now = us('2026-11-11T00:00:00Z');
  const found = forecast('2026-11-11T00:00:00Z', days, 100);

  test('names the moment at which the amount is reached', () => {
    const at = crossingAt(found, { now, monthNano: usd(100) }, usd(125));
    expect(Math.abs((at ?? 0) - us('2026-11-13T12:00:00Z'))).toBeLessThan(1e9);
  });
  test('is now when the amount is reached already', () => {
    expect(crossingAt(found, { now, monthNano: usd(100) }, usd(90))).toBe(now);
  });
  test('is null when the month ends before', () => {
    expect(crossingAt(found, { now, monthNano: usd(100) }, usd(1_000))).toBeNull();
  });
  test('needs no spend ahead when the amount is reached already', () => {
    const still: Forecast = { ...found, ahead: found.ahead.map((day) => ({ ...day, nano: 0 })) };
    expect(crossingAt(still, { now, monthNano: usd(100) }, usd(100))).toBe(now);
  });
});

describe('fitSpendLevel', () => {
  const ramp = Array.from({ length: 28 }, (_, index) => 10 + index + (index % 3));
  test.each([
    ['constant', Array.from({ length: 28 }, (_, index) => 10 + (index % 3))],
    ['line', ramp],
    ['step', Array.from({ length: 28 }, (_, index) => (index < 20 ? 10 : 40) + (index % 3))],
    ['constant', [5]],
  ])('finds a %s', (model, values) => expect(fitSpendLevel(values).model).toBe(model));
});

describe('linearForecast', () => {
  test('is spend ÷ elapsed × length', () => {
    const now = us('2026-11-11T00:00:00Z');
    expect(linearForecast({ now, zone: 'UTC', monthNano: usd(100) })).toBe(usd(300));
  });
  test('is nothing at the first instant of a month', () => {
    const now = monthWindow(us('2026-11-11T00:00:00Z'), 'UTC').start;
    expect(linearForecast({ now, zone: 'UTC', monthNano: 0 })).toBe(0);
  });
});

describe('the back-test', () => {
  const seeds = [1, 2, 3];
  const zone = 'Europe/Berlin';
  const span = { from: us('2024-07-01T00:00:00Z'), to: us('2026-01-01T00:00:00Z'), zone };

  test.each(Object.entries(TRAFFIC_SHAPES))('beats spend ÷ elapsed × length: %s', (_, shape) => {
    const rows = seeds
      .flatMap((seed) => backtestForecast(spendOfShape(shape, { ...span, seed }), zone))
      .filter((row) => row.dayOfMonth > 0);
    const mean = (values: number[]) =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const ours = mean(rows.map((row) => row.medianError));
    const linear = mean(rows.map((row) => row.medianLinearError ?? 0));
    expect(ours).toBeLessThan(linear);
    expect(mean(rows.map((row) => row.inBand))).toBeGreaterThan(0.65);
  });

  test('leaves out months that are not whole or without spend', () => {
    expect(
      backtestForecast(
        daily('2026-10-02', '2026-11-30', () => 1),
        'UTC',
      ),
    ).toEqual([]);
    expect(
      backtestForecast(
        daily('2026-10-01', '2026-12-01', () => 0),
        'UTC',
      ),
    ).toEqual([]);
  });
});
