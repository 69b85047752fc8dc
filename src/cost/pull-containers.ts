import type { EndpointSettings } from '../core/endpoint.ts';
import { parseGpu } from '../core/price-book/gpu-name.ts';
import { type EpochMicros, MICROS_PER_DAY, MICROS_PER_HOUR, type Micros } from '../core/units.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { type CallsStored, storeCallPage } from '../ledger/queries/call-reports.ts';
import {
  type CallsToAsk,
  type ContainerToAsk,
  callsToAsk,
  containersToAsk,
  gpuCountsSeen,
} from '../ledger/queries/container-questions.ts';
import { storeContainerReports } from '../ledger/queries/container-reports.ts';
import { endpointNumbers } from '../ledger/queries/endpoint-numbers.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContainerReport, ContainerSource } from '../ports/container-source.ts';

export interface ContainerPullSettings {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly source: ContainerSource;
  /** As configured now. */
  readonly endpoints: readonly EndpointSettings[];
  /** Containers whose session closed, and calls that came, within this time before now. */
  readonly lookBackUs: Micros;
  /** Containers that are asked about in one pull. Default 500. */
  readonly most?: number;
}

export interface ContainerPullReport {
  /** Calls whose container is known now, and calls that belong to no recorded request. */
  readonly calls: number;
  readonly otherCalls: number;
  readonly asked: number;
  /** Of those asked about: ended, still running, not known to Modal. */
  readonly ended: number;
  readonly running: number;
  readonly unknown: number;
  /** Lives that were not known before: their sessions are settled again. */
  readonly changed: number;
  /** Endpoints whose containers have another number of GPUs than is configured: they are priced wrongly. */
  readonly gpuDifferences: readonly GpuDifference[];
}

export interface GpuDifference {
  readonly endpoint: string;
  readonly configured: number;
  readonly seen: number;
}

const MOST = 500;

/** Modal lists calls of the last seven days; an hour is left for clocks and slow answers. */
const CALLS_KEPT_US = 7 * MICROS_PER_DAY - MICROS_PER_HOUR;

/** So many answers are stored together: what a broken pull had stays. */
const STORED_TOGETHER = 25;

/** The ledger may be so far behind the proxy: calls without a request would be taken for others'. */
const SETTLED_DOWN_US: Micros = 120_000_000;

/**
 * Asks Modal where calls ran and when containers started and ended. What has come is stored step by step, so a
 * pull that breaks keeps it and the next one goes on from there.
 * @throws what the source threw, after what did come was stored.
 */
export async function pullContainers(
  settings: ContainerPullSettings,
  signal: AbortSignal,
): Promise<ContainerPullReport> {
  const now = settings.clock.now();
  const calls = await settled(pullCalls(settings, now, signal));
  // A refusal may be of this question only; whoever asks too fast asks nothing more.
  if (!calls.ok && (calls.error as { retryable?: unknown }).retryable !== false) throw calls.error;
  const lives = await pullLives(settings, now, signal);
  if (!calls.ok) throw calls.error;
  const gpuDifferences = await gpuDifferencesOf(settings, now - settings.lookBackUs);
  return { ...calls.value, ...lives, gpuDifferences };
}

async function gpuDifferencesOf(
  { ledger, endpoints }: ContainerPullSettings,
  from: EpochMicros,
): Promise<GpuDifference[]> {
  const numbers = await endpointNumbers(ledger.db);
  const seen = await gpuCountsSeen(ledger.db, from);
  return endpoints.flatMap(({ name, gpu, gpuCount }) => {
    const request = parseGpu(gpu);
    const configured = request === null ? 0 : (request.count ?? gpuCount);
    return seen
      .filter((one) => one.endpoint === numbers.get(name) && one.gpuCount !== configured)
      .map((one) => ({ endpoint: name, configured, seen: one.gpuCount }));
  });
}

type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; error: unknown };

