import type { Kysely } from 'kysely';
import type { EgressFacts, EndpointFacts, RegionCount } from '../../core/facts.ts';
import type { EpochMicros } from '../../core/units.ts';
import type { Database } from '../database.ts';
import { loadNames } from '../names.ts';

const TOP_PATHS = 5;
const TOP_TYPES = 8;

/** What is configured of an endpoint, as far as facts go. */
export interface ConfiguredEndpoint {
  readonly name: string;
  readonly region: string;
}

interface Span {
  readonly from: EpochMicros;
  /** Exclusive: what came later is not looked at. */
  readonly to: EpochMicros;
}

/** Every configured endpoint with its traffic in the span; where it ran and for whom. */
export async function endpointFacts(
  db: Kysely<Database>,
  endpoints: readonly ConfiguredEndpoint[],
  span: Span,
): Promise<EndpointFacts[]> {
  const rows = await db
    .selectFrom('rollup_hours')
    .select((eb) => [
      'endpoint_id',
      'region_id',
      eb.fn.sum<number>('requests').as('requests'),
      eb.fn.sum<number>('bytes_out').as('bytes'),
    ])
    .where('hour', '>=', span.from)
    .where('hour', '<', span.to)
    .groupBy(['endpoint_id', 'region_id'])
    .execute();
  const countries = await evidenceSums(db, 'country', span);
  const names = await loadNames(
    db,
    [...rows, ...countries].flatMap((row) => [
      row.endpoint_id,
      'region_id' in row ? row.region_id : row.name_id,
    ]),
  );
  return endpoints.map(({ name, region }) => {
    const own = rows.filter((row) => names.get(row.endpoint_id) === name);
    const clients = countries.filter((row) => names.get(row.endpoint_id) === name);
    return {
      name,
      region,
      requests30d: own.reduce((sum, row) => sum + row.requests, 0),
      bytes30d: own.reduce((sum, row) => sum + row.bytes, 0),
      containerRegions: counts(own, (row) => names.get(row.region_id)),
      clientCountries: counts(clients, (row) => names.get(row.name_id)),
    };
  });
}

/** What went out in the span, by what it was. */
export async function egressFacts(db: Kysely<Database>, span: Span): Promise<EgressFacts> {
  const types = await evidenceSums(db, 'content_type', span);
  const paths = await evidenceSums(db, 'path', span);
  const names = await loadNames(
    db,
    [...types, ...paths].map((row) => row.name_id),
  );
  const total = (pick: (row: (typeof types)[number]) => number) =>
    types.reduce((sum, row) => sum + pick(row), 0);
  const top = (rows: typeof types, count: number) => {
    const sums = new Map<string, number>();
    for (const row of rows) {
      const name = names.get(row.name_id) ?? 'none';
      sums.set(name, (sums.get(name) ?? 0) + row.bytes);
    }
    return [...sums]
      .map(([name, bytes]) => ({ name, bytes }))
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, count);
  };
  return {
    bytes: total((row) => row.bytes),
    digestedBytes: total((row) => row.digested),
    repeatableBytes: total((row) => row.repeatable),
    byContentType: top(types, TOP_TYPES),
    topPaths: top(paths, TOP_PATHS),
  };
}

function evidenceSums(
  db: Kysely<Database>,
  kind: 'content_type' | 'path' | 'country',
  { from, to }: Span,
) {
  return db
    .selectFrom('evidence_hours')
    .select((eb) => [
      'endpoint_id',
      'name_id',
      eb.fn.sum<number>('requests').as('requests'),
      eb.fn.sum<number>('bytes').as('bytes'),
      eb.fn.sum<number>('digested_bytes').as('digested'),
      eb.fn.sum<number>('repeatable_bytes').as('repeatable'),
    ])
    .where('kind', '=', kind)
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .groupBy(['endpoint_id', 'name_id'])
    .execute();
}

function counts<Row extends { readonly requests: number }>(
  rows: readonly Row[],
  nameOf: (row: Row) => string | undefined,
): RegionCount[] {
  return rows
    .flatMap((row) => {
      const region = nameOf(row);
      return region === undefined ? [] : [{ region, requests: row.requests }];
    })
    .sort((a, b) => b.requests - a.requests);
}
