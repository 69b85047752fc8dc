import { contentHash } from '../../../src/core/content-hash.ts';

/**
 * A query as Honeycomb's API takes and gives it. `normalQuery` brings both to one form: defaults filled in,
 * what changes nothing left out, the order of filters fixed.
 */
export interface QuerySpec {
  readonly calculations?:
    | readonly { readonly op: string; readonly column?: string | null }[]
    | null;
  readonly filters?:
    | readonly { readonly column: string; readonly op: string; readonly value?: unknown }[]
    | null;
  readonly filter_combination?: string | null;
  readonly breakdowns?: readonly string[] | null;
  readonly orders?:
    | readonly {
        readonly op?: string | null;
        readonly column?: string | null;
        readonly order?: string | null;
      }[]
    | null;
  readonly havings?: readonly unknown[] | null;
  readonly limit?: number | null;
  readonly time_range?: number | null;
  readonly granularity?: number | null;
}

const DEFAULT_LIMIT = 1_000;
const DEFAULT_TIME_RANGE = 7_200;

/** Two queries that ask the same have the same normal form. */
export function normalQuery(query: QuerySpec): QuerySpec {
  return {
    calculations: (query.calculations ?? []).map(({ op, column }) => withoutNull({ op, column })),
    filters: (query.filters ?? [])
      .map(({ column, op, value }) => withoutNull({ column, op, value }))
      .sort((a, b) => compare(JSON.stringify(a), JSON.stringify(b))),
    filter_combination: query.filter_combination === 'OR' ? 'OR' : 'AND',
    breakdowns: [...(query.breakdowns ?? [])],
    orders: (query.orders ?? []).map(({ op, column, order }) =>
      withoutNull({ op, column, order: order ?? 'ascending' }),
    ),
    ...(query.havings == null || query.havings.length === 0 ? {} : { havings: query.havings }),
    limit: query.limit ?? DEFAULT_LIMIT,
    time_range: query.time_range ?? DEFAULT_TIME_RANGE,
    ...(query.granularity == null || query.granularity === 0
      ? {}
      : { granularity: query.granularity }),
  };
}

export function queryHash(query: QuerySpec): string {
  return contentHash(JSON.stringify(normalQuery(query)));
}

function withoutNull<T extends object>(value: T): { [Key in keyof T]: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each != null)) as {
    [Key in keyof T]: NonNullable<T[Key]>;
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
