import { describe, expect, test } from 'vitest';
import type { BillingRow } from '../../../src/core/billing-row.ts';
import { MICROS_PER_HOUR } from '../../../src/core/units.ts';
import {
  byDay,
  type FaultScenario,
  reconciled,
  times,
  until,
} from '../../support/cost/fault-scenario.ts';
import { SECOND } from '../../support/cost/records.ts';
import { MONDAY } from '../../support/cost/settling.ts';
import { seededRandom } from '../../support/ledger/sample-requests.ts';

interface Fault extends FaultScenario {
  readonly diagnosis: string;
  /** What the explanation tells to change. */
  readonly says: RegExp;
}

/** A health function without a GPU: a cent an hour. */
const healthFunction = (bill: readonly BillingRow[]): BillingRow[] => [
  ...bill,
  ...Array.from({ length: 48 }, (_, hour) => ({
    ...(bill[0] as BillingRow),
    resource: 'CPU',
    intervalStart: MONDAY + hour * MICROS_PER_HOUR,
    costNano: 60_000_000,
  })),
];

const BOOT = { bootUs: 40 * SECOND, allocationUs: 2 * SECOND };

const FAULTS: Record<string, Fault> = {
  'a region pin is missing': {
    deployed: { multiplierThousandths: 1_150 },
    diagnosis: 'region_pin',
    says: /1\.15 times.*`region`/,
  },
  'a narrow region pin is missing': {
    deployed: { multiplierThousandths: 1_750 },
    diagnosis: 'region_pin',
    says: /1\.75 times.*a zone/,
  },
  'a region pin is configured that is not there': {
    configured: { region: 'us' },
    diagnosis: 'region_pin',
    says: /0\.87 times.*region any/,
  },
  'a container has two GPUs': {
    deployed: { gpuCount: 2 },
    diagnosis: 'gpu_count',
    says: /2 GPUs a container, not 1/,
  },
  'the GPU is another one': {
    deployed: { gpu: 'H100', prices: { gpu: 1_097_000_000, cpuCore: 0, memoryGiB: 0 } },
    diagnosis: 'gpu_type',
    says: /H100/,
  },
  'the scaledown window is longer': {
    deployed: { scaledownWindowUs: 300 * SECOND },
    diagnosis: 'scaledown_window',
    says: /about 300 s, not 120 s/,
  },
  'the scaledown window is shorter': {
    deployed: { scaledownWindowUs: 60 * SECOND },
    diagnosis: 'scaledown_window',
    says: /about 60 s, not 120 s/,
  },
  'the scaledown window is longer, containers boot and say who they are': {
    deployed: { scaledownWindowUs: 300 * SECOND, ...BOOT },
    identity: true,
    diagnosis: 'scaledown_window',
    says: /about 300 s, not 120 s/,
  },
  'the scaledown window of one of two endpoints in an app is longer': {
    deployed: { scaledownWindowUs: 300 * SECOND },
    neighbour: true,
    diagnosis: 'scaledown_window',
    says: /about 300 s, not 120 s.* of endpoint generate/,
  },
  'a container stands that is not configured': {
    deployed: { minContainers: 1 },
    diagnosis: 'standing_containers',
    says: /1 standing containers, not 0/,
  },
  'a container is configured that does not stand': {
    configured: { minContainers: 1 },
    diagnosis: 'standing_containers',
    says: /0 standing containers, not 1/,
  },
  'concurrency is over-counted: a container takes more inputs': {
    configured: { maxInputs: 1 },
    diagnosis: 'concurrency',
    says: /inputs a container, not 1/,
  },
  'traffic skips the proxy': {
    othersEvery: 120,
    diagnosis: 'outside_traffic',
    says: /does not pass the proxy/,
  },
  'traffic skips the proxy, and containers say who they are': {
    othersEvery: 120,
    identity: true,
    diagnosis: 'outside_traffic',
    says: /does not pass the proxy/,
  },
  'cores and memory are missing': {
    deployed: { cpuCores: 8, memoryGiB: 64 },
    diagnosis: 'host_resources',
    says: /`cpuCores` and `memoryGiB`/,
  },
  'a function without a GPU shares the app': {
    reports: [healthFunction],
    diagnosis: 'cpu_functions',
    says: /without a GPU/,
  },
  'the price has risen': {
    reports: [(bill) => times(bill, () => 1.08)],
    diagnosis: 'price',
    says: /In every interval the bill is 1\.08/,
  },
  'the price has risen on the second day': {
    reports: [(bill) => times(bill, (hour) => (hour < 24 ? 1 : 1.12))],
    diagnosis: 'price',
    says: /From 2026-11-17T0[0-3]:00:00.*1\.1[12]/,
  },
  'the GPU has no price': {
    configured: { gpu: 'B999' },
    diagnosis: 'unpriced',
    says: /no price for GPU B999.*\$2\.50 per container-hour.*`prices`/,
  },
  'the report is late': {
    reports: [(bill) => until(bill, 30)],
    diagnosis: 'report_late',
    says: /no rows yet/,
  },
  'the report is late and a region pin is missing': {
    deployed: { multiplierThousandths: 1_150 },
    reports: [(bill) => until(bill, 30)],
    diagnosis: 'region_pin',
    says: /1\.15 times/,
  },
  'rows were replaced: the first report was half, and late': {
    deployed: { multiplierThousandths: 1_150 },
    reports: [
      (bill) =>
        until(
          times(bill, () => 0.5),
          20,
        ),
      (bill) => bill,
    ],
    diagnosis: 'region_pin',
    says: /1\.15 times/,
  },
  'the report is by day only and a region pin is missing': {
    deployed: { multiplierThousandths: 1_150 },
    reports: [byDay],
    files: true,
    diagnosis: 'region_pin',
    says: /1\.15 times/,
  },
  'only a part of the days is compared and a container stands': {
    deployed: { minContainers: 1 },
    compared: [15, 40],
    diagnosis: 'standing_containers',
    says: /1 standing containers, not 0/,
  },
  'the report is by day only and the scaledown window is longer': {
    deployed: { scaledownWindowUs: 600 * SECOND },
    reports: [byDay],
    files: true,
    diagnosis: 'scaledown_window',
    says: /about 600 s/,
  },
};

