import { apportion } from '../core/apportion.ts';
import { type EpochMicros, MICROS_PER_DAY } from '../core/units.ts';
import type { LedgerTransaction } from '../ledger/prepared-query.ts';
import { type BilledCell, billedCells, closedSessions } from '../ledger/queries/reconciliations.ts';
import { type RequestCost, totalNanoOf } from '../ledger/queries/request-costs.ts';
import { rowsOfSession, type SettlementRow } from '../ledger/queries/settlement-rows.ts';

/** Requests of one session with the cost that the bill gives them. */
export interface ScaledSession {
  readonly session: number;
  readonly billedNano: number;
  readonly rows: readonly { readonly row: SettlementRow; readonly cost: RequestCost }[];
}

/** A session's first request may have been sent, and queued, long before its container started. */
const LONGEST_QUEUE_US = MICROS_PER_DAY;

/**
 * Shares each endpoint's billed hour among its sessions as the model has them, and each session's part among
 * its requests. Only closed sessions whose hours are all billed are scaled. With `scale` false the requests
 * keep their modelled cost and count as compared with the bill.
 */
export async function* scaledSessions(
  db: LedgerTransaction,
  window: { readonly from: EpochMicros; readonly to: EpochMicros },
  given: { readonly endpoints: readonly number[]; readonly scale: boolean },
): AsyncGenerator<ScaledSession> {
  const wide = { from: window.from - 2 * MICROS_PER_DAY, to: window.to + 2 * MICROS_PER_DAY };
  const cells = await billedCells(db, wide, given.endpoints);
  const touched = new Set(
    cells.filter(({ hour }) => hour >= window.from && hour < window.to).map((cell) => cell.session),
  );
  const billed = billedBySession(cells, given.scale);
  for (const session of await closedSessions(db, [...touched])) {
    const amount = billed.get(session.id);
    if (amount === undefined || session.closed_at === null) continue;
    const rows = await rowsOfSession(db, session.id, {
      from: (session.first_request_at ?? session.started_at) - LONGEST_QUEUE_US,
      to: session.closed_at,
      endpoint: session.endpoint_id,
    });
    const priced = rows.flatMap(pricedRow);
    if (priced.length > 0)
      yield { session: session.id, billedNano: amount, rows: scaledRows(priced, amount) };
  }
}

/** What of the bill is each session's requests'; a session with an hour that is not billed is left out. */
function billedBySession(cells: readonly BilledCell[], scale: boolean): Map<number, number> {
  const billed = new Map<number, number>();
  const unbilled = new Set<number>();
  for (const list of byEndpointHour(cells)) {
    const shares = billedShares(list, scale);
    if (shares === null) for (const cell of list) unbilled.add(cell.session);
    list.forEach((cell, index) => {
      billed.set(cell.session, (billed.get(cell.session) ?? 0) + (shares?.[2 * index] ?? 0));
    });
  }
  for (const session of unbilled) billed.delete(session);
  return billed;
}

/** Two figures for each cell, its requests' and the rest; `null` when the hour is not billed. */
function billedShares(cells: readonly BilledCell[], scale: boolean): number[] | null {
  const amount = cells[0]?.endpointBilledNano ?? null;
  if (amount === null) return null;
  const weights = cells.flatMap((cell) => [cell.requestsNano, cell.otherNano]);
  // Tokens are part of the endpoint's hour and of no session.
  return scale ? apportion(amount, [...weights, cells[0]?.tokensNano ?? 0]) : weights;
}

function byEndpointHour(cells: readonly BilledCell[]): Iterable<BilledCell[]> {
  const hours = new Map<string, BilledCell[]>();
  for (const cell of cells) {
    const key = `${cell.hour},${cell.endpoint}`;
    const list = hours.get(key);
    if (list === undefined) hours.set(key, [cell]);
    else list.push(cell);
  }
  return hours.values();
}

interface PricedRow {
  readonly row: SettlementRow;
  readonly found: RequestCost;
}

function pricedRow(row: SettlementRow): PricedRow[] {
  const { found } = row;
  return found === null || totalNanoOf(found) === null ? [] : [{ row, found }];
}

function scaledRows(rows: readonly PricedRow[], billedNano: number): ScaledSession['rows'] {
  const modelled = rows.map(({ found }) => found.modelled_nano ?? totalNanoOf(found) ?? 0);
  const shares = apportion(billedNano, modelled);
  return rows.map(({ row, found }, index) => {
    const total = shares[index] ?? 0;
    const parts = apportion(total, [found.exec_nano ?? 0, found.overhead_nano ?? 0]);
    const [execNano = 0, overheadNano = 0] = parts;
    return {
      row,
      cost: {
        ...found,
        exec_nano: execNano,
        overhead_nano: overheadNano,
        low_nano: Math.min(found.low_nano ?? total, total),
        high_nano: Math.max(found.high_nano ?? total, total),
        modelled_nano: modelled[index] ?? 0,
      },
    };
  });
}
