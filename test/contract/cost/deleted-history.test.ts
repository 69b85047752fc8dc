import { expect, test } from 'vitest';
import { MICROS_PER_DAY } from '../../../src/core/units.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { spendOf } from '../../../src/ledger/queries/spend.ts';
import { runRetention } from '../../../src/ledger/retention.ts';
import { A100, SECOND } from '../../support/cost/records.ts';
import { MONDAY, requestAt, type Settling, settling } from '../../support/cost/settling.ts';
import { describeStores } from '../../support/ledger/stores.ts';

const DAY = 86_400;
const ONE = 48_580_000;
const KEPT_DAYS = 90;

/** A request a day for 120 days, settled day by day; then what is older than 90 days is deleted. */
async function longHistory(ledger: Ledger): Promise<Settling> {
  const kit = settling(ledger);
  for (let day = 0; day < 120; day += 1) {
    await kit.add(requestAt([day * DAY + 36_000, day * DAY + 36_010]));
    kit.setNow(day * DAY + 80_000);
    await kit.settlement.run();
  }
  kit.setNow(120 * DAY);
  await kit.settlement.run();
  const keepUs = { requests: KEPT_DAYS * MICROS_PER_DAY };
  await runRetention({ ledger, clock: kit.clock, keepUs });
  return kit;
}

const spent = async (ledger: Ledger, from: number, to: number) =>
  (
    await spendOf(ledger.db, {
      from: MONDAY + from * DAY * SECOND,
      to: MONDAY + to * DAY * SECOND,
    })
  ).totalNano;

describeStores('a request that comes after what it ran beside was deleted', (store) => {
  test.each([
    ['older than anything that is kept', 10],
    ['of a day that is kept', 60],
    ['of yesterday', 119],
  ])('%s is added to what was settled, which stays', async (_name, day) => {
    const ledger = await store.open();
    const { add, settlement } = await longHistory(ledger);
    expect(await spent(ledger, 0, 120)).toBe(120 * ONE);
    await add(requestAt([day * DAY + 50_000, day * DAY + 50_010]));
    await settlement.run();
    expect(await spent(ledger, day, day + 1)).toBe(2 * ONE);
    expect(await spent(ledger, 0, 120)).toBe(121 * ONE);
    // Once settled it stays, whatever comes next to its pool.
    await add(requestAt([118 * DAY + 60_000, 118 * DAY + 60_010]));
    await settlement.run();
    expect(await spent(ledger, 0, 120)).toBe(122 * ONE);
  });

  test('settles by itself when several come, and shares a container with those', async () => {
    const ledger = await store.open();
    const { add, settlement } = await longHistory(ledger);
    const at = 5 * DAY;
    await add(
      requestAt([at, at + 10]),
      requestAt([at + 30, at + 40]),
      requestAt([at + 45, at + 50]),
    );
    await settlement.run();
    // Busy 25 s, idle 20 + 5 s between and 60 s after.
    expect(await spent(ledger, 5, 6)).toBe(ONE + 110 * 694_000);
    const rows = await ledger.db
      .selectFrom('container_sessions')
      .select(['requests', 'opened_at'])
      .where('requests', '=', 3)
      .execute();
    expect(rows).toEqual([{ requests: 3, opened_at: MONDAY + at * SECOND }]);
  });
});

describeStores('containers that stand', (store) => {
  test('cost money before their first request, from when they were first seen', async () => {
    const ledger = await store.open();
    const kit = settling(ledger, [{ ...A100, minContainers: 2 }]);
    kit.setNow(0);
    await kit.settlement.run();
    kit.setNow(10 * DAY);
    await kit.settlement.run({ until: MONDAY + 10 * DAY * SECOND });
    expect(await spent(ledger, 0, 30)).toBe(2 * 10 * DAY * 694_000);
    await kit.add(requestAt([10 * DAY + 100, 10 * DAY + 110]));
    kit.setNow(11 * DAY);
    await kit.settlement.run({ until: MONDAY + 11 * DAY * SECOND });
    expect(await spent(ledger, 0, 30)).toBe(2 * 11 * DAY * 694_000);
  });
});
