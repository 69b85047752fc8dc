import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import { RULE_STATES, SEVERITIES } from '../../core/verdict.ts';
import { NOTICE_STATUSES } from '../tables/alerts.ts';

type Table = CreateTableBuilder<string, string>;

export async function up(db: Kysely<unknown>): Promise<void> {
  await createStates(db);
  await createNotices(db);
  await createIncidents(db);
  await createJobs(db);
  await createEvidence(db);
}

async function createStates(db: Kysely<unknown>): Promise<void> {
  const table = texts(db.schema.createTable('alert_states'), ['rule', 'period', 'subject'])
    .addColumn('state', 'text', (c) => c.notNull().check(oneOf('state', RULE_STATES)))
    .addColumn('since', 'bigint');
  await texts(integers(table, ['streak', 'evaluated_at']), ['verdict'])
    .addPrimaryKeyConstraint('alert_states_key', ['rule', 'period', 'subject'])
    .execute();
}

async function createNotices(db: Kysely<unknown>): Promise<void> {
  const table = texts(
    db.schema.createTable('notices').addColumn('id', 'text', (c) => c.primaryKey()),
    ['rule', 'period', 'subject', 'kind', 'channel'],
  )
    .addColumn('severity', 'text', (c) => c.notNull().check(oneOf('severity', SEVERITIES)))
    .addColumn('status', 'text', (c) => c.notNull().check(oneOf('status', NOTICE_STATUSES)));
  await texts(integers(table, ['created_at', 'attempts']), ['payload'])
    .addColumn('next_at', 'bigint')
    .addColumn('claimed_by', 'text')
    .addColumn('claimed_until', 'bigint')
    .addColumn('delivered_at', 'bigint')
    .addColumn('last_error', 'text')
    .addColumn('acknowledged_at', 'bigint')
    .addColumn('acknowledged_by', 'text')
    .addUniqueConstraint('notices_once', ['rule', 'period', 'subject', 'kind', 'channel'])
    .execute();
  await db.schema
    .createIndex('notices_due')
    .on('notices')
    .columns(['channel', 'status', 'next_at'])
    .execute();
  await integers(texts(db.schema.createTable('notice_attempts'), ['notice_id', 'status']), [
    'attempt',
    'at',
    'duration_us',
  ])
    .addColumn('error', 'text')
    .execute();
  await db.schema
    .createIndex('notice_attempts_notice')
    .on('notice_attempts')
    .column('notice_id')
    .execute();
  await integers(
    texts(
      db.schema.createTable('silences').addColumn('id', 'text', (c) => c.primaryKey()),
      ['rule', 'by_whom', 'reason'],
    ),
    ['from_us', 'until_us'],
  ).execute();
}

async function createIncidents(db: Kysely<unknown>): Promise<void> {
  await integers(
    texts(
      db.schema.createTable('incidents').addColumn('id', 'text', (c) => c.primaryKey()),
      ['classes'],
    ),
    ['started_at', 'last_failure_at', 'failures', 'endpoint_id'],
  )
    .addColumn('ended_at', 'bigint')
    .execute();
  await db.schema.createIndex('incidents_ended').on('incidents').column('ended_at').execute();
}

async function createJobs(db: Kysely<unknown>): Promise<void> {
  await integers(texts(db.schema.createTable('job_runs'), ['job', 'status', 'holder']), [
    'slot',
    'claimed_until',
    'attempts',
    'started_at',
  ])
    .addColumn('finished_at', 'bigint')
    .addColumn('error', 'text')
    .addPrimaryKeyConstraint('job_runs_key', ['job', 'slot'])
    .execute();
  await integers(
    texts(
      db.schema.createTable('leases').addColumn('name', 'text', (c) => c.primaryKey()),
      ['holder'],
    ),
    ['until_us'],
  ).execute();
  await texts(
    integers(
      db.schema.createTable('checkpoints').addColumn('quarter', 'text', (c) => c.primaryKey()),
      ['at'],
    ),
    ['payload'],
  ).execute();
  await sql`insert into counters (name, value) values ('alert_evaluation', 0), ('incident_seq', 0)`.execute(
    db,
  );
}

async function createEvidence(db: Kysely<unknown>): Promise<void> {
  await integers(texts(db.schema.createTable('evidence_hours'), ['kind']), [
    ...['hour', 'endpoint_id', 'name_id', 'requests', 'bytes'],
    ...['digested_bytes', 'repeatable_bytes'],
  ])
    .addPrimaryKeyConstraint('evidence_hours_key', ['hour', 'kind', 'endpoint_id', 'name_id'])
    .execute();
  await integers(db.schema.createTable('latency_hours'), [
    ...['hour', 'endpoint_id', 'operation_id', 'requests', 'total_us', 'client_us'],
    ...['queue_us', 'queue_known', 'cold_us', 'cold_known', 'generation_us', 'generation_known'],
    ...['network_us', 'network_known'],
  ])
    .addPrimaryKeyConstraint('latency_hours_key', ['hour', 'endpoint_id', 'operation_id'])
    .execute();
}

function texts(table: Table, names: readonly string[]): Table {
  return names.reduce<Table>((t, name) => t.addColumn(name, 'text', (c) => c.notNull()), table);
}

function integers(table: Table, names: readonly string[]): Table {
  return names.reduce<Table>((t, name) => t.addColumn(name, 'bigint', (c) => c.notNull()), table);
}

function oneOf(column: string, values: readonly string[]) {
  return sql`${sql.ref(column)} in (${sql.join(values.map((value) => sql.lit(value)))})`;
}
