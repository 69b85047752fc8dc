import { type EpochMicros, MICROS_PER_HOUR, type Micros } from '../units.ts';
import type { Container, HourCell } from './container.ts';
import { advanceClock, FRACTIONS } from './virtual-clock.ts';

export type IdleLine = 'idleUs' | 'coldUs';

/** Told of each UTC hour of a session when it is complete. */
export type CellListener = (container: Container, cell: HourCell) => void;

/**
 * Counts a container's time up to `to`, as busy while requests run, else as `line`. Hours are split at
 * their edges.
 */
export function countUntil(
  container: Container,
  to: EpochMicros,
  onCell: CellListener,
  line: IdleLine = 'idleUs',
): void {
  const elapsed = to - container.at;
  if (elapsed <= 0) return;
  if (container.running > 0) {
    advanceClock(container.clock, elapsed, container.running);
    container.periodBusy += elapsed;
    container.times.busyUs += elapsed;
  } else {
    container.times[line] += elapsed;
  }
  const { cell } = container;
  while (to > cell.hour + MICROS_PER_HOUR) {
    const edge = cell.hour + MICROS_PER_HOUR;
    addToCell(container, edge - container.at, line);
    container.at = edge;
    flushCell(container, onCell);
    resetCell(cell, edge);
  }
  addToCell(container, to - container.at, line);
  container.at = to;
}

function addToCell(container: Container, elapsed: Micros, line: IdleLine): void {
  const { cell, running, failedRunning } = container;
  if (running === 0) {
    cell[line] += elapsed;
    return;
  }
  cell.busyUs += elapsed;
  if (failedRunning > 0) cell.failedUs += (elapsed * failedRunning) / running;
}

/** Reports the hour so far, if there is time in it. */
export function flushCell(container: Container, onCell: CellListener): void {
  const { cell } = container;
  if (cell.busyUs + cell.coldUs + cell.idleUs > 0) onCell(container, { ...cell });
}

export function resetCell(cell: HourCell, hour: EpochMicros): void {
  cell.hour = hour;
  cell.busyUs = 0;
  cell.failedUs = 0;
  cell.coldUs = 0;
  cell.idleUs = 0;
}

/**
 * What a run that ends now has had, in whole microseconds. Each is rounded up while less than one
 * microsecond was given in advance; the last of a busy period gets what is left of it, so that the parts
 * sum to the busy time exactly.
 */
export function shareOf(
  container: Container,
  started: { readonly whole: Micros; readonly fraction: number },
  last: boolean,
): Micros {
  if (last) {
    const exec = container.periodBusy - container.periodGiven;
    container.clock.whole = 0;
    container.clock.fraction = 0;
    container.debt = 0;
    container.periodBusy = 0;
    container.periodGiven = 0;
    return exec;
  }
  let whole = container.clock.whole - started.whole;
  let fraction = container.clock.fraction - started.fraction;
  if (fraction < 0) {
    whole -= 1;
    fraction += FRACTIONS;
  }
  if (fraction <= container.debt) {
    container.debt -= fraction;
  } else {
    whole += 1;
    container.debt += FRACTIONS - fraction;
  }
  container.periodGiven += whole;
  return whole;
}
