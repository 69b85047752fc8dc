import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Config } from './config/config.ts';
import type { ConfigText } from './config/load-config.ts';
import type { ListenAddress } from './config/quantity.ts';
import { httpOrigin } from './core/http-origin.ts';
import type { WritePointHook } from './core/write-points.ts';
import { openWhenFree } from './journal/open-when-free.ts';
import { hostOffice, type OfficeHost } from './office/office-host.ts';
import type { JournalWriter } from './ports/journal.ts';
import type { Log } from './ports/log.ts';
import { createProxy, type Proxy as DropInProxy } from './proxy/proxy-server.ts';
import { createLogger, type LogLevel } from './runtime/logger.ts';
import { systemClock } from './runtime/system-clock.ts';
import { adminAccessOf } from './wiring/admin-access-of.ts';
import { watchBudgetGate } from './wiring/budget-gate.ts';
import { pricedEndpoints } from './wiring/priced-endpoints.ts';
import { proxySettingsOf } from './wiring/proxy-settings-of.ts';

export type Role = 'all' | 'proxy' | 'office';

export interface AppOptions {
  readonly role: Role;
  readonly logLevel: LogLevel;
  /** With the role `proxy`: where health and metrics are served; absent: nowhere. */
  readonly healthListen?: ListenAddress | undefined;
  /** For a chaos harness: called at every write point of the journal. */
  readonly writePoint?: WritePointHook;
}

export interface App {
  /** `null` for the role `office`. */
  readonly proxyUrl: string | null;
  /** `null` for the role `proxy` without a port for its health. */
  readonly adminUrl: string | null;
  /** Resolves when the office answers at `adminUrl`, or could not start at the first try; it is then tried on. */
  readonly officeTried: Promise<void>;
  /** Finishes what runs, records it, takes it in. */
  stop(): Promise<void>;
  /** Closes the records of what runs as `shutdown` at once. `stop` then resolves soon. */
  stopNow(): void;
}

const REPORT_MS = 1_000;

/**
 * Starts the service: the proxy on this thread, the office on another. Requests are accepted when this resolves,
 * whatever the state of the ledger: an office that cannot start is tried on beside them.
 * @throws Error with `code` `EADDRINUSE` and `port` when a port is taken; `JournalLockedError` when another
 * process writes the same journal.
 */
export async function startApp(
  config: Config,
  source: ConfigText,
  options: AppOptions,
): Promise<App> {
  const log = createLogger(options.logLevel, options.role === 'office' ? 'office' : 'proxy');
  warnOfPrices(config, log);
  if (options.role === 'office') return startOffice(config, log);
  makeDataDir(config.dataDir, log);
  const journal = await openWhenFree({
    dir: config.journalDir,
    durability: config.journal.durability,
    onFailure: config.journal.onFailure,
    segmentBytes: config.journal.segment,
    instance: randomUUID(),
    clock: systemClock,
    log,
    ...(options.writePoint === undefined ? {} : { writePoint: options.writePoint }),
  });
  try {
    return await startServing(config, { source, journal, log, options });
  } catch (error) {
    journal.close();
    throw error;
  }
}

/** Without a proxy there is nothing to keep up: what keeps the office from starting ends the process. */
async function startOffice(config: Config, log: Log): Promise<App> {
  // Imported here, so that the proxy's process does not carry the office's libraries as well.
  const { openOffice } = await import('./office/office.ts');
  const office = await openOffice(config, { clock: systemClock, log });
  return {
    proxyUrl: null,
    adminUrl: office.adminUrl,
    officeTried: Promise.resolve(),
    stop: () => office.stop(),
    stopNow() {},
  };
}

/** A folder that cannot be made is the journal's trouble: it says so, and requests pass as `journal.onFailure` says. */
function makeDataDir(dir: string, log: Log): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o750 });
  } catch (error) {
    log.error(
      { err: error },
      `dataDir ${dir} cannot be made; make it a folder that this user may write`,
    );
  }
}

interface Recording {
  readonly source: ConfigText;
  readonly journal: JournalWriter;
  readonly log: Log;
  readonly options: AppOptions;
}

