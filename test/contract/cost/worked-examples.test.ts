import { expect, test } from 'vitest';
import { costOfRequests } from '../../../src/ledger/queries/cost.ts';
import { spendOf } from '../../../src/ledger/queries/spend.ts';
import { SECOND } from '../../support/cost/records.ts';
import { derived, MONDAY, requestAt, settling } from '../../support/cost/settling.ts';
import { WORKED_EXAMPLES } from '../../support/cost/worked-examples.ts';
import { describeStores } from '../../support/ledger/stores.ts';

const DAY = { from: MONDAY, to: MONDAY + 86_400 * SECOND };

describeStores('a worked example, by ledger and settlement', (store) => {
  test.each(WORKED_EXAMPLES.map((example) => [example.name, example] as const))(
    '%s',
    async (_, given) => {
      const ledger = await store.open();
      const { add, settleAt } = settling(ledger, [given.settings]);
      // Backwards: settlement orders them.
      const records = given.requests.map(([from, to, more]) => requestAt([from, to], more));
      await add(...records.reverse());
      await settleAt(10_000);
      const { sessions, hours, requests } = await derived(ledger);
      expect(sessions.map((one) => [one.busy_us / SECOND, one.idle_us / SECOND])).toEqual(
        given.containers,
      );
      const ran = requests.filter(({ exec_us }) => exec_us !== null && exec_us > 0);
      expect(ran.map((row) => [row.exec_nano, row.overhead_nano])).toEqual(given.costs);
      expect(ran.map((row) => (row.gpu_us ?? 0) / SECOND)).toEqual(given.gpuSeconds);
      expect(requests.every((row) => row.cost_state === 'settled')).toBe(true);
      expect(hours.reduce((sum, hour) => sum + hour.effective_nano, 0)).toBe(given.totalNano);
      const spend = await spendOf(ledger.db, DAY);
      expect(spend.totalNano).toBe(given.totalNano);
      expect(spend.lines.failedNano).toBe(given.failedNano ?? 0);
      expect((await costOfRequests(ledger.db, DAY)).totalNano).toBe(given.totalNano);
    },
  );
});
