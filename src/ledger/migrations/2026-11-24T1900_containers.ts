import type { Kysely } from 'kysely';
import { integerKeyType } from './column-types.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  let lifetimes = db.schema
    .createTable('container_lifetimes')
    .addColumn('container_id', integerKeyType(db), (c) => c.primaryKey());
  for (const name of ['state', 'app_id', 'gpu']) {
    lifetimes = lifetimes.addColumn(name, 'text', (c) => c.notNull());
  }
  lifetimes = lifetimes.addColumn('result', 'text');
  for (const name of ['enqueued_at', 'ready_at', 'ended_at', 'gpu_count']) {
    lifetimes = lifetimes.addColumn(name, 'bigint');
  }
  await lifetimes.addColumn('asked_at', 'bigint', (c) => c.notNull()).execute();
  await db.schema
    .createTable('call_facts')
    .addColumn('request_seq', integerKeyType(db), (c) => c.primaryKey())
    .addColumn('started_at', 'bigint', (c) => c.notNull())
    .addColumn('container_id', 'bigint', (c) => c.notNull())
    .addColumn('run_from', 'bigint', (c) => c.notNull())
    .addColumn('run_us', 'bigint')
    .addColumn('boot_us', 'bigint')
    .execute();
  await db.schema.createIndex('call_facts_started').on('call_facts').column('started_at').execute();
  await db.schema
    .createTable('call_sources')
    .addColumn('endpoint_id', 'bigint', (c) => c.notNull())
    .addColumn('function_id', 'text', (c) => c.notNull())
    .addColumn('asked_until', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('call_sources_key', ['endpoint_id', 'function_id'])
    .execute();
}
