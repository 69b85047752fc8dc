import { contentHash } from '../../../src/core/content-hash.ts';

/**
 * A query as Honeycomb's API takes and gives it. `normalQuery` brings both to one form: defaults filled in,
 * what changes nothing left out, the order of filters fixed.
 */
export interface QuerySpec {
  readonly calculations?: readonly QueryCalculation[] | null | undefined;
  readonly filters?: readonly QueryFilter[] | null | undefined;
  readonly filter_combination?: string | null | undefined;
  readonly breakdowns?: readonly string[] | null | undefined;
  readonly orders?: readonly QueryOrder[] | null | undefined;
  readonly havings?: readonly unknown[] | null | undefined;
  readonly limit?: number | null | undefined;
  readonly time_range?: number | null | undefined;
  readonly granularity?: number | null | undefined;
}

interface QueryCalculation {
  readonly op: string;
  readonly column?: string | null | undefined;
}

interface QueryFilter {
  readonly column: string;
  readonly op: string;
  readonly value?: unknown;
}

interface QueryOrder {
  readonly op?: string | null | undefined;
  readonly column?: string | null | undefined;
  readonly order?: string | null | undefined;
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

function withoutNull<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each != null)) as T;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
