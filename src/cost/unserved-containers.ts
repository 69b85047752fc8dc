import { type HourCell, newContainer } from '../core/occupancy/container.ts';
import { LONGEST_IDLE_US } from '../core/occupancy/run.ts';
import type { Attribution } from '../core/outcome.ts';
import type { PriceBook } from '../core/price-book/price-book.ts';
import type { ContainerRate } from '../core/price-book/price-id.ts';
import { type EpochMicros, MICROS_PER_DAY, MICROS_PER_HOUR, type Micros } from '../core/units.ts';
import type { LedgerTransaction } from '../ledger/prepared-query.ts';
import type { SettingsPeriod } from '../ledger/queries/endpoint-settings.ts';
import type { PriceNames } from '../ledger/queries/price-names.ts';
import { NO_POOL } from '../ledger/queries/settlement.ts';
import {
  endpointsOfFunctions,
  UNSERVED_PAGE,
  unservedContainers,
} from '../ledger/queries/telemetry.ts';
import type { ContainerSessionsTable, SessionHoursTable } from '../ledger/tables/cost.ts';
import { newSession, priceCell, sessionRow } from './pool-session.ts';
import type { SettlementOutput } from './settlement-output.ts';

/** A container whose endpoint cannot be told by then is let go. */
const LOOK_BACK_US = 35 * MICROS_PER_DAY;

/** A container that was seen once and never again is taken to have run about so long. */
const SEEN_ONCE_US: Micros = 60_000_000;

export interface UnservedSession {
  readonly container: number;
  readonly session: number;
}

/**
 * Gives each container that was seen running, is gone, and that no recorded request names, a session of its own
 * in `output`. @returns which one.
 */
export async function findUnserved(
  db: LedgerTransaction,
  parts: {
    readonly priceBook: PriceBook;
    readonly periods: ReadonlyMap<number, readonly SettingsPeriod[]>;
    readonly prices: PriceNames;
    readonly output: SettlementOutput;
  },
  until: EpochMicros,
): Promise<UnservedSession[]> {
  const { priceBook, periods, prices, output } = parts;
  const functions = await endpointsOfFunctions(db);
  const noted: UnservedSession[] = [];
  const window = { from: until - LOOK_BACK_US, to: until - LONGEST_IDLE_US };
  for await (const container of everyUnserved(db, window)) {
    const place = endpointOfContainer(container, functions, periods);
    const ran = seenRunning(container);
    if (place === null || ran === null) continue;
    const rate = priceBook.containerRate(place.period.settings, ran.from);
    await prices.prepare(db, [], rate === null ? [] : [rate]);
    const id = output.newSessionId();
    const priceId = rate === null ? null : prices.idOf(rate);
    const { endpoint } = place;
    const { session, cells } = unservedSession(container, ran, { id, endpoint, rate, priceId });
    output.session(session);
    for (const cell of cells) output.cell(cell);
    noted.push({ container: container.container_id, session: id });
  }
  return noted;
}

type UnservedContainer = Awaited<ReturnType<typeof unservedContainers>>[number];

async function* everyUnserved(
  db: LedgerTransaction,
  window: { readonly from: EpochMicros; readonly to: EpochMicros },
): AsyncGenerator<UnservedContainer> {
  for (let after = 0; ; ) {
    const page = await unservedContainers(db, window, after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < UNSERVED_PAGE) return;
    after = last.container_id;
  }
}

/** When a container that telemetry saw ran. */
interface SeenRunning {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  readonly level: Attribution;
}

/**
 * Its life, where Modal told it. Else from half a push before the first sight to half a push after the last:
 * neither end was seen, and over many containers the halves even out.
 */
function seenRunning(container: UnservedContainer): SeenRunning | null {
  const { first_at, last_at, samples, enqueued_at, ready_at, ended_at } = container;
  if (first_at === null || last_at === null) return null;
  const gap = samples > 1 ? (last_at - first_at) / (samples - 1) : SEEN_ONCE_US;
  const from = Math.round(first_at - gap / 2);
  if (ended_at === null) return { from, to: Math.round(last_at + gap / 2), level: 'observed' };
  const began = ready_at === null ? from : ready_at - container.cold_start_us;
  const start = Math.min(ended_at, Math.max(began, enqueued_at ?? began));
  return { from: start, to: ended_at, level: 'authoritative' };
}

/**
 * Which endpoint a container without requests belongs to: the one of its function, where other containers of
 * that function have served; else the only one of its app. `null`: it cannot be told, and is not guessed. An
 * endpoint with standing containers has such a container in its model already.
 */
function endpointOfContainer(
  container: Pick<UnservedContainer, 'function_id' | 'app_id' | 'app_name'>,
  functions: ReadonlyMap<string, number>,
  periods: ReadonlyMap<number, readonly SettingsPeriod[]>,
): { readonly endpoint: number; readonly period: SettingsPeriod } | null {
  const known = functions.get(container.function_id);
  const ofApp = [...periods].filter(([, list]) => {
    const settings = list.at(-1)?.settings;
    const app = settings?.modalApp ?? null;
    const named = app !== null && (app === container.app_name || app === container.app_id);
    return named && settings?.gpu !== 'none';
  });
  const endpoint = known ?? (ofApp.length === 1 ? ofApp[0]?.[0] : undefined);
  if (endpoint === undefined) return null;
  const period = periods.get(endpoint)?.at(-1);
  if (period === undefined || period.settings.minContainers > 0) return null;
  return { endpoint, period };
}

/** The session and the hours of a container that served nothing on record: boot, then idle. */
function unservedSession(
  container: UnservedContainer,
  ran: SeenRunning,
  given: {
    readonly id: number;
    readonly endpoint: number;
    readonly rate: ContainerRate | null;
    readonly priceId: number | null;
  },
): { readonly session: ContainerSessionsTable; readonly cells: readonly SessionHoursTable[] } {
  const { rate } = given;
  const pool = { endpoint: given.endpoint, pool: NO_POOL };
  const state = newSession(given.id);
  const model = newContainer({
    ...{ order: 0, session: given.id, from: ran.from, openedAt: ran.from },
    price: given.priceId ?? 0,
  });
  model.id = String(container.container_id);
  model.level = ran.level;
  const readyAt = Math.min(ran.to, ran.from + container.cold_start_us);
  const cells: SessionHoursTable[] = [];
  for (const cell of hourCells(ran, readyAt)) {
    model.times.coldUs += cell.coldUs;
    model.times.idleUs += cell.idleUs;
    cells.push(priceCell(pool, state, model, { cell, rate }));
  }
  const session = sessionRow(pool, state, model, { closedAt: ran.to, priced: rate !== null });
  return { session, cells };
}

function* hourCells({ from, to }: SeenRunning, readyAt: EpochMicros): Generator<HourCell> {
  for (let hour = from - (from % MICROS_PER_HOUR); hour < to; hour += MICROS_PER_HOUR) {
    const start = Math.max(from, hour);
    const end = Math.min(to, hour + MICROS_PER_HOUR);
    const coldUs = Math.max(0, Math.min(end, readyAt) - start);
    yield { hour, busyUs: 0, failedUs: 0, coldUs, idleUs: end - start - coldUs };
  }
}
