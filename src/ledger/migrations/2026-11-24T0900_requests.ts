import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import { ATTRIBUTIONS, COST_STATES, OUTCOMES, PAID } from '../../core/outcome.ts';
import { integerKeyType, isSqlite, orderedTextType } from './column-types.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createNames(db);
  await createRequests(db);
  await createRequestKinds(db);
  await createIntakeTables(db);
  await createRollups(db);
}

async function createNames(db: Kysely<unknown>): Promise<void> {
  await withGeneratedId(db, db.schema.createTable('names'))
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('value', 'text', (c) => c.notNull())
    .addUniqueConstraint('names_unique', ['kind', 'value'])
    .execute();
}

async function createRequests(db: Kysely<unknown>): Promise<void> {
  let table: CreateTableBuilder<string, string> = db.schema
    .createTable('requests')
    .addColumn('seq', integerKeyType(db), (c) => c.primaryKey())
    .addColumn('started_at', 'bigint', (c) => c.notNull())
    .addColumn('uid', orderedTextType(db), (c) => c.notNull())
    .addColumn('endpoint_id', 'integer', (c) => c.notNull())
    .addColumn('pool_id', 'integer')
    .addColumn('kind_id', 'integer', (c) => c.notNull())
    .addColumn('path_id', 'integer', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull().check(oneOf('outcome', OUTCOMES)))
    .addColumn('paid', 'text', (c) => c.notNull().check(oneOf('paid', PAID)));
  for (const name of ['group_key', 'tags', 'trace_id', 'parent_span_id', 'function_call_id']) {
    table = table.addColumn(name, 'text');
  }
  table = table.addColumn('digest', 'text');
  for (const name of MEASURES) table = table.addColumn(name, 'bigint');
  table = table
    .addColumn('cost_state', 'text', (c) => c.notNull().check(oneOf('cost_state', COST_STATES)))
    .addColumn('attribution', 'text', (c) => c.notNull().check(oneOf('attribution', ATTRIBUTIONS)))
    .addColumn('price_id', 'integer');
  for (const name of MONEY) table = table.addColumn(name, 'bigint');
  await table.execute();
  // One index serves both listing by time and uniqueness of ids; whole ids are unique by themselves.
  await db.schema
    .createIndex('requests_started')
    .unique()
    .on('requests')
    .columns(['started_at', 'uid'])
    .execute();
  await db.schema
    .createIndex('requests_whole_id')
    .unique()
    .on('requests')
    .column('uid')
    .where(sql<boolean>`substr(uid, 1, 1) = '='`)
    .execute();
  // Only requests whose caller named a group, or brought a trace, are in these.
  for (const column of ['group_key', 'trace_id']) {
    await db.schema
      .createIndex(`requests_${column}`)
      .on('requests')
      .column(column)
      .where(sql<boolean>`${sql.ref(column)} is not null`)
      .execute();
  }
}

const MEASURES = [
  ...['sent_us', 'first_byte_us', 'first_token_us', 'last_byte_us', 'upstream_end_us'],
  ...['duration_us', 'overhead_us', 'exec_estimate_us', 'bytes_in', 'bytes_out', 'chunks'],
  ...['tokens_in', 'tokens_out', 'tokens_cached', 'tokens_reasoning', 'container_id', 'cold_start'],
  ...['ready_delay_us', 'container_age_us', 'container_requests_before', 'container_in_flight'],
  ...['queue_us', 'generation_us'],
];

const MONEY = ['gpu_us', 'exec_nano', 'overhead_nano', 'total_nano', 'low_nano', 'high_nano'];

async function createRequestKinds(db: Kysely<unknown>): Promise<void> {
  let table = withGeneratedId(db, db.schema.createTable('request_kinds'))
    .addColumn('key', 'text', (c) => c.notNull().unique())
    .addColumn('error_class', 'text')
    .addColumn('diagnosis', 'text');
  const required = ['method_id', 'streamed', 'legs', 'retries'];
  for (const name of required) table = table.addColumn(name, 'integer', (c) => c.notNull());
  for (const name of [
    ...['operation_id', 'client_id', 'country_id', 'status', 'content_type_id'],
    ...['content_encoding_id', 'model_id', 'finish_reason_id', 'region_id', 'cloud_id'],
  ]) {
    table = table.addColumn(name, 'integer');
  }
  await table.execute();
}

async function createIntakeTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('open_requests')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('journal', 'text', (c) => c.notNull())
    .addColumn('started_at', 'bigint', (c) => c.notNull())
    .addColumn('endpoint_id', 'integer', (c) => c.notNull())
    .addColumn('parked', 'integer', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('journal_offsets')
    .addColumn('journal', 'text', (c) => c.primaryKey())
    .addColumn('segment', 'bigint', (c) => c.notNull())
    .addColumn('offset', 'bigint', (c) => c.notNull())
    .addColumn('last_entry_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('counters')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', 'bigint', (c) => c.notNull())
    .execute();
  await sql`insert into counters (name, value) values ('request_seq', 0)`.execute(db);
  await db.schema
    .createTable('dirty_pools')
    .addColumn('endpoint_id', 'integer', (c) => c.notNull())
    .addColumn('pool_id', 'integer', (c) => c.notNull())
    .addColumn('from_us', 'bigint', (c) => c.notNull())
    .addColumn('marks', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('dirty_pools_key', ['endpoint_id', 'pool_id'])
    .execute();
}

async function createRollups(db: Kysely<unknown>): Promise<void> {
  const key = ['hour', 'endpoint_id', 'operation_id', 'client_id', 'outcome', 'region_id'];
  let table: CreateTableBuilder<string, string> = db.schema
    .createTable('rollup_hours')
    .addColumn('hour', 'bigint', (c) => c.notNull())
    .addColumn('endpoint_id', 'integer', (c) => c.notNull())
    .addColumn('operation_id', 'integer', (c) => c.notNull())
    .addColumn('client_id', 'integer', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('region_id', 'integer', (c) => c.notNull());
  for (const name of [
    ...['requests', 'bytes_in', 'bytes_out', 'tokens_in', 'tokens_out', 'chunks', 'legs'],
    ...['duration_us', 'overhead_us', 'cold_starts'],
  ]) {
    table = table.addColumn(name, 'bigint', (c) => c.notNull());
  }
  for (const name of ['duration', 'first_byte', 'first_token', 'overhead']) {
    table = table.addColumn(`${name}_sketch`, 'text', (c) => c.notNull());
  }
  await table.addPrimaryKeyConstraint('rollup_hours_key', key).execute();
}

function withGeneratedId(
  db: Kysely<unknown>,
  table: CreateTableBuilder<string, never>,
): CreateTableBuilder<string, string> {
  return isSqlite(db)
    ? table.addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    : table.addColumn('id', 'integer', (c) => c.primaryKey().generatedByDefaultAsIdentity());
}

function oneOf(column: string, values: readonly string[]) {
  return sql`${sql.ref(column)} in (${sql.join(values.map((value) => sql.lit(value)))})`;
}
