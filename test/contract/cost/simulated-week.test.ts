import { expect, test } from 'vitest';
import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import { parseUsd } from '../../../src/core/units.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { spendByEndpoint, spendByHour } from '../../../src/ledger/queries/spend.ts';
import { storeContainerFacts } from '../../../src/ledger/queries/telemetry.ts';
import type { ContainerFact } from '../../../src/ports/collector.ts';
import { A100, SECOND } from '../../support/cost/records.ts';
import { MONDAY, settling } from '../../support/cost/settling.ts';
import { simulatedTraffic } from '../../support/cost/simulated-traffic.ts';
import { seededRandom } from '../../support/ledger/sample-requests.ts';
import type { Container } from '../../support/sandbox/container-pool.ts';
import { DEFAULT_DEPLOYMENT } from '../../support/sandbox/deployment.ts';
import type { Arrival } from '../../support/sandbox/simulate.ts';

const WEEK = 7 * 86_400;

interface Workload {
  readonly endpoint: EndpointSettings;
  readonly bootSeconds: number;
  /** Mean seconds between requests by day and by night, and mean seconds of work. */
  readonly day: number;
  readonly night: number;
  readonly work: number;
}

const WORKLOADS: readonly Workload[] = [
  {
    endpoint: { ...A100, name: 'generate', maxInputs: 4, scaledownWindowUs: 300 * SECOND },
    ...{ bootSeconds: 90, day: 60, night: 2_400, work: 30 },
  },
  {
    endpoint: { ...A100, name: 'chat', gpu: 'H100', maxInputs: 8, scaledownWindowUs: 120 * SECOND },
    ...{ bootSeconds: 40, day: 15, night: 300, work: 8 },
  },
  {
    endpoint: { ...A100, name: 'solve', gpu: 'L40S', maxInputs: 4, minContainers: 1 },
    ...{ bootSeconds: 20, day: 90, night: 1_200, work: 60 },
  },
];

const PRICES: Record<string, number> = { 'A100-80GB': 694e6, H100: 1_097e6, L40S: 542e6 };

function arrivalsOf({ endpoint, day, night, work }: Workload, seed: number): Arrival[] {
  const random = seededRandom(seed);
  const exponential = (mean: number) => -Math.log(1 - random()) * mean;
  const list: Arrival[] = [];
  for (let second = 60; second < WEEK - 7_200; ) {
    const hour = Math.floor(second / 3_600) % 24;
    second += exponential(hour >= 8 && hour < 20 ? day : night);
    list.push({
      id: `${endpoint.name}-${list.length}`,
      at: MONDAY + Math.floor(second * SECOND),
      serviceUs: Math.floor((1 + exponential(work)) * SECOND),
    });
  }
  return list;
}

/** The same with one input a container: Modal boots for what waits, and others often serve it first. */
const SINGLE: readonly Workload[] = WORKLOADS.map((workload) => ({
  ...workload,
  endpoint: {
    ...workload.endpoint,
    maxInputs: 1,
    minContainers: 0,
    modalApp: workload.endpoint.name,
  },
}));

const PUSH_US = 60 * SECOND;

/** What Modal would push of a container: a point a minute while it runs. */
function runningFacts(name: string, container: Container, phase: number): ContainerFact[] {
  const facts: ContainerFact[] = [];
  const end = container.closedAt ?? container.billedFrom;
  const first = container.billedFrom - (container.billedFrom % PUSH_US) + phase;
  for (let at = first; at < end; at += PUSH_US) {
    if (at < container.billedFrom) continue;
    facts.push({
      ...{ kind: 'containers_running', at, since: null, temporality: 'gauge', value: 1, count: 1 },
      ...{ containerId: container.id, appId: null, appName: name, environment: 'main' },
      ...{ functionId: `fu-${name}`, functionName: name },
    });
  }
  return facts;
}