describe('at least 95 % of the bill is explained, and the cause named, when', () => {
  test.each(Object.entries(FAULTS))('%s', async (_, { diagnosis, says, ...scenario }) => {
    const found = await reconciled(scenario);
    expect(found.diagnosis, found.explanation).toBe(diagnosis);
    expect(found.explanation).toMatch(says);
    expect(found.explainedThousandths).toBeGreaterThanOrEqual(950);
    expect(found.residualNano).toBe(found.billedNano - found.modelledNano);
  });
});

const noise = (seed: number) => {
  const random = seededRandom(seed);
  return (bill: readonly BillingRow[]) => times(bill, () => 0.98 + 0.04 * random());
};

const RIGHT: Record<string, FaultScenario> = {
  'as it is': {},
  'with containers that boot': { deployed: BOOT },
  'with containers that boot and say who they are': { deployed: BOOT, identity: true },
  'with a container that stands': {
    deployed: { minContainers: 1 },
    configured: { minContainers: 1 },
  },
  'with a region pin': {
    deployed: { multiplierThousandths: 1_150 },
    configured: { region: 'us' },
  },
  'with two endpoints in the app': { neighbour: true },
  'with a report by day': { reports: [byDay], files: true },
  "with a report by day, compared in another zone's days": {
    reports: [byDay],
    files: true,
    compared: [11, 48],
  },
  'with a first day by day and a second by hour': {
    reports: [
      (bill) => byDay(until(bill, 24)),
      (bill) => bill.filter((row) => !until(bill, 24).includes(row)),
    ],
    files: true,
  },
  'with a report that is 2 % too high': { reports: [(bill) => times(bill, () => 1.02)] },
  'with a report that is 2 % too low': { reports: [(bill) => times(bill, () => 0.98)] },
  ...Object.fromEntries(
    [1, 2, 3, 4].map((seed) => [
      `with noise of 2 % in each hour (${seed})`,
      { seed, reports: [noise(seed)] },
    ]),
  ),
};

describe('a right configuration raises no alarm', () => {
  test.each(Object.entries(RIGHT))('%s', async (_, scenario) => {
    const found = await reconciled(scenario);
    expect(found.diagnosis, found.explanation).toBe('agrees');
    expect(found.explainedThousandths).toBeGreaterThanOrEqual(950);
    expect(found.missing).toBe(0);
  });
});

test('dollars of others are not charged to requests, those of a wrong setting are', async () => {
  const others = await reconciled({ othersEvery: 120 });
  expect(others.scaleRequests).toBe(false);
  const pinned = await reconciled({ deployed: { multiplierThousandths: 1_150 } });
  expect(pinned.scaleRequests).toBe(true);
});
