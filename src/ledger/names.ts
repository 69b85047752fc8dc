import { chunksOf, type LedgerTransaction } from './prepared-query.ts';

export type NameKind =
  | ('endpoint' | 'pool' | 'operation' | 'client' | 'method' | 'path' | 'country')
  | ('content_type' | 'content_encoding' | 'model' | 'finish_reason')
  | ('container' | 'region' | 'cloud' | 'price');

const NAMES_KEPT = 200_000;
const ROWS_A_STATEMENT = 200;

/**
 * Ids of repeated text, kept in memory. What a transaction added is only true once it has committed:
 * after a rollback call `forget`.
 */
export class NameDictionary {
  readonly #ids = new Map<NameKind, Map<string, number>>();
  readonly #missing = new Map<NameKind, Set<string>>();
  #size = 0;

  /** Announces a name that `idOf` will be asked for. */
  want(kind: NameKind, text: string | null): void {
    if (text === null || this.#ids.get(kind)?.has(text) === true) return;
    const value = storable(text);
    if (this.#ids.get(kind)?.has(value) === true) return;
    const missing = this.#missing.get(kind);
    if (missing === undefined) this.#missing.set(kind, new Set([value]));
    else missing.add(value);
  }

  /** Gives every announced name an id. */
  async resolve(trx: LedgerTransaction): Promise<void> {
    for (const [kind, values] of this.#missing) {
      for (const chunk of chunksOf([...values], ROWS_A_STATEMENT)) {
        await this.#resolveChunk(trx, kind, chunk);
      }
    }
    this.#missing.clear();
  }

  /** @throws Error when the name was never announced and resolved: a programming error. */
  idOf(kind: NameKind, value: string): number {
    const ids = this.#ids.get(kind);
    const id = ids?.get(value) ?? ids?.get(storable(value));
    if (id === undefined) throw new Error(`the ${kind} ${JSON.stringify(value)} has no id yet`);
    return id;
  }

  nullableIdOf(kind: NameKind, value: string | null): number | null {
    return value === null ? null : this.idOf(kind, value);
  }

  forget(): void {
    this.#ids.clear();
    this.#missing.clear();
    this.#size = 0;
  }

  /** Bounds the memory. Called between batches, when no id is in use. */
  trim(): void {
    if (this.#size > NAMES_KEPT) this.forget();
  }

  async #resolveChunk(trx: LedgerTransaction, kind: NameKind, values: string[]): Promise<void> {
    await trx
      .insertInto('names')
      .values(values.map((value) => ({ kind, value })))
      .onConflict((conflict) => conflict.columns(['kind', 'value']).doNothing())
      .execute();
    const rows = await trx
      .selectFrom('names')
      .select(['id', 'value'])
      .where('kind', '=', kind)
      .where('value', 'in', values)
      .execute();
    const ids = this.#ids.get(kind) ?? new Map<string, number>();
    this.#ids.set(kind, ids);
    for (const row of rows) ids.set(row.value, row.id);
    this.#size += rows.length;
  }
}

/**
 * A text as a database gives it back: half a character (a model's name may hold one, by an escape of JSON) and the
 * zero character would come back changed, or not be taken at all.
 */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}

/** Texts of the given ids. Ids without a name are missing from the answer. */
export async function loadNames(
  db: LedgerTransaction,
  ids: Iterable<number | null>,
): Promise<Map<number, string>> {
  const wanted = new Set<number>();
  for (const id of ids) if (id !== null && id !== 0) wanted.add(id);
  const names = new Map<number, string>();
  for (const chunk of chunksOf([...wanted], 1_000)) {
    const rows = await db
      .selectFrom('names')
      .select(['id', 'value'])
      .where('id', 'in', chunk)
      .execute();
    for (const row of rows) names.set(row.id, row.value);
  }
  return names;
}

/** The id of one name, `null` when no row of the ledger uses it. */
export async function findName(
  db: LedgerTransaction,
  kind: NameKind,
  value: string,
): Promise<number | null> {
  const row = await db
    .selectFrom('names')
    .select('id')
    .where('kind', '=', kind)
    .where('value', '=', value)
    .executeTakeFirst();
  return row?.id ?? null;
}
