import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { apportion } from '../../../src/core/apportion.ts';
import { usdString } from '../../../src/core/units.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { costBy } from '../../../src/ledger/queries/cost.ts';
import { spendOf } from '../../../src/ledger/queries/spend.ts';
import { A100, SECOND } from '../../support/cost/records.ts';
import { MONDAY, requestAt, settling } from '../../support/cost/settling.ts';

/** Ten pipeline runs of two to four calls, 27 calls and 382.3 s of work in all, one after the other. */
const CALLS = [3, 2, 3, 2, 4, 2, 3, 2, 3, 3];
const BUSY_SECONDS = 382.3;
const COLD_SECONDS = 423.71;
const WINDOW = { from: MONDAY, to: MONDAY + 86_400 * SECOND };
const ENDPOINT = { ...A100, scaledownWindowUs: 600 * SECOND };

function tenRuns(cold: boolean) {
  const calls = CALLS.flatMap((count, run) =>
    Array.from({ length: count }, () => `run-${run + 1}`),
  );
  const weights = calls.map((_, index) => 10 + ((index * 7) % 11));
  // Whole microseconds: the calls' lengths sum to the work exactly.
  const lengths = apportion(BUSY_SECONDS * SECOND, weights);
  let at = 1_000 * SECOND;
  return calls.map((group, index) => {
    const from = at / SECOND;
    at += lengths[index] ?? 0;
    const second = at / SECOND;
    const claims =
      cold && index === 0
        ? {
            containerId: 'ta-1',
            coldStart: true,
            containerAgeUs: COLD_SECONDS * SECOND,
            readyDelayUs: COLD_SECONDS * SECOND,
            queueUs: 0,
          }
        : {};
    return requestAt([from, second], { group, ...claims });
  });
}

async function settled(cold: boolean) {
  const ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
  const { add, settleAt } = settling(ledger, [ENDPOINT]);
  await add(...tenRuns(cold));
  await settleAt(80_000);
  const spend = await spendOf(ledger.db, WINDOW);
  const groups = await costBy(ledger.db, 'group', WINDOW);
  await ledger.close();
  return { spend, groups };
}

const dollars = (nano: number) => `$${(nano / 1e9).toFixed(4)}`;

test('ten runs cost four to fifteen times what latency × price says, as the README shows', async () => {
  const claim = Math.round((BUSY_SECONDS * 0.6 * 1e9) / 3_600) + 10 * 100_000;
  const warm = await settled(false);
  const cold = await settled(true);
  const busy = warm.spend.lines.busyNano;
  expect(usdString(busy)).toBe('0.265316200');
  expect(usdString(warm.spend.totalNano)).toBe('0.681716200');
  expect(usdString(cold.spend.totalNano)).toBe('0.975770940');
  const readme = readFileSync(new URL('../../../src/cost/README.md', import.meta.url), 'utf8');
  for (const [name, nano] of [
    ['latency × $0.60/h + $0.0001', claim],
    ['busy time at list price', busy],
    ['+ idle tail of 600 s', warm.spend.totalNano],
    ['+ one cold start of 423.71 s', cold.spend.totalNano],
  ] as const) {
    const cells = [dollars(nano), dollars(nano / 10), `${(nano / claim).toFixed(1)}×`];
    expect(readme).toContain(`| ${name} | ${cells.join(' | ')} |`);
  }
});

test('the runs’ costs sum to the container’s, whatever it did', async () => {
  for (const cold of [false, true]) {
    const { spend, groups } = await settled(cold);
    expect(groups).toHaveLength(10);
    expect(groups.reduce((sum, { totalNano }) => sum + totalNano, 0)).toBe(spend.totalNano);
  }
});
