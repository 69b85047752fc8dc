import type { ContainerRate } from '../core/price-book/price-id.ts';
import type { SettingsPeriod } from '../ledger/queries/endpoint-settings.ts';
import { PriceNames } from '../ledger/queries/price-names.ts';
import { requestKindParts } from '../ledger/queries/request-kind-parts.ts';
import type { SettlementRow } from '../ledger/queries/settlement-rows.ts';
import { ContainerFacts } from './container-facts.ts';
import type { PoolState } from './pool-settlement.ts';
import { pricesOf } from './pool-state.ts';
import type { SettlementSettings } from './settlement-settings.ts';
import { UNKNOWN_PERIOD } from './unknown-endpoint.ts';

type Kinds = Map<
  number,
  { readonly operation_id: number | null; readonly client_id: number | null }
>;

/** What settlement looks up about requests, once for many: prices, kinds, and facts of their containers. */
export class RowFacts {
  readonly prices = new PriceNames();
  readonly containers = new ContainerFacts();
  readonly kinds: Kinds = new Map();
  readonly #settings: SettlementSettings;
  readonly #periods: ReadonlyMap<number, readonly SettingsPeriod[]>;

  constructor(
    settings: SettlementSettings,
    periods: ReadonlyMap<number, readonly SettingsPeriod[]>,
  ) {
    this.#settings = settings;
    this.#periods = periods;
  }

  periodsOf(endpoint: number): readonly SettingsPeriod[] {
    return this.#periods.get(endpoint) ?? [UNKNOWN_PERIOD];
  }

  /** Learns what the rows, and a saved state, will ask for. */
  async learn(rows: readonly SettlementRow[], state: PoolState | null = null): Promise<void> {
    const { db } = this.#settings.ledger;
    await this.containers.learn(db, rows);
    const prices = new Set(state === null ? [] : pricesOf(state));
    const kinds = new Set<number>();
    for (const row of rows) {
      if (row.price_id !== null) prices.add(row.price_id);
      if (!this.kinds.has(row.kind_id)) kinds.add(row.kind_id);
    }
    await this.prices.prepare(db, prices, []);
    await this.prices.prepare(db, [], this.#ratesFor(rows));
    for (const [id, kind] of await requestKindParts(db, [...kinds])) this.kinds.set(id, kind);
  }

  /** Prices of rows that came without one: perhaps one is known by now. */
  #ratesFor(rows: readonly SettlementRow[]): Iterable<ContainerRate> {
    const rates = new Map<string, ContainerRate>();
    for (const row of rows) {
      const rate = this.prices.rateOf(row.price_id) === null ? this.#rateOf(row) : null;
      if (rate !== null) rates.set(rate.priceId, rate);
    }
    return rates.values();
  }

  #rateOf(row: SettlementRow): ContainerRate | null {
    const periods = this.periodsOf(row.endpoint_id);
    const period = periods.findLast(({ from }) => from <= row.started_at) ?? periods[0];
    if (period === undefined) return null;
    return this.#settings.priceBook.containerRate(period.settings, row.started_at);
  }
}