/** Takes both ports before the first request is accepted; the office comes last, and may take its time. */
async function startServing(config: Config, parts: Recording): Promise<App> {
  const { journal, log } = parts;
  const budget = watchBudgetGate(config.dataDir, systemClock, log);
  const proxy = createProxy({
    ...proxySettingsOf(config),
    budget: budget.allows,
    journal,
    clock: systemClock,
    random: (bytes) => randomBytes(bytes),
    log,
  });
  const behind = await openBehind(config, { ...parts, proxy });
  const address = await proxy.listen().catch(async (error: unknown) => {
    await behind?.stop();
    throw error;
  });
  warnWhenOpen(config, log);
  const reporting = behind?.start();
  return {
    proxyUrl: httpOrigin(address),
    adminUrl: behind?.url ?? null,
    officeTried: behind?.tried ?? Promise.resolve(),
    stop: async () => {
      await proxy.stop();
      journal.close();
      clearInterval(reporting);
      budget.close();
      await behind?.stop();
      requireAllWritten(journal);
    },
    stopNow: () => proxy.stopNow(),
  };
}

/** What stands behind the proxy in this process: an office, or its health alone. */
interface Behind {
  readonly url: string;
  readonly tried: Promise<void>;
  start(): NodeJS.Timeout | undefined;
  stop(): Promise<void>;
}

async function openBehind(
  config: Config,
  parts: Recording & { readonly proxy: DropInProxy },
): Promise<Behind | null> {
  const { source, options, proxy, journal, log } = parts;
  const { role, logLevel, healthListen } = options;
  if (role === 'proxy' && healthListen === undefined) return null;
  const { openHealthPort } = await import('./office/health-port.ts');
  const port = { dir: config.journalDir, proxy, journal, log };
  if (role === 'proxy') {
    const health = await openHealthPort({ ...port, listen: healthListen ?? config.admin });
    return {
      url: health.url,
      tried: Promise.resolve(),
      start: () => undefined,
      stop: () => health.close(),
    };
  }
  const access = adminAccessOf(config);
  const office = await hostOffice(source, {
    logLevel,
    log,
    openStandIn: (state, taken = config.admin.port) =>
      openHealthPort({
        ...port,
        listen: { ...config.admin, port: taken },
        absent: { state, access },
      }),
  });
  return {
    url: office.adminUrl,
    tried: office.tried,
    start: () => {
      office.start();
      return startReporting(office, proxy, journal);
    },
    stop: () => office.stop(),
  };
}

/** @throws Error when records went with the process: its exit code must say so. */
function requireAllWritten(journal: JournalWriter): void {
  const { entriesAtRisk, lastError } = journal.health();
  if (entriesAtRisk === 0) return;
  throw new Error(
    `the journal could not be written until the end (${lastError ?? 'no reason given'}): ` +
      `${entriesAtRisk} entries are lost; their requests are missing or count as crash_recovered`,
  );
}

function startReporting(
  office: OfficeHost,
  proxy: DropInProxy,
  journal: JournalWriter,
): NodeJS.Timeout {
  const report = () =>
    office.report({
      stats: proxy.stats(),
      journal: journal.health(),
      restarts: office.restarts(),
    });
  report();
  return setInterval(report, REPORT_MS);
}

/** A GPU that is written wrong serves well, and costs nothing that anybody knows. */
function warnOfPrices(config: Config, log: Log): void {
  for (const { name, gpu, problem } of pricedEndpoints(config, systemClock.now())) {
    if (problem !== null)
      log.warn({ endpoint: name, gpu }, `price of ${name} (${gpu}): ${problem}`);
  }
}

/** What spends somebody's dollars, or tells of them, should not stand open by accident. */
function warnWhenOpen(config: Config, log: Log): void {
  const keyed = Object.values(config.clients).some((client) => client.key !== undefined);
  if (!isLocal(config.listen) && !keyed) {
    log.warn(
      { listen: config.listen },
      'the proxy listens beyond this machine and asks for no client key: anyone who reaches it can spend; set `clients`',
    );
  }
  if (!isLocal(config.admin) && config.adminAccess.token === undefined) {
    log.warn(
      { listen: config.admin },
      'the admin port listens beyond this machine and asks for no token: anyone who reaches it can read spend and silence alerts; set `admin.token`',
    );
  }
}

function isLocal({ host }: Config['listen']): boolean {
  return ['127.0.0.1', '::1', 'localhost'].includes(host);
}
