import type { Kysely } from 'kysely';
import type { LeaseStore } from '../../ports/alerts.ts';
import type { Database } from '../database.ts';

/** Leases by name: whoever holds one renews it in time, or loses it. */
export function leaseStore(db: Kysely<Database>): LeaseStore {
  return {
    acquire: async ({ name, holder, now, until }) => {
      await db
        .insertInto('leases')
        .values({ name, holder, until_us: now })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute();
      const { numUpdatedRows } = await db
        .updateTable('leases')
        .set({ holder, until_us: until })
        .where('name', '=', name)
        .where((eb) => eb.or([eb('holder', '=', holder), eb('until_us', '<=', now)]))
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    release: async (name, holder) => {
      await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
    },
  };
}
