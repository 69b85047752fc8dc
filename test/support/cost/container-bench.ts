import { loadConfig } from '../../../src/config/load-config.ts';
import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import { parseUsd } from '../../../src/core/units.ts';
import { type Ledger, openLedger } from '../../../src/ledger/open-ledger.ts';
import { spendOf } from '../../../src/ledger/queries/spend.ts';
import { modalJobs } from '../../../src/office/modal-jobs.ts';
import { serialQueue } from '../../../src/office/serial-queue.ts';
import { pricingOf } from '../../../src/wiring/pricing-of.ts';
import { memoryLog } from '../export/memory-log.ts';
import { startFakeModal } from '../fake-modal/fake-modal.ts';
import { callsKnown, containersKnown } from '../fake-modal/simulated-facts.ts';
import { DEFAULT_DEPLOYMENT } from '../sandbox/deployment.ts';
import type { SimulationSettings } from '../sandbox/simulate.ts';
import { A100, HOUR, SECOND } from './records.ts';
import { MONDAY, settling } from './settling.ts';
import { type SimulatedTraffic, simulatedTraffic } from './simulated-traffic.ts';

/** As configured: the scaledown window is wrong, the deployment's is five minutes. */
const ENDPOINT: EndpointSettings = { ...A100, maxInputs: 4, scaledownWindowUs: 60 * SECOND };
const MODAL: SimulationSettings = {
  ...DEFAULT_DEPLOYMENT,
  ...{ maxInputs: 4, scaledownWindowUs: 300 * SECOND },
  ...{ allocationUs: 7 * SECOND, bootUs: 90 * SECOND },
};
const NOW = MONDAY + 8 * HOUR;
const DAY = { from: MONDAY, to: MONDAY + 24 * HOUR };

/** Seconds and work of requests: alone, in company, within the window, after it. */
export const ARRIVALS = [
  [100, 20],
  [230, 30],
  [235, 12.345],
  [236, 5],
  [500, 10],
  [900, 40],
  [3_590, 30],
  [3_700, 2],
  [9_000, 1],
].map(([at = 0, work = 0], index) => ({
  id: `r${index}`,
  at: MONDAY + at * SECOND,
  serviceUs: work * SECOND,
}));

export function trafficOf(
  given: { identity: boolean } & Partial<SimulationSettings>,
): SimulatedTraffic {
  const { identity, ...over } = given;
  const settings = { ...MODAL, ...over };
  return simulatedTraffic(ENDPOINT, { arrivals: ARRIVALS, modal: settings, identity, salt: 1 });
}

export const billOf = ({ bill }: SimulatedTraffic) =>
  bill.reduce((sum, { cost }) => sum + parseUsd(cost), 0);

function configOf(env: Record<string, string>) {
  const loaded = loadConfig({
    text:
      'billing: { token: { id: { env: ID }, secret: { env: SECRET } } }\n' +
      'endpoints: { generate: { upstream: https://ws--generate.modal.run, gpu: A100-80GB } }\n',
    file: '/tripmeter.yaml',
    workingDir: '/',
    secretSources: { env, readFile: () => '' },
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

export const livesOf = ({ containers }: SimulatedTraffic) =>
  containers.map(({ billedFrom, closedAt }) => [billedFrom, closedAt]);

export type ContainerBench = Awaited<ReturnType<typeof createContainerBench>>;

/** A fake Modal that `MODAL_SERVER_URL` names, a ledger, and the office's job between them. */
export async function createContainerBench() {
  const modal = await startFakeModal();
  const serverUrl = process.env.MODAL_SERVER_URL;
  process.env.MODAL_SERVER_URL = modal.url;
  const ledger = await openLedger({ kind: 'sqlite', file: ':memory:' });
  const sessions = () =>
    ledger.db.selectFrom('container_sessions').selectAll().orderBy('started_at').execute();
  return {
    modal,
    ledger,
    sessions,
    lives: async () => (await sessions()).map((each) => [each.started_at, each.closed_at]),
    levels: async () => [...new Set((await sessions()).map(({ level }) => level))],
    known: (state: 'ended' | 'unknown') =>
      ledger.db.selectFrom('container_lifetimes').selectAll().where('state', '=', state).execute(),
    /** Puts the traffic into a ledger and settles it; Modal knows its containers and calls. */
    office: async (traffic: SimulatedTraffic, options: OfficeOptions = {}) => {
      modal.containers = containersKnown(traffic.containers);
      modal.calls = callsKnown(traffic.runs, traffic.containers);
      return await officeOf(options.store ?? ledger, traffic, options);
    },
    close: async () => {
      if (serverUrl === undefined) delete process.env.MODAL_SERVER_URL;
      else process.env.MODAL_SERVER_URL = serverUrl;
      await ledger.close();
      await modal.close();
    },
  };
}

interface OfficeOptions {
  readonly env?: Record<string, string>;
  /** Settled before Modal is asked; true unless told. */
  readonly settled?: boolean;
  readonly store?: Ledger;
}

async function officeOf(
  ledger: Ledger,
  traffic: SimulatedTraffic,
  { env = { ID: 'ak-fake', SECRET: 'as-fake' }, settled = true }: OfficeOptions,
) {
  const { add, settleAt } = settling(ledger, [ENDPOINT]);
  await add(...traffic.requests);
  if (settled) await settleAt(7 * 3_600);
  const config = configOf(env);
  const log = memoryLog();
  const clock = { now: () => NOW, monotonic: () => NOW };
  const jobs = modalJobs({
    ledger,
    config,
    clock,
    log,
    pricing: pricingOf(config),
    inTurn: serialQueue(),
  });
  const job = jobs.find(({ name }) => name === 'modal-containers');
  return {
    ask: async (signal = new AbortController().signal) => {
      await job?.run({ slot: NOW, late: false, now: NOW, signal });
      return log.lines.at(-1)?.fields ?? {};
    },
    settle: () => settleAt(7.5 * 3_600),
    total: async () => (await spendOf(ledger.db, DAY)).modelledNano,
  };
}
