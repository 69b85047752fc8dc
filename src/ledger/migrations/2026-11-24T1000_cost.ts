import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import { ATTRIBUTIONS } from '../../core/outcome.ts';
import { integerKeyType, isSqlite } from './column-types.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const column of ['exec_us', 'session_id', 'modelled_nano']) {
    await db.schema.alterTable('requests').addColumn(column, 'bigint').execute();
  }
  await createSessions(db);
  await createSpend(db);
  await createSettlement(db);
  await createBilling(db);
}

async function createSessions(db: Kysely<unknown>): Promise<void> {
  const sessions = db.schema
    .createTable('container_sessions')
    .addColumn('id', integerKeyType(db), (c) => c.primaryKey())
    .addColumn('level', 'text', (c) =>
      c.notNull().check(sql`level in (${sql.join(ATTRIBUTIONS.map((value) => sql.lit(value)))})`),
    );
  const withRequired = addBigints(
    sessions,
    [
      ...['endpoint_id', 'pool_id', 'part', 'standing', 'started_at', 'opened_at', 'requests'],
      ...['busy_us', 'cold_us', 'idle_us'],
    ],
    true,
  );
  await addBigints(
    withRequired,
    [
      ...['container_id', 'price_id', 'first_request_at', 'last_finish_at', 'closed_at'],
      ...['busy_nano', 'cold_nano', 'idle_nano', 'billed_nano'],
    ],
    false,
  ).execute();
  await db.schema
    .createIndex('container_sessions_opened')
    .on('container_sessions')
    .columns(['endpoint_id', 'pool_id', 'opened_at'])
    .execute();
  await addBigints(
    db.schema.createTable('session_hours'),
    [
      ...['session_id', 'hour', 'endpoint_id', 'pool_id', 'standing', 'observed', 'gpu_us'],
      ...['busy_us', 'cold_us', 'idle_us', 'busy_nano', 'failed_nano', 'cold_nano', 'idle_nano'],
    ],
    true,
  )
    .addPrimaryKeyConstraint('session_hours_key', ['session_id', 'hour'])
    .execute();
  await db.schema
    .createIndex('session_hours_hour')
    .on('session_hours')
    .columns(['hour', 'endpoint_id'])
    .execute();
  await addBigints(
    db.schema.createTable('pool_hours'),
    ['endpoint_id', 'pool_id', 'hour', 'low_nano', 'high_nano'],
    true,
  )
    .addPrimaryKeyConstraint('pool_hours_key', ['hour', 'endpoint_id', 'pool_id'])
    .execute();
}

async function createSpend(db: Kysely<unknown>): Promise<void> {
  const spend = addBigints(
    db.schema.createTable('spend_hours').addColumn('app', 'text', (c) => c.notNull()),
    [
      ...['hour', 'endpoint_id', 'gpu_us', 'busy_us', 'cold_us', 'idle_us', 'standing_us'],
      ...['busy_nano', 'failed_nano', 'cold_nano', 'idle_nano', 'standing_nano', 'tokens_nano'],
      ...['modelled_nano', 'low_nano', 'high_nano', 'effective_nano', 'unpriced'],
    ],
    true,
  );
  await addBigints(spend, ['billed_nano', 'residual_nano'], false)
    .addPrimaryKeyConstraint('spend_hours_key', ['hour', 'endpoint_id', 'app'])
    .execute();
  await addBigints(
    db.schema.createTable('cost_hours'),
    [
      ...['hour', 'endpoint_id', 'operation_id', 'client_id', 'failed', 'requests', 'provisional'],
      ...['unpriced', 'exec_us', 'gpu_us', 'exec_nano', 'overhead_nano', 'tokens_nano'],
    ],
    true,
  )
    .addPrimaryKeyConstraint('cost_hours_key', [
      ...(['hour', 'endpoint_id', 'operation_id', 'client_id', 'failed'] as const),
    ])
    .execute();
}

async function createSettlement(db: Kysely<unknown>): Promise<void> {
  const pool = ['endpoint_id', 'pool_id'];
  await addBigints(db.schema.createTable('settlement_pools'), [...pool, 'settled_until'], true)
    .addColumn('state', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('settlement_pools_key', pool)
    .execute();
  await addBigints(db.schema.createTable('settlement_checkpoints'), [...pool, 'at'], true)
    .addColumn('state', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('settlement_checkpoints_key', [...pool, 'at'])
    .execute();
  await addBigints(
    db.schema.createTable('endpoint_settings'),
    ['endpoint_id', 'effective_from'],
    true,
  )
    .addColumn('settings', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('endpoint_settings_key', ['endpoint_id', 'effective_from'])
    .execute();
  const corrections = isSqlite(db)
    ? db.schema
        .createTable('cost_corrections')
        .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    : db.schema
        .createTable('cost_corrections')
        .addColumn('id', 'integer', (c) => c.primaryKey().generatedByDefaultAsIdentity());
  await addBigints(corrections, ['at', 'endpoint_id', 'hour', 'before_nano', 'after_nano'], true)
    .addColumn('reason', 'text', (c) => c.notNull())
    .execute();
  await sql`insert into counters (name, value) values ('container_session', 0), ('settled_seq', 0)`.execute(
    db,
  );
}

async function createBilling(db: Kysely<unknown>): Promise<void> {
  const key = ['interval_start', 'object_id', 'environment', 'interval_us', 'resource'];
  let rows: CreateTableBuilder<string, string> = db.schema.createTable('billing_rows');
  for (const name of ['object_id', 'environment', 'resource', 'description', 'tags']) {
    rows = rows.addColumn(name, 'text', (c) => c.notNull());
  }
  await addBigints(rows, ['interval_start', 'interval_us', 'cost_nano'], true)
    .addPrimaryKeyConstraint('billing_rows_key', key)
    .execute();
  const windows = ['interval_us', 'from_us', 'to_us', 'fetched_at'];
  await addBigints(db.schema.createTable('billing_windows'), windows, true)
    .addPrimaryKeyConstraint('billing_windows_key', ['interval_us', 'from_us'])
    .execute();
  let found: CreateTableBuilder<string, string> = db.schema.createTable('reconciliations');
  for (const name of ['app', 'diagnosis', 'evidence']) {
    found = found.addColumn(name, 'text', (c) => c.notNull());
  }
  const figures = [
    'interval_start',
    'interval_us',
    'billed_nano',
    'modelled_nano',
    'residual_nano',
  ];
  await addBigints(addBigints(found, figures, true), ['ratio_thousandths'], false)
    .addPrimaryKeyConstraint('reconciliations_key', ['interval_start', 'interval_us', 'app'])
    .execute();
  let prices: CreateTableBuilder<string, string> = db.schema.createTable('price_observations');
  for (const name of ['resource', 'gpu', 'source']) {
    prices = prices.addColumn(name, 'text', (c) => c.notNull());
  }
  await addBigints(prices, ['effective_from', 'pico_usd_per_second'], true)
    .addPrimaryKeyConstraint('price_observations_key', ['resource', 'gpu', 'effective_from'])
    .execute();
}

function addBigints(
  table: CreateTableBuilder<string, string>,
  names: readonly string[],
  required: boolean,
): CreateTableBuilder<string, string> {
  let result = table;
  for (const name of names) {
    result = result.addColumn(name, 'bigint', (c) => (required ? c.notNull() : c));
  }
  return result;
}
