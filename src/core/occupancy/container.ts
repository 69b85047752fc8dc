import type { Attribution } from '../outcome.ts';
import { type EpochMicros, MICROS_PER_HOUR, type Micros } from '../units.ts';
import type { Reading } from './virtual-clock.ts';

export const NOWHERE = -1;
export const GONE = -2;

/** A run that has not ended. */
export interface Running {
  readonly ref: number;
  readonly start: EpochMicros;
  readonly end: EpochMicros;
  readonly failed: boolean;
  readonly level: Attribution;
  /** Order of starts: earlier runs come first wherever instants are equal. */
  readonly order: number;
  /** The container's clock when it started. */
  readonly whole: Micros;
  readonly fraction: number;
}

/**
 * An open container and the part of its session that is being counted. Plain fields, so that a checkpoint
 * is a copy.
 */
export interface Container {
  /** Order of opening: ties go to the oldest. */
  readonly order: number;
  /** Told apart from every other session of the pool; a new one begins with each part. */
  session: number;
  /** 0, or how many parts of the session were settled before. */
  part: number;
  id: string | null;
  level: Attribution;
  price: number;
  standing: boolean;
  /** Start of the part: its first billed instant. */
  from: EpochMicros;
  /** The event that opened the container. */
  readonly openedAt: EpochMicros;
  /** Time is counted up to here. */
  at: EpochMicros;
  running: number;
  failedRunning: number;
  runs: number;
  lastFinish: EpochMicros;
  /** A known end, instead of the modelled one. */
  endedAt: EpochMicros | null;
  readonly clock: Reading;
  /** What rounding up has given to runs in advance, in fractions of a microsecond. */
  debt: number;
  /** `exec` given out since the container was last idle, and busy time since then. */
  periodGiven: Micros;
  periodBusy: Micros;
  readonly times: PartTimes;
  readonly cell: HourCell;
  /** Place in the heap of containers with a free slot; `NOWHERE` without one, `GONE` once closed. */
  place: number;
}

/** Sums over the part. */
export interface PartTimes {
  busyUs: Micros;
  coldUs: Micros;
  idleUs: Micros;
}

/** A container's time in one UTC hour. `failedUs` is part of `busyUs` and may have a fraction. */
export interface HourCell {
  hour: EpochMicros;
  busyUs: Micros;
  failedUs: number;
  coldUs: Micros;
  idleUs: Micros;
}

/** A container that opens now, with nothing counted yet. */
export function newContainer(
  given: Pick<Container, 'order' | 'session' | 'from' | 'openedAt' | 'price'>,
): Container {
  const { from } = given;
  return {
    order: given.order,
    session: given.session,
    part: 0,
    id: null,
    level: 'inferred',
    price: given.price,
    standing: false,
    from,
    openedAt: given.openedAt,
    at: from,
    running: 0,
    failedRunning: 0,
    runs: 0,
    lastFinish: from,
    endedAt: null,
    clock: { whole: 0, fraction: 0 },
    debt: 0,
    periodGiven: 0,
    periodBusy: 0,
    times: { busyUs: 0, coldUs: 0, idleUs: 0 },
    cell: { hour: from - (from % MICROS_PER_HOUR), busyUs: 0, failedUs: 0, coldUs: 0, idleUs: 0 },
    place: NOWHERE,
  };
}

export function copyOf(container: Container): Container {
  return {
    ...container,
    clock: { ...container.clock },
    times: { ...container.times },
    cell: { ...container.cell },
  };
}
