import { randomBytes } from 'node:crypto';
import { createProxy, type Proxy as DropInProxy } from '../../../src/proxy/proxy-server.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_UPSTREAM,
  type ProxyEndpoint,
  type ProxySettings,
} from '../../../src/proxy/proxy-settings.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { MemoryJournal } from '../memory-journal.ts';

export interface RunningProxy {
  readonly proxy: DropInProxy;
  readonly journal: MemoryJournal;
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** An endpoint named `name` before `upstream`, with what a test wants to differ. */
export function proxyEndpoint(
  name: string,
  upstream: string,
  options: Partial<ProxyEndpoint> = {},
): ProxyEndpoint {
  return {
    name,
    upstream,
    gpu: 'A100-80GB',
    gpuCount: 1,
    cpuCores: 0,
    memoryGiB: 0,
    region: 'any',
    maxInputs: 20,
    scaledownWindowUs: 60_000_000,
    minContainers: 0,
    poolParameters: [],
    bodyRule: 'openai',
    latencyObjectiveUs: null,
    modalApp: null,
    pricing: 'gpu-seconds',
    ...DEFAULT_UPSTREAM,
    ...options,
  };
}

export function proxySettings(
  endpoints: readonly ProxyEndpoint[],
  overrides: Partial<ProxySettings> = {},
): ProxySettings {
  return {
    // Frozen, as configuration is.
    listen: Object.freeze({ host: '127.0.0.1', port: 0 }),
    endpoints,
    singleUpstream: null,
    clients: [],
    requireKey: false,
    budget: () => 'allow',
    journal: new MemoryJournal(),
    onJournalFailure: 'forward',
    clock: systemClock,
    random: (bytes) => randomBytes(bytes),
    log: silent,
    responseHeaders: true,
    via: false,
    forwarded: false,
    clientCountryHeader: null,
    limits: DEFAULT_LIMITS,
    abortGraceUs: 10_000_000,
    redirectGraceSeconds: 60,
    drainSeconds: 5,
    ...overrides,
  };
}

/** A proxy on a free port with a journal in memory. */
export async function startProxy(
  endpoints: readonly ProxyEndpoint[],
  overrides: Partial<ProxySettings> = {},
): Promise<RunningProxy> {
  const journal =
    overrides.journal instanceof MemoryJournal ? overrides.journal : new MemoryJournal();
  const proxy = createProxy(proxySettings(endpoints, { journal, ...overrides }));
  const { port } = await proxy.listen();
  return { proxy, journal, port, url: `http://127.0.0.1:${port}` };
}
