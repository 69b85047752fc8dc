import { type Kysely, sql } from 'kysely';
import { integerKeyType } from './column-types.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('export_cursors')
    .addColumn('sink', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('position', 'bigint', (c) => c.notNull())
    .addColumn('advanced_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('export_cursors_key', ['sink', 'stream'])
    .execute();
  await db.schema
    .createTable('export_rejected')
    .addColumn('sink', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('position', 'bigint', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('rejected_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('export_rejected_key', ['sink', 'stream', 'position'])
    .execute();
  await db.schema
    .createTable('cost_changes')
    .addColumn('seq', integerKeyType(db), (c) => c.primaryKey())
    .addColumn('request_seq', 'bigint', (c) => c.notNull())
    .addColumn('cost_state', 'text', (c) => c.notNull())
    .addColumn('total_nano', 'bigint', (c) => c.notNull())
    .addColumn('previous_nano', 'bigint')
    .addColumn('changed_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('alert_events')
    .addColumn('seq', integerKeyType(db), (c) => c.primaryKey())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('began', 'integer', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .execute();
  await sql`insert into counters (name, value) values ('cost_change_seq', 0), ('alert_event_seq', 0)`.execute(
    db,
  );
}
