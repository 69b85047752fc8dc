import {
  type CallFact,
  type ContainerLifetime,
  type ContainerRun,
  runByFacts,
} from '../core/container-facts.ts';
import type { LedgerTransaction } from '../ledger/prepared-query.ts';
import { anyContainerFacts, callFacts, endedLifetimes } from '../ledger/queries/container-facts.ts';
import type { SettlementRow } from '../ledger/queries/settlement-rows.ts';

/** What Modal's API has said of the requests and containers that are being settled. */
export class ContainerFacts {
  /** Which kinds there are; `null`: not looked yet. */
  #known: { readonly lifetimes: boolean; readonly calls: boolean } | null = null;
  #lifetimes: ReadonlyMap<number, ContainerLifetime> = new Map();
  #calls: ReadonlyMap<number, CallFact> = new Map();

  /** Learns what there is to know of `rows`, and forgets the others. */
  async learn(db: LedgerTransaction, rows: readonly SettlementRow[]): Promise<void> {
    this.#known ??= await anyContainerFacts(db);
    if (this.#known.calls) this.#calls = await callFacts(db, rows);
    if (!this.#known.lifetimes) return;
    const containers = new Set<number>();
    for (const { container_id } of rows) if (container_id !== null) containers.add(container_id);
    for (const { containerId } of this.#calls.values()) containers.add(Number(containerId));
    this.#lifetimes = await endedLifetimes(db, [...containers]);
  }

  /** When and where a request ran; `null`: it used no container. */
  runOf(row: SettlementRow): ContainerRun | null {
    if (row.runFromUs === null) return null;
    const observed = {
      arrivedAt: row.started_at,
      start: row.started_at + row.runFromUs,
      end: row.started_at + row.runToUs,
      containerId: row.container_id === null ? null : String(row.container_id),
      ageUs: row.container_age_us,
      readyUs: row.ready_delay_us,
    };
    const call = this.#calls.get(row.seq) ?? null;
    return runByFacts(observed, call, (id) => this.#lifetimes.get(Number(id)) ?? null);
  }
}
