import { type Kysely, sql } from 'kysely';
import { ATTRIBUTIONS } from '../../core/outcome.ts';
import { integerKeyType } from './column-types.ts';

const MOVED = ['exec_us', 'session_id', 'modelled_nano'];
const COPIED = [
  'price_id',
  'gpu_us',
  'exec_nano',
  'overhead_nano',
  'low_nano',
  'high_nano',
  'attribution',
];

/**
 * What settlement finds of a request leaves the wide row, which is then written once and never again. The
 * columns that moved stay in `requests` and are empty from now on: dropping them rewrites every row, three
 * times, and the service would not start for minutes.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  let table = db.schema
    .createTable('request_costs')
    .addColumn('seq', integerKeyType(db), (c) => c.primaryKey())
    .addColumn('session_id', 'bigint', (c) => c.notNull())
    .addColumn('price_id', 'integer')
    .addColumn('attribution', 'text', (c) =>
      c
        .notNull()
        .check(sql`attribution in (${sql.join(ATTRIBUTIONS.map((value) => sql.lit(value)))})`),
    );
  for (const name of [
    ...['exec_us', 'gpu_us', 'exec_nano', 'overhead_nano', 'low_nano', 'high_nano'],
    'modelled_nano',
  ]) {
    table = table.addColumn(name, 'bigint');
  }
  await table.execute();
  const columns = sql.join(['seq', ...MOVED, ...COPIED].map((name) => sql.ref(name)));
  await sql`
    insert into request_costs (${columns})
    select ${columns} from requests where session_id is not null order by seq`.execute(db);
}
