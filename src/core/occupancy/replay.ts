import { cellCost } from '../session-cost.ts';
import type { EpochMicros, Micros, NanoUsd, PicoUsdPerSecond } from '../units.ts';
import type { Container, HourCell } from './container.ts';
import { OccupancyFold } from './occupancy-fold.ts';
import type { OccupancySettings, Run } from './run.ts';

/** What containers would have cost under given settings. */
export interface Replay {
  readonly totalNano: NanoUsd;
  readonly busyNano: NanoUsd;
  readonly idleNano: NanoUsd;
  readonly coldNano: NanoUsd;
  readonly containerUs: Micros;
  readonly idleUs: Micros;
  /** Containers that were opened: each is a cold start. */
  readonly starts: number;
  /** Without the cold starts of `coldStartUs`, which have no hour. */
  readonly byHour: ReadonlyMap<EpochMicros, NanoUsd>;
}

export interface ReplaySettings extends OccupancySettings {
  readonly rate: PicoUsdPerSecond;
  /** Containers are counted up to here. */
  readonly until: EpochMicros;
  /** Billed time from a container's start until it takes requests; 0 leaves it inside the runs. */
  readonly coldStartUs: Micros;
}

/** Replays one pool's runs, in the order of their starts, and prices every container hour. */
export function replay(runs: Iterable<Run>, settings: ReplaySettings): Replay {
  const sums = { total: 0, busy: 0, idle: 0, cold: 0, containerUs: 0, idleUs: 0, starts: 0 };
  const byHour = new Map<EpochMicros, NanoUsd>();
  const lasted = new Map<number, Micros>();
  const count = (container: Container, cell: HourCell) => {
    const before = lasted.get(container.session) ?? 0;
    const cost = cellCost(settings.rate, before, cell);
    const time = cell.busyUs + cell.coldUs + cell.idleUs;
    const nano = cost.busyNano + cost.failedNano + cost.coldNano + cost.idleNano;
    lasted.set(container.session, before + time);
    byHour.set(cell.hour, (byHour.get(cell.hour) ?? 0) + nano);
    sums.total += nano;
    sums.busy += cost.busyNano + cost.failedNano;
    sums.idle += cost.idleNano;
    sums.cold += cost.coldNano;
    sums.containerUs += time;
    sums.idleUs += cell.idleUs;
  };
  const fold = new OccupancyFold(settings, {
    ran: () => {},
    cell: count,
    closed: (container, _, final) => {
      lasted.delete(container.session);
      if (final && !container.standing) sums.starts += 1;
    },
  });
  for (const run of runs) fold.push(run);
  fold.advance(settings.until);
  for (const { container, cells } of fold.snapshot(settings.until)) {
    for (const cell of cells) count(container, cell);
    if (!container.standing) sums.starts += 1;
  }
  return withColdStarts(sums, byHour, settings);
}

function withColdStarts(
  sums: {
    total: number;
    busy: number;
    idle: number;
    cold: number;
    containerUs: number;
    idleUs: number;
    starts: number;
  },
  byHour: ReadonlyMap<EpochMicros, NanoUsd>,
  { rate, coldStartUs }: ReplaySettings,
): Replay {
  const boot = cellCost(rate, 0, {
    busyUs: 0,
    failedUs: 0,
    coldUs: coldStartUs * sums.starts,
    idleUs: 0,
  }).coldNano;
  return {
    totalNano: sums.total + boot,
    busyNano: sums.busy,
    idleNano: sums.idle,
    coldNano: sums.cold + boot,
    containerUs: sums.containerUs + coldStartUs * sums.starts,
    idleUs: sums.idleUs,
    starts: sums.starts,
    byHour,
  };
}
