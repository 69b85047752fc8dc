import { MICROS_PER_SECOND, type Micros } from '../core/units.ts';
import type { LeaseStore } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';

/** What one office at a time may do. */
export interface HeldLease {
  /** Takes or renews the lease when it is time to; `false` while another office has it. */
  holds(): Promise<boolean>;
  /** Lets another office go on at once. */
  release(): Promise<void>;
}

export interface HeldLeaseSettings {
  readonly name: string;
  readonly holder: string;
  readonly store: LeaseStore;
  readonly clock: Clock;
}

/** An office that died is followed after so long. */
const LEASE_US: Micros = 60 * MICROS_PER_SECOND;
const RENEW_US: Micros = 15 * MICROS_PER_SECOND;
/** Whoever does not hold it asks this often. */
const ASK_US: Micros = 5 * MICROS_PER_SECOND;

/** A lease that is asked for in memory and renewed in the ledger. `holds` rejects while the ledger is away. */
export function heldLease({ name, holder, store, clock }: HeldLeaseSettings): HeldLease {
  let held = false;
  let askAt = Number.NEGATIVE_INFINITY;
  return {
    holds: async () => {
      const now = clock.monotonic();
      if (now < askAt) return held;
      const at = clock.now();
      held = await store.acquire({ name, holder, now: at, until: at + LEASE_US });
      askAt = now + (held ? RENEW_US : ASK_US);
      return held;
    },
    release: async () => {
      const had = held;
      held = false;
      askAt = Number.POSITIVE_INFINITY;
      if (had) await store.release(name, holder);
    },
  };
}