async function settled<T>(work: Promise<T>): Promise<Settled<T>> {
  try {
    return { ok: true, value: await work };
  } catch (error) {
    return { ok: false, error };
  }
}

async function pullCalls(
  settings: ContainerPullSettings,
  now: EpochMicros,
  signal: AbortSignal,
): Promise<Pick<ContainerPullReport, 'calls' | 'otherCalls'>> {
  const { ledger, lookBackUs, endpoints } = settings;
  const numbers = await endpointNumbers(ledger.db);
  const wanted = endpoints.flatMap(({ name }) => numbers.get(name) ?? []);
  const from = now - Math.min(lookBackUs, CALLS_KEPT_US);
  const sums = { calls: 0, otherCalls: 0 };
  for (const work of await callsToAsk(ledger.db, wanted, from)) {
    for (const [functionId, until] of await functionsOf(settings.source, work, signal)) {
      const source = { endpoint: work.endpoint, functionId };
      const window = { from: Math.max(from, until ?? from), to: now - SETTLED_DOWN_US };
      await pullCallsOf(settings, { ...source, ...window, now, signal }, sums);
    }
  }
  return sums;
}

/** The endpoint's functions, with the one behind its newest calls: an app that was deployed anew has others. */
async function functionsOf(
  source: ContainerSource,
  { functionCallIds, functions }: CallsToAsk,
  signal: AbortSignal,
): Promise<Map<string, EpochMicros | null>> {
  const found = new Map<string, EpochMicros | null>(
    functions.map(({ functionId, until }) => [functionId, until]),
  );
  for (const call of functionCallIds) {
    const functionId = await source.functionOf(call, { signal });
    if (functionId === null) continue;
    if (!found.has(functionId)) found.set(functionId, null);
    break;
  }
  return found;
}

async function pullCallsOf(
  { ledger, source }: ContainerPullSettings,
  asked: {
    readonly endpoint: number;
    readonly functionId: string;
    readonly from: EpochMicros;
    readonly to: EpochMicros;
    readonly now: EpochMicros;
    readonly signal: AbortSignal;
  },
  sums: { calls: number; otherCalls: number },
): Promise<void> {
  let heldAt: EpochMicros | null = null;
  if (asked.from >= asked.to) return;
  for await (const page of source.calls(asked)) {
    const held: { readonly now: EpochMicros; readonly heldAt: EpochMicros | null } = {
      now: asked.now,
      heldAt,
    };
    const stored: CallsStored = await ledger.db
      .transaction()
      .execute((trx) => storeCallPage(trx, asked, page, held));
    if (stored.knownUntil < page.to) heldAt = stored.knownUntil;
    sums.calls += stored.matched;
    sums.otherCalls += stored.others;
  }
}

async function pullLives(
  settings: ContainerPullSettings,
  now: EpochMicros,
  signal: AbortSignal,
): Promise<Omit<ContainerPullReport, 'calls' | 'otherCalls' | 'gpuDifferences'>> {
  const { ledger, source, lookBackUs, most = MOST } = settings;
  const window = { from: now - lookBackUs, until: now - SETTLED_DOWN_US, limit: most };
  const wanted = await containersToAsk(ledger.db, window);
  const byName = new Map(wanted.map((each) => [each.name, each]));
  const sums = { asked: 0, ended: 0, running: 0, unknown: 0, changed: 0 };
  const waiting: (ContainerToAsk & { readonly report: ContainerReport })[] = [];
  const store = async () => {
    const reports = waiting.splice(0);
    sums.changed += await ledger.db
      .transaction()
      .execute((trx) => storeContainerReports(trx, reports, now));
  };
  try {
    for await (const report of source.containers([...byName.keys()], { signal })) {
      const asked = byName.get(report.containerId);
      if (asked === undefined) continue;
      sums.asked += 1;
      sums[report.state] += 1;
      waiting.push({ ...asked, report });
      if (waiting.length >= STORED_TOGETHER) await store();
    }
  } finally {
    await store();
  }
  return sums;
}