async function settledWeek(identity: boolean, { workloads = WORKLOADS, telemetry = false } = {}) {
  const ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
  const { add, settleAt } = settling(
    ledger,
    workloads.map(({ endpoint }) => endpoint),
  );
  const truth = new Map<number, number>();
  const billedBy = new Map<string, number>();
  let unserved = 0;
  for (const [index, workload] of workloads.entries()) {
    const { endpoint, bootSeconds } = workload;
    const { requests, bill, containers } = simulatedTraffic(endpoint, {
      arrivals: arrivalsOf(workload, index + 1),
      identity,
      salt: index,
      modal: {
        app: { ...DEFAULT_DEPLOYMENT.app, name: endpoint.name },
        maxInputs: endpoint.maxInputs,
        scaledownWindowUs: endpoint.scaledownWindowUs,
        minContainers: endpoint.minContainers,
        bootUs: bootSeconds * SECOND,
        allocationUs: 2 * SECOND,
        prices: { gpu: PRICES[endpoint.gpu] ?? 0, cpuCore: 0, memoryGiB: 0 },
        until: MONDAY + WEEK * SECOND,
      },
    });
    await add(...requests);
    const served = new Set(requests.map(({ containerId }) => containerId));
    unserved += containers.filter(({ id }) => !served.has(id)).length;
    const facts = containers.flatMap((one) => runningFacts(endpoint.name, one, 7 * index * SECOND));
    if (telemetry) await ledger.db.transaction().execute((trx) => storeContainerFacts(trx, facts));
    for (const row of bill) {
      const hour = Date.parse(`${row.interval_start}Z`) * 1_000;
      const nano = parseUsd(row.cost);
      truth.set(hour, (truth.get(hour) ?? 0) + nano);
      billedBy.set(endpoint.name, (billedBy.get(endpoint.name) ?? 0) + nano);
    }
  }
  await settleAt(WEEK);
  const window = { from: MONDAY, to: MONDAY + WEEK * SECOND };
  const hours = await spendByHour(ledger.db, window);
  const endpoints = await spendByEndpoint(ledger.db, window);
  await ledger.close();
  const settled = hours.reduce((sum, hour) => sum + hour.effectiveNano, 0);
  const billed = [...truth.values()].reduce((sum, nano) => sum + nano, 0);
  return {
    hours: new Map(hours.map((hour) => [hour.hour, hour])),
    truth,
    unserved,
    settled,
    billed,
    /** What was settled by what was billed, of each endpoint. */
    ratios: endpoints.map((one) => one.effectiveNano / (billedBy.get(one.endpoint ?? '') ?? 0)),
  };
}

test('where containers say who they are, a week settles within 1 % of the bill', async () => {
  const { settled, billed, ratios } = await settledWeek(true);
  expect(billed).toBeGreaterThan(100_000_000_000);
  expect(Math.abs(settled / billed - 1)).toBeLessThan(0.01);
  expect(ratios).toHaveLength(3);
  // Alone, an endpoint shows more of the boots that serve nothing: they say nothing either.
  for (const ratio of ratios) expect(Math.abs(ratio - 1)).toBeLessThan(0.015);
});

// A container that boots and never answers says nothing: only telemetry or the bill shows it.
test('with one input a container, telemetry shows the boots that served nothing', async () => {
  const blind = await settledWeek(true, { workloads: SINGLE });
  expect(blind.unserved).toBeGreaterThan(20);
  const seeing = await settledWeek(true, { workloads: SINGLE, telemetry: true });
  expect(Math.abs(seeing.settled / seeing.billed - 1)).toBeLessThan(0.01);
  expect(Math.abs(seeing.settled - seeing.billed)).toBeLessThan(blind.billed - blind.settled);
});

test('where they do not, the bill lies between low and high in 95 % of the hours', async () => {
  const { hours, truth, settled, billed } = await settledWeek(false);
  const inside = [...truth].filter(([hour, nano]) => {
    const { lowNano = 0, highNano = 0 } = hours.get(hour) ?? {};
    return lowNano <= nano && nano <= highNano;
  });
  expect(truth.size).toBeGreaterThan(WEEK / 3_600 - 2);
  expect(inside.length / truth.size).toBeGreaterThanOrEqual(0.95);
  // Bounds that hold because they are wide would say nothing.
  const widths = [...truth].map(([hour, nano]) => {
    const { lowNano = 0, highNano = 0 } = hours.get(hour) ?? {};
    return (highNano - lowNano) / nano;
  });
  expect(widths.sort((a, b) => a - b)[widths.length / 2]).toBeLessThan(1.5);
  expect(Math.abs(settled / billed - 1)).toBeLessThan(0.01);
});
