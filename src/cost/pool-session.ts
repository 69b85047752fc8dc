import type { Container, HourCell } from '../core/occupancy/container.ts';
import type { Attribution } from '../core/outcome.ts';
import type { ContainerRate } from '../core/price-book/price-id.ts';
import { cellCost, splitSession } from '../core/session-cost.ts';
import { costOf, type EpochMicros, type Micros } from '../core/units.ts';
import type { RequestCost } from '../ledger/queries/request-costs.ts';
import type { SettlementRow } from '../ledger/queries/settlement-rows.ts';
import type { ContainerSessionsTable, SessionHoursTable } from '../ledger/tables/cost.ts';

/** A run that has ended in a session that has not. */
export interface EndedRun {
  readonly row: SettlementRow;
  readonly start: EpochMicros;
  readonly end: EpochMicros;
  readonly execUs: Micros;
  readonly level: Attribution;
}

/** What is kept of an open session between two settlements. Plain data. */
export interface SessionState {
  readonly id: number;
  /** Time counted in hours that are complete, and its dollars. */
  before: Micros;
  busyNano: number;
  coldNano: number;
  idleNano: number;
  requests: number;
  firstRequestAt: EpochMicros | null;
  /** Earliest `started_at` among its requests: where to look for them in the ledger. */
  rowsFrom: EpochMicros | null;
  lastFinishAt: EpochMicros | null;
  /** Some of its requests are no longer in memory. */
  stored: boolean;
}

export function newSession(id: number): SessionState {
  return {
    id,
    before: 0,
    busyNano: 0,
    coldNano: 0,
    idleNano: 0,
    requests: 0,
    firstRequestAt: null,
    rowsFrom: null,
    lastFinishAt: null,
    stored: false,
  };
}

export interface PoolIdentity {
  readonly endpoint: number;
  readonly pool: number;
}

/** Prices an hour of a session and adds it to the session's sums. `rate` `null`: times without dollars. */
export function priceCell(
  pool: PoolIdentity,
  session: SessionState,
  container: Container,
  given: { readonly cell: HourCell; readonly rate: ContainerRate | null },
): SessionHoursTable {
  const { cell, rate } = given;
  const cost = cellCost(rate?.rate ?? 0, session.before, cell);
  const lasted = cell.busyUs + cell.coldUs + cell.idleUs;
  session.before += lasted;
  session.busyNano += cost.busyNano + cost.failedNano;
  session.coldNano += cost.coldNano;
  session.idleNano += cost.idleNano;
  return {
    session_id: session.id,
    hour: cell.hour,
    endpoint_id: pool.endpoint,
    pool_id: pool.pool,
    standing: container.standing ? 1 : 0,
    observed: container.level === 'inferred' ? 0 : 1,
    gpu_us: lasted * (rate?.gpuCount ?? 0),
    busy_us: cell.busyUs,
    cold_us: cell.coldUs,
    idle_us: cell.idleUs,
    busy_nano: cost.busyNano,
    failed_nano: cost.failedNano,
    cold_nano: cost.coldNano,
    idle_nano: cost.idleNano,
  };
}

export function sessionRow(
  pool: PoolIdentity,
  session: SessionState,
  container: Container,
  given: { readonly closedAt: EpochMicros | null; readonly priced: boolean },
): ContainerSessionsTable {
  const money = (nano: number) => (given.priced ? nano : null);
  return {
    id: session.id,
    endpoint_id: pool.endpoint,
    pool_id: pool.pool,
    part: container.part,
    container_id: container.id === null ? null : Number(container.id),
    level: container.level,
    standing: container.standing ? 1 : 0,
    price_id: container.price > 0 ? container.price : null,
    started_at: container.from,
    opened_at: container.part === 0 ? container.openedAt : container.from,
    first_request_at: session.firstRequestAt,
    last_finish_at: session.lastFinishAt,
    closed_at: given.closedAt,
    requests: session.requests,
    busy_us: container.times.busyUs,
    cold_us: container.times.coldUs,
    idle_us: container.times.idleUs,
    busy_nano: money(session.busyNano),
    cold_nano: money(session.coldNano),
    idle_nano: money(session.idleNano),
    billed_nano: null,
  };
}

/** What the requests of a session are priced with. */
export interface SessionPrice {
  readonly rate: ContainerRate | null;
  readonly priceId: number | null;
  /** GPUs of the container, known even without a price. */
  readonly gpuCount: number;
  readonly windowUs: Micros;
  readonly standing: boolean;
}

/** The final costs of a session's requests. The idle time of a standing container is not theirs. */
export function settledCosts(
  session: SessionState,
  runs: readonly EndedRun[],
  price: SessionPrice,
): RequestCost[] {
  if (price.rate === null) return runs.map((run) => unpricedCost(session, run, price));
  const { rate } = price.rate;
  const overhead = price.standing ? 0 : session.coldNano + session.idleNano;
  const shares = splitSession(
    session.busyNano,
    overhead,
    runs.map(({ execUs }) => execUs),
  );
  return runs.map((run, index) => {
    const { execNano, overheadNano } = shares[index] ?? { execNano: 0, overheadNano: 0 };
    const total = execNano + overheadNano;
    const most = costOf(rate, run.end - run.start + (price.standing ? 0 : price.windowUs));
    const inferred = run.level === 'inferred';
    return {
      seq: run.row.seq,
      price_id: price.priceId,
      gpu_us: run.execUs * price.gpuCount,
      exec_nano: execNano,
      overhead_nano: overheadNano,
      low_nano: inferred ? execNano : total,
      high_nano: inferred ? Math.max(total, most) : total,
      exec_us: run.execUs,
      session_id: session.id,
      modelled_nano: null,
      attribution: run.level,
    };
  });
}

/** The costs of requests whose session is still open: `exec` is known, `overhead` is not. */
export function provisionalCosts(
  session: SessionState,
  runs: readonly EndedRun[],
  price: SessionPrice,
): RequestCost[] {
  if (price.rate === null) return runs.map((run) => unpricedCost(session, run, price));
  const { rate } = price.rate;
  return runs.map((run) => {
    const execNano = costOf(rate, run.execUs);
    const most = costOf(rate, run.end - run.start + (price.standing ? 0 : price.windowUs));
    return {
      ...commonCost(session, run, price),
      price_id: price.priceId,
      exec_nano: execNano,
      overhead_nano: null,
      low_nano: execNano,
      high_nano: most,
    };
  });
}

function unpricedCost(session: SessionState, run: EndedRun, price: SessionPrice): RequestCost {
  return {
    ...commonCost(session, run, price),
    price_id: null,
    exec_nano: null,
    overhead_nano: null,
    low_nano: null,
    high_nano: null,
  };
}

function commonCost(session: SessionState, run: EndedRun, price: SessionPrice) {
  return {
    seq: run.row.seq,
    gpu_us: run.execUs * price.gpuCount,
    exec_us: run.execUs,
    session_id: session.id,
    modelled_nano: null,
    attribution: run.level,
  };
}
