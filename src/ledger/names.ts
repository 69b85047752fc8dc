import { chunksOf, type LedgerTransaction } from './prepared-query.ts';

export type NameKind =
  | ('endpoint' | 'pool' | 'operation' | 'client' | 'method' | 'path' | 'country')
  | ('content_type' | 'content_encoding' | 'model' | 'finish_reason')
  | ('container' | 'region' | 'cloud' | 'price');

/**
 * Most distinct texts of the kinds that callers make up. Roll-ups keep theirs for ever, so one id a call in a header
 * would be a row of history a request.
 */
const MOST_OF_A_KIND: { readonly [Kind in NameKind]?: number } = {
  operation: 1_000,
  client: 1_000,
  path: 2_000,
};
/** What is beyond the most of its kind. */
const OTHER_NAME = '(other)';

/** Names that have a place whatever else there is: clients with a key or a budget. */
export type ReservedNames = { readonly [Kind in NameKind]?: ReadonlySet<string> };

const NAMES_KEPT = 200_000;
const ROWS_A_STATEMENT = 200;

/**
 * Ids of repeated text, kept in memory. What a transaction added is only true once it has committed:
 * after a rollback call `forget`.
 */
export class NameDictionary {
  readonly #ids = new Map<NameKind, Map<string, number>>();
  readonly #missing = new Map<NameKind, Set<string>>();
  /** Rows of a capped kind in the table, as far as it was counted. */
  readonly #counts = new Map<NameKind, number>();
  readonly #reserved: ReservedNames;
  #size = 0;

  constructor(reserved: ReservedNames = {}) {
    this.#reserved = reserved;
  }

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
    this.#counts.clear();
    this.#size = 0;
  }

  /** Bounds the memory. Called between batches, when no id is in use. */
  trim(): void {
    if (this.#size > NAMES_KEPT) this.forget();
  }

  async #resolveChunk(trx: LedgerTransaction, kind: NameKind, values: string[]): Promise<void> {
    const most = MOST_OF_A_KIND[kind];
    const added = most === undefined ? values : await this.#within(trx, { kind, most }, values);
    if (added.length > 0) {
      await trx
        .insertInto('names')
        .values(added.map((value) => ({ kind, value })))
        .onConflict((conflict) => conflict.columns(['kind', 'value']).doNothing())
        .execute();
    }
    const found = await idsOf(trx, kind, values);
    const ids = this.#ids.get(kind) ?? new Map<string, number>();
    this.#ids.set(kind, ids);
    for (const [value, id] of found) ids.set(value, id);
    const beyond = values.filter((value) => !found.has(value));
    if (beyond.length > 0) {
      const other = await otherOf(trx, kind);
      for (const value of beyond) ids.set(value, other);
    }
    this.#size += values.length;
  }

  /** Those of the values that are to be added. A text that is there already needs no place. */
  async #within(
    trx: LedgerTransaction,
    { kind, most }: { kind: NameKind; most: number },
    values: readonly string[],
  ): Promise<string[]> {
    const known = await idsOf(trx, kind, values);
    const unknown = values.filter((value) => !known.has(value));
    if (unknown.length === 0) return [];
    let count = this.#counts.get(kind) ?? (await countOf(trx, kind));
    const added = unknown.filter((value) => {
      if (count >= most && this.#reserved[kind]?.has(value) !== true) return false;
      count += 1;
      return true;
    });
    this.#counts.set(kind, count);
    return added;
  }
}

async function idsOf(
  trx: LedgerTransaction,
  kind: NameKind,
  values: readonly string[],
): Promise<Map<string, number>> {
  const rows = await trx
    .selectFrom('names')
    .select(['id', 'value'])
    .where('kind', '=', kind)
    .where('value', 'in', values)
    .execute();
  return new Map(rows.map(({ id, value }) => [value, id]));
}

async function countOf(trx: LedgerTransaction, kind: NameKind): Promise<number> {
  const { rows } = await trx
    .selectFrom('names')
    .select((eb) => eb.fn.countAll().as('rows'))
    .where('kind', '=', kind)
    .executeTakeFirstOrThrow();
  return Number(rows);
}

async function otherOf(trx: LedgerTransaction, kind: NameKind): Promise<number> {
  await trx
    .insertInto('names')
    .values({ kind, value: OTHER_NAME })
    .onConflict((conflict) => conflict.columns(['kind', 'value']).doNothing())
    .execute();
  const id = (await idsOf(trx, kind, [OTHER_NAME])).get(OTHER_NAME);
  if (id === undefined) throw new Error(`the ${kind} ${OTHER_NAME} was stored and is not there`);
  return id;
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
