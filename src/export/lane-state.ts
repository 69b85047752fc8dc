import type { Micros } from '../core/units.ts';

/**
 * What one stream of one sink remembers between sends. Only the position matters after a restart, and that
 * is in the ledger; the rest is pace.
 */
export interface LaneState {
  /** `null`: not read from the ledger yet. */
  position: number | null;
  /** Items of the next request: halves while a batch is refused, doubles while batches are taken. */
  batchItems: number;
  /** Failures in a row. */
  failures: number;
  /** Sends of the batch that begins at `position`. */
  attempts: number;
  /** On the monotonic clock: nothing is sent before. */
  notBefore: Micros;
  /** Single items set aside with no batch taken since. */
  refusedInARow: number;
  /** Why a person must act; `null` while nobody must. */
  stopped: string | null;
  lastError: string | null;
  sent: number;
}

export function newLaneState(batchItems: number): LaneState {
  return {
    position: null,
    batchItems,
    failures: 0,
    attempts: 0,
    notBefore: 0,
    refusedInARow: 0,
    stopped: null,
    lastError: null,
    sent: 0,
  };
}
