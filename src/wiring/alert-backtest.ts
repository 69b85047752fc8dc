import { type BacktestRow, backtestForecast } from '../core/forecast-backtest.ts';
import { spendDays } from '../core/spend-facts.ts';
import type { EpochMicros } from '../core/units.ts';
import { dayWindow } from '../core/zoned-time.ts';
import { firstRequestAt, hourFacts } from '../ledger/queries/facts-hours.ts';
import { alertReplay, type ReplayedNotice, type ReplayParts } from './alert-replay.ts';

export interface Backtest {
  readonly notices: readonly ReplayedNotice[];
  /** By day of the month; empty when no whole month is on record. */
  readonly forecast: readonly BacktestRow[];
}

/** What would have been told in `[from, to)`, and how far off the forecasts were. */
export async function alertBacktest(
  parts: ReplayParts,
  span: { readonly from: EpochMicros; readonly to: EpochMicros },
): Promise<Backtest> {
  return { notices: await alertReplay(parts, span), forecast: await forecastErrors(parts, span) };
}

async function forecastErrors(
  { ledger, config }: ReplayParts,
  { from, to }: { readonly from: EpochMicros; readonly to: EpochMicros },
): Promise<BacktestRow[]> {
  const zone = config.timezone;
  const start = Math.max(from, (await firstRequestAt(ledger.db)) ?? from);
  const hours = await hourFacts(ledger.db, start, to);
  const days = spendDays({
    now: dayWindow(to, zone).start,
    ...{ zone, hours, hoursFrom: start, firstRequestAt: start },
  });
  return backtestForecast(days, zone);
}
