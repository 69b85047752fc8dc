import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { integerKeyType } from './column-types.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  let containers = db.schema
    .createTable('telemetry_containers')
    .addColumn('container_id', integerKeyType(db), (c) => c.primaryKey());
  for (const name of ['app_id', 'app_name', 'function_id', 'function_name', 'environment']) {
    containers = containers.addColumn(name, 'text', (c) => c.notNull());
  }
  for (const name of ['first_at', 'last_at', 'session_id']) {
    containers = containers.addColumn(name, 'bigint');
  }
  for (const name of [
    ...['samples', 'cold_start_us', 'queue_us', 'execution_us', 'inputs', 'served'],
  ]) {
    containers = containers.addColumn(name, 'bigint', (c) => c.notNull());
  }
  await containers.execute();
  await db.schema
    .createTable('telemetry_counters')
    .addColumn('container_id', 'bigint', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('since', 'bigint')
    .addColumn('value', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('telemetry_counters_key', ['container_id', 'kind'])
    .execute();
  await db.schema
    .createIndex('container_sessions_container')
    .on('container_sessions')
    .column('container_id')
    .where(sql<boolean>`container_id is not null`)
    .execute();
}
