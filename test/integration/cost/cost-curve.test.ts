import { afterEach, beforeEach, expect, test } from 'vitest';
import { MICROS_PER_DAY, MICROS_PER_SECOND } from '../../../src/core/units.ts';
import { measuredCostCurve } from '../../../src/cost/cost-curve.ts';
import { createWhatIf } from '../../../src/cost/what-if.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import { type Ledger, openLedger } from '../../../src/ledger/open-ledger.ts';
import { createMeasuredCurve } from '../../../src/wiring/measured-curve.ts';
import { pricingOf } from '../../../src/wiring/pricing-of.ts';
import { SAMPLE_START, sampleClosed, samplePrice } from '../../support/ledger/sample-requests.ts';
import { configOf } from '../../unit/config/load.ts';

const WINDOW = { from: SAMPLE_START - 3 * MICROS_PER_DAY, to: SAMPLE_START };
const config = configOf(`
endpoints:
  generate: { upstream: "http://127.0.0.1:1", gpu: A100-80GB, scaledownWindow: 300s, maxInputs: 20 }
`);
const priceBook = pricingOf(config).book;

let ledger: Ledger;
beforeEach(async () => {
  ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
});
afterEach(() => ledger.close());

/** Requests of twenty seconds, ten minutes apart: each one opens a container of its own. */
async function record(count: number): Promise<void> {
  const requests = Array.from({ length: count }, (_, index) =>
    sampleClosed({
      startedAt: WINDOW.from + Math.floor(((WINDOW.to - WINDOW.from) / count) * index),
      durationUs: 20 * MICROS_PER_SECOND,
    }),
  );
  await importRequests(requests, { ledger, price: samplePrice });
}

const curve = () => measuredCostCurve({ ledger, endpoints: config.endpoints, priceBook }, WINDOW);

test('at the recorded volume it is what the replay of the record costs, for a month', async () => {
  await record(432);
  const points = await curve();
  const whatIf = createWhatIf({ ledger, endpoints: config.endpoints, priceBook });
  const [asItWas] = await whatIf.run(WINDOW, { scaledownWindowUs: 300 * MICROS_PER_SECOND });
  const now = points?.find(({ requests }) => requests === 4_320);
  expect(now?.nano).toBe((asItWas?.asConfigured.totalNano ?? 0) * 10);
});

test('a request costs less the more there are, because containers are shared', async () => {
  await record(432);
  const each = (await curve())?.slice(1).map(({ requests, nano }) => nano / requests) ?? [];
  expect(each).toHaveLength(5);
  expect(each).toEqual(each.toSorted((a, b) => b - a));
  expect((each[0] ?? 0) / (each.at(-1) ?? 1)).toBeGreaterThan(1.5);
});

test('nothing but requests costs anything where nothing stands, and few requests say nothing', async () => {
  await record(432);
  expect((await curve())?.[0]).toEqual({ requests: 0, nano: 0 });
  await ledger.close();
  ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
  await record(99);
  expect(await curve()).toBeNull();
});

test('is replayed once in six hours, and anew after a failure', async () => {
  let now = SAMPLE_START;
  const clock = { now: () => now, monotonic: () => now };
  const measured = createMeasuredCurve({ ledger, config, priceBook, clock });
  expect(await measured()).toBeNull();
  await record(432);
  expect(await measured()).toBeNull();
  now += MICROS_PER_DAY / 4;
  expect(await measured()).toHaveLength(6);
});
