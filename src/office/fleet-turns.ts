import type { Config } from '../config/config.ts';
import { journalIdOf } from '../journal/segment-reader.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { leaseStore } from '../ledger/queries/leases.ts';
import type { Clock } from '../ports/clock.ts';
import { type HeldLease, heldLease } from './held-lease.ts';

/** What offices at one PostgreSQL do in turns. Jobs, settlement and delivery have turns of their own. */
export interface FleetTurns {
  readonly mayExport: () => Promise<boolean>;
  /** By the journal's id. */
  readonly mayTakeIn: (journal: string) => Promise<boolean>;
  release(): Promise<void>;
}

export interface FleetTurnsSettings {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly holder: string;
  /** The proxy of this process writes the journal in `config.journalDir`, which no other office takes in. */
  readonly ownJournal: boolean;
}

/** With SQLite, which belongs to one machine and one office, it is always its turn. */
export function fleetTurns({ config, ledger, clock, ...rest }: FleetTurnsSettings): FleetTurns {
  if (config.ledger.kind === 'sqlite') {
    return { mayExport: always, mayTakeIn: always, release: async () => {} };
  }
  const store = leaseStore(ledger.db);
  const leases = new Map<string, HeldLease>();
  const leaseOf = (name: string) => {
    const lease = leases.get(name) ?? heldLease({ name, holder: rest.holder, store, clock });
    leases.set(name, lease);
    return lease;
  };
  return {
    mayExport: () => leaseOf('export').holds(),
    mayTakeIn: async (journal) => {
      if (rest.ownJournal && journal === journalIdOf(config.journalDir)) return true;
      return leaseOf(`journal:${journal}`).holds();
    },
    release: async () => {
      await Promise.all([...leases.values()].map((lease) => lease.release()));
    },
  };
}

const always = async () => true;
