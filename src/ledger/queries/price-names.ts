import { type ContainerRate, parsePriceId } from '../../core/price-book/price-id.ts';
import { loadNames, NameDictionary } from '../names.ts';
import type { LedgerTransaction } from '../prepared-query.ts';

/** Prices by the number under which the ledger knows their id. */
export class PriceNames {
  readonly #names = new NameDictionary();
  readonly #rates = new Map<number, ContainerRate | null>();

  /** Learns what `rateOf` and `idOf` will be asked for. */
  async prepare(
    db: LedgerTransaction,
    ids: Iterable<number>,
    rates: Iterable<ContainerRate>,
  ): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !this.#rates.has(id));
    const names = await loadNames(db, unknown);
    for (const id of unknown) {
      const name = names.get(id);
      this.#rates.set(id, name === undefined ? null : parsePriceId(name));
    }
    const wanted = [...rates];
    for (const { priceId } of wanted) this.#names.want('price', priceId);
    await this.#names.resolve(db);
    for (const rate of wanted) this.#rates.set(this.#names.idOf('price', rate.priceId), rate);
  }

  /** `null`: the id stands for no container price. */
  rateOf(id: number | null): ContainerRate | null {
    return id === null ? null : (this.#rates.get(id) ?? null);
  }

  idOf(rate: ContainerRate): number {
    return this.#names.idOf('price', rate.priceId);
  }
}
