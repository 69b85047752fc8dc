import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { up } from '../../../src/ledger/migrations/2026-11-24T2010_request_costs.ts';
import { findRequest } from '../../../src/ledger/queries/requests.ts';
import { derived, requestAt, settling } from '../../support/cost/settling.ts';
import { describeStores } from '../../support/ledger/stores.ts';

describeStores('a ledger from before costs had a table of their own', (store) => {
  test('keeps what it had settled, and settles on', async () => {
    const ledger = await store.open();
    const { add, settleAt } = settling(ledger);
    const open = requestAt([300, 310]);
    await add(requestAt([0, 10]), requestAt([5, 15]), open);
    await add(requestAt([20, 21], { paid: 'no', outcome: 'rejected' }));
    await settleAt(330);
    const before = await derived(ledger);
    const costs = await ledger.db.selectFrom('request_costs').selectAll().orderBy('seq').execute();
    expect(costs.length).toBe(4);

    for (const cost of costs.filter(({ session_id }) => session_id > 0)) {
      await sql`update requests set session_id = ${cost.session_id}, exec_us = ${cost.exec_us},
        gpu_us = ${cost.gpu_us}, exec_nano = ${cost.exec_nano}, low_nano = ${cost.low_nano},
        overhead_nano = ${cost.overhead_nano}, high_nano = ${cost.high_nano},
        price_id = ${cost.price_id} where seq = ${cost.seq}`.execute(ledger.db);
    }
    await sql`update requests set session_id = 0
      where seq in (select seq from request_costs where session_id = 0)`.execute(ledger.db);
    await ledger.db.schema.dropTable('request_costs').execute();
    await up(ledger.db as never);

    expect(await derived(ledger)).toEqual(before);
    expect(await settleAt(1_000)).toMatchObject({ settled: 1, rewound: 0, corrections: 0 });
    expect(await findRequest(ledger.db, open.id)).toMatchObject({ costState: 'settled' });
  });
});
