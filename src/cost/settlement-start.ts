import type { EpochMicros } from '../core/units.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { rawHorizon } from '../ledger/queries/raw-rows.ts';
import {
  checkpointAfter,
  checkpointBefore,
  hasSessionBefore,
  type PoolWork,
} from '../ledger/queries/settlement.ts';

/** Where the settlement of a pool goes on. */
export interface SettlementStart {
  /** Every request that started before it has been taken, or is settled apart. */
  readonly from: EpochMicros;
  /** State at `from`; `null`: nothing had happened yet. */
  readonly state: string | null;
  /**
   * Unsettled requests that started before it are settled apart: what they ran beside cannot be settled anew, since
   * its rows are deleted. `null`: there are none.
   */
  readonly apartBefore: EpochMicros | null;
}

/** Rows came that started before what had been settled. */
export function isLate({ dirtyFrom, settledUntil }: PoolWork): boolean {
  return dirtyFrom !== null && settledUntil !== null && dirtyFrom < settledUntil;
}

/**
 * At the newest state, or, when rows came late, at an earlier one: never at one whose later rows retention has
 * deleted, for what has been settled of them would be lost.
 */
export async function settlementStart(db: Ledger['db'], work: PoolWork): Promise<SettlementStart> {
  const { dirtyFrom, settledUntil, state } = work;
  if (!isLate(work) || dirtyFrom === null) {
    return { from: settledUntil ?? dirtyFrom ?? 0, state, apartBefore: null };
  }
  const rawFrom = await rawHorizon(db);
  const before = await checkpointBefore(db, work, dirtyFrom);
  if (before !== null && before.at >= rawFrom) {
    return { from: before.at, state: before.state, apartBefore: null };
  }
  if (before === null && !(await hasSessionBefore(db, work, rawFrom))) {
    return { from: 0, state: null, apartBefore: null };
  }
  const after = await checkpointAfter(db, work, rawFrom);
  const start = after ?? { at: settledUntil ?? dirtyFrom, state };
  return { from: start.at, state: start.state, apartBefore: start.at };
}
