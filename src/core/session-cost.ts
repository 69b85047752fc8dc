import { apportion } from './apportion.ts';
import type { HourCell } from './occupancy/container.ts';
import { costOf, type Micros, type NanoUsd, type PicoUsdPerSecond } from './units.ts';

/** Dollars of a session in one UTC hour, by what the container did. `busyNano` is without `failedNano`. */
export interface CellCost {
  readonly busyNano: NanoUsd;
  readonly failedNano: NanoUsd;
  readonly coldNano: NanoUsd;
  readonly idleNano: NanoUsd;
}

/**
 * Prices one hour of a session that had lasted `before` when the hour's time began. The figure is the
 * difference of two running totals, so that hours sum to the session exactly and an hour that is over
 * keeps its figure while the session goes on.
 */
export function cellCost(
  rate: PicoUsdPerSecond,
  before: Micros,
  cell: Pick<HourCell, 'busyUs' | 'failedUs' | 'coldUs' | 'idleUs'>,
): CellCost {
  const lasted = cell.busyUs + cell.coldUs + cell.idleUs;
  const total = costOf(rate, before + lasted) - costOf(rate, before);
  const failedUs = Math.min(cell.busyUs, Math.round(cell.failedUs));
  const [busyNano = 0, failedNano = 0, coldNano = 0, idleNano = 0] =
    lasted === 0
      ? []
      : apportion(total, [cell.busyUs - failedUs, failedUs, cell.coldUs, cell.idleUs]);
  return { busyNano, failedNano, coldNano, idleNano };
}

/** Money of one request of a session. */
export interface RequestShare {
  readonly execNano: NanoUsd;
  readonly overheadNano: NanoUsd;
}

/**
 * Splits a session's money over its requests by their `exec`: busy time as `exec`, cold start and idle
 * time as `overhead`. Both sum to the session exactly.
 */
export function splitSession(
  busyNano: NanoUsd,
  overheadNano: NanoUsd,
  execUs: readonly Micros[],
): RequestShare[] {
  const exec = apportion(busyNano, execUs);
  const overhead = apportion(overheadNano, execUs);
  return exec.map((execNano, index) => ({ execNano, overheadNano: overhead[index] ?? 0 }));
}
