import type { Insertable, Selectable } from 'kysely';
import { chunksOf, type LedgerTransaction } from './prepared-query.ts';
import type { RequestKindsTable } from './tables/requests.ts';

export type RequestKind = Omit<Selectable<RequestKindsTable>, 'id' | 'key'>;

const KINDS_KEPT = 100_000;
const ROWS_A_STATEMENT = 100;

/** Ids of the combinations in `request_kinds`, kept in memory like those of names. */
export class RequestKindDictionary {
  readonly #ids = new Map<string, number>();
  readonly #missing = new Map<string, RequestKind>();

  /** The key under which `idOf` will know the combination. */
  want(kind: RequestKind): string {
    const key = keyOf(kind);
    if (!this.#ids.has(key)) this.#missing.set(key, kind);
    return key;
  }

  async resolve(trx: LedgerTransaction): Promise<void> {
    for (const chunk of chunksOf([...this.#missing], ROWS_A_STATEMENT)) {
      const rows: Insertable<RequestKindsTable>[] = chunk.map(([key, kind]) => ({ key, ...kind }));
      await trx
        .insertInto('request_kinds')
        .values(rows)
        .onConflict((conflict) => conflict.column('key').doNothing())
        .execute();
      const keys = chunk.map(([key]) => key);
      const found = await trx
        .selectFrom('request_kinds')
        .select(['id', 'key'])
        .where('key', 'in', keys)
        .execute();
      for (const { id, key } of found) this.#ids.set(key, id);
    }
    this.#missing.clear();
  }

  /** @throws Error when the combination was never announced and resolved: a programming error. */
  idOf(key: string): number {
    const id = this.#ids.get(key);
    if (id === undefined) throw new Error(`the combination ${key} has no id yet`);
    return id;
  }

  forget(): void {
    this.#ids.clear();
    this.#missing.clear();
  }

  trim(): void {
    if (this.#ids.size > KINDS_KEPT) this.forget();
  }
}

/** Every column in one order; `null` is empty, which no value is. */
function keyOf(kind: RequestKind): string {
  return (
    `${kind.operation_id ?? ''},${kind.client_id ?? ''},${kind.method_id},${kind.country_id ?? ''},` +
    `${kind.status ?? ''},${kind.error_class ?? ''},${kind.diagnosis ?? ''},${kind.streamed},` +
    `${kind.content_type_id ?? ''},${kind.content_encoding_id ?? ''},${kind.legs},${kind.retries},` +
    `${kind.model_id ?? ''},${kind.finish_reason_id ?? ''},${kind.region_id ?? ''},${kind.cloud_id ?? ''}`
  );
}
