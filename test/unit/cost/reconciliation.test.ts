import { describe, expect, test } from 'vitest';
import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import { replay } from '../../../src/core/occupancy/replay.ts';
import type { Run } from '../../../src/core/occupancy/run.ts';
import { createPriceBook } from '../../../src/core/price-book/price-book.ts';
import type {
  BilledHour,
  ReconciliationInput,
  SettingsChange,
} from '../../../src/core/reconciliation/bill-diagnosis.ts';
import { reconcile } from '../../../src/core/reconciliation/reconcile.ts';
import { parseUsd } from '../../../src/core/units.ts';
import { A100, HOUR, SECOND } from '../../support/cost/records.ts';
import { seededRandom } from '../../support/ledger/sample-requests.ts';
import { type Arrival, type SimulationSettings, simulate } from '../../support/sandbox/simulate.ts';

const book = createPriceBook();
const START = Date.UTC(2026, 10, 16) * 1_000;
const HOURS = 48;
const TRUE: EndpointSettings = { ...A100, maxInputs: 4, scaledownWindowUs: 120 * SECOND };

/** Two days of traffic: by day every 40 s, at night a few an hour. */
function arrivals(prefix: string, seed: number, scale = 1): Arrival[] {
  const random = seededRandom(seed);
  const list: Arrival[] = [];
  let at = START;
  for (let index = 0; at < START + (HOURS - 1) * HOUR; index += 1) {
    const hour = Math.floor(((at - START) / HOUR) % 24);
    const gap = hour >= 8 && hour < 20 ? 40 : 600;
    at += Math.floor(random() * 2 * gap * SECOND * scale);
    list.push({ id: `${prefix}${index}`, at, serviceUs: Math.floor((5 + 40 * random()) * SECOND) });
  }
  return list;
}

interface Scenario {
  /** What Modal was asked for, beyond `TRUE`. */
  readonly deployed?: SimulationSettings;
  /** What the configuration says, beyond `TRUE`. */
  readonly configured?: Partial<EndpointSettings>;
  readonly others?: readonly Arrival[];
  /** The bill as it comes. */
  readonly report?: (bill: BilledHour[]) => BilledHour[];
}

function compare({ deployed = {}, configured = {}, others = [], report }: Scenario) {
  const own = arrivals('r', 1);
  const settings = { ...TRUE, ...configured };
  const modal = {
    maxInputs: TRUE.maxInputs,
    scaledownWindowUs: TRUE.scaledownWindowUs,
    ...deployed,
  };
  const truth = simulate([...own, ...others], {
    ...modal,
    from: START,
    until: START + HOURS * HOUR,
  });
  const ids = new Set(own.map(({ id }) => id));
  const runs: Run[] = truth.requests
    .filter(({ id }) => ids.has(id))
    .map(({ arrivedAt, finishedAt }, ref) => {
      return { ref, start: arrivedAt, end: finishedAt, failed: false, price: 0, claim: null };
    })
    .sort((a, b) => a.start - b.start);
  const modelled = (change: SettingsChange = {}, priced = settings) => {
    const rate = book.containerRate(priced, START)?.rate ?? 0;
    const { scaledownWindowSeconds, ...rest } = change;
    const window =
      scaledownWindowSeconds === undefined
        ? {}
        : { scaledownWindowUs: scaledownWindowSeconds * SECOND };
    const used = { ...priced, ...rest, ...window };
    return replay(runs, {
      ...used,
      rate,
      standingFrom: START,
      until: START + HOURS * HOUR,
      coldStartUs: 0,
    });
  };
  const model = modelled().byHour;
  const host = modelled({}, { ...settings, gpu: 'none' }).byHour;
  const bill = new Map<number, { all: number; host: number }>();
  for (const row of truth.billHours) {
    const start = Date.parse(`${row.interval_start}Z`) * 1_000;
    const sums = bill.get(start) ?? { all: 0, host: 0 };
    sums.all += parseUsd(row.cost);
    if (row.resource === 'CPU' || row.resource === 'Memory') sums.host += parseUsd(row.cost);
    bill.set(start, sums);
  }
  const hours = Array.from({ length: HOURS }, (_, index): BilledHour => {
    const start = START + index * HOUR;
    return {
      start,
      billedNano: bill.get(start)?.all ?? 0,
      billedHostNano: bill.get(start)?.host ?? 0,
      modelledNano: model.get(start) ?? 0,
      modelledHostNano: host.get(start) ?? 0,
    };
  });
  const input: ReconciliationInput = {
    hours: report?.(hours) ?? hours,
    multiplier: book.regionMultiplier(settings.region, START).thousandths,
    pins: [
      { name: 'any', thousandths: 1_000 },
      { name: 'us', thousandths: 1_150 },
      { name: 'us (mid-2026)', thousandths: 1_500 },
      { name: 'us-east', thousandths: 1_750 },
    ],
    gpuCount: settings.gpuCount,
    otherGpus: [
      { name: 'H100', factor: 1_097 / 694 },
      { name: 'A100-40GB', factor: 583 / 694 },
    ],
    billedGpu: null,
    scaledownWindowSeconds: settings.scaledownWindowUs / SECOND,
    maxInputs: settings.maxInputs,
    minContainers: settings.minContainers,
    replay: (change) => modelled(change).byHour,
  };
  return reconcile(input);
}

const daily = (hours: BilledHour[]): BilledHour[] =>
  [0, 24].map((first) => {
    const day = hours.slice(first, first + 24);
    const sum = (pick: (hour: BilledHour) => number | null) =>
      day.reduce((total, hour) => total + (pick(hour) ?? 0), 0);
    return {
      start: day[0]?.start ?? 0,
      billedNano: sum((hour) => hour.billedNano),
      billedHostNano: null,
      modelledNano: sum((hour) => hour.modelledNano),
      modelledHostNano: sum((hour) => hour.modelledHostNano),
    };
  });

const SCENARIOS: readonly [name: string, scenario: Scenario, diagnosis: string][] = [
  ['the configuration is right', {}, 'agrees'],
  ['a region pin is missing', { deployed: { multiplierThousandths: 1_150 } }, 'region_pin'],
  ['a narrow region pin is missing', { deployed: { multiplierThousandths: 1_750 } }, 'region_pin'],
  ['a region pin is configured that is not there', { configured: { region: 'us' } }, 'region_pin'],
  ['a container has two GPUs', { deployed: { gpuCount: 2 } }, 'gpu_count'],
  [
    'the GPU is another one',
    { deployed: { prices: { gpu: 1_097_000_000, cpuCore: 0, memoryGiB: 0 } } },
    'gpu_type',
  ],
  [
    'the scaledown window is longer',
    { deployed: { scaledownWindowUs: 300 * SECOND } },
    'scaledown_window',
  ],
  [
    'the scaledown window is shorter',
    { deployed: { scaledownWindowUs: 60 * SECOND } },
    'scaledown_window',
  ],
  ['a container stands', { deployed: { minContainers: 1 } }, 'standing_containers'],
  ['containers take more inputs', { configured: { maxInputs: 1 } }, 'concurrency'],
  ['traffic skips the proxy', { others: arrivals('x', 9, 3) }, 'outside_traffic'],
  ['cores and memory are missing', { deployed: { cpuCores: 8, memoryGiB: 64 } }, 'host_resources'],
  [
    'health functions share the app',
    {
      report: (hours) =>
        hours.map((hour) => ({
          ...hour,
          billedNano: (hour.billedNano ?? 0) + 60_000_000,
          billedHostNano: 60_000_000,
        })),
    },
    'cpu_functions',
  ],
  [
    'the report is late',
    {
      report: (hours) =>
        hours.map((hour, index) => (index < 30 ? hour : { ...hour, billedNano: null })),
    },
    'report_late',
  ],
  ['the report is by day only', { report: daily }, 'agrees'],
  [
    'the report is by day only and a pin is missing',
    { deployed: { multiplierThousandths: 1_150 }, report: daily },
    'region_pin',
  ],
];

describe('the bill is explained when', () => {
  test.each(SCENARIOS)('%s', (_, scenario, diagnosis) => {
    const result = compare(scenario);
    expect(result.diagnosis, result.explanation).toBe(diagnosis);
    expect(result.explainedThousandths).toBeGreaterThanOrEqual(950);
    expect(result.explanation.length).toBeGreaterThan(20);
    expect(result.residualNano).toBe(result.billedNano - result.modelledNano);
  });
});

test('dollars of others are not charged to requests', () => {
  expect(compare({ others: arrivals('x', 9, 3) }).scaleRequests).toBe(false);
  expect(compare({ deployed: { multiplierThousandths: 1_150 } }).scaleRequests).toBe(true);
});

test('a difference that no setting explains is called so', () => {
  const noise = (hours: BilledHour[]) =>
    hours.map((hour, index) => ({
      ...hour,
      billedNano: (hour.billedNano ?? 0) * (index % 2 === 0 ? 3 : 0.2),
    }));
  expect(compare({ report: noise })).toMatchObject({
    diagnosis: 'unexplained',
    scaleRequests: false,
  });
});
