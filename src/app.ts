import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Config } from './config/config.ts';
import type { ConfigText } from './config/load-config.ts';
import type { ListenAddress } from './config/quantity.ts';
import { httpOrigin } from './core/http-origin.ts';
import type { WritePointHook } from './core/write-points.ts';
import { openWhenFree } from './journal/open-when-free.ts';
import type { HealthPort, HealthPortParts } from './office/health-port.ts';
import { hostOffice, type OfficeHost } from './office/office-host.ts';
import type { JournalWriter } from './ports/journal.ts';
import type { Log } from './ports/log.ts';
import { createProxy, type Proxy as DropInProxy } from './proxy/proxy-server.ts';
import { createLogger, type LogLevel } from './runtime/logger.ts';
import { systemClock } from './runtime/system-clock.ts';
import { watchBudgetGate } from './wiring/budget-gate.ts';
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
  /** Finishes what runs, records it, takes it in. */
  stop(): Promise<void>;
  /** Closes the records of what runs as `shutdown` at once. `stop` then resolves soon. */
  stopNow(): void;
}

const REPORT_MS = 1_000;

/**
 * Starts the service: the proxy on this thread, the office on another.
 * @throws Error with `code` `EADDRINUSE` and `port` when a port is taken; `JournalLockedError` when another
 * process writes the same journal.
 */
export async function startApp(
  config: Config,
  source: ConfigText,
  options: AppOptions,
): Promise<App> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o750 });
  const log = createLogger(options.logLevel, 'proxy');
  const office = await startOffice(config, source, { ...options, log });
  if (options.role === 'office') {
    return {
      proxyUrl: null,
      adminUrl: office?.adminUrl ?? null,
      stop: stopOf(office),
      stopNow() {},
    };
  }
  try {
    return await startRecording(config, { office, log, options });
  } catch (error) {
    await office?.stop();
    throw error;
  }
}

async function startOffice(
  config: Config,
  source: ConfigText,
  { role, logLevel, log }: AppOptions & { readonly log: Log },
): Promise<OfficeHost | null> {
  if (role === 'proxy') return null;
  if (role === 'all') return hostOffice(source, { logLevel, log });
  // Imported here, so that the proxy's process does not carry the office's libraries as well.
  const { openOffice } = await import('./office/office.ts');
  return openOffice(config, { clock: systemClock, log: createLogger(logLevel, 'office') });
}

const stopOf = (office: OfficeHost | null) => async () => {
  await office?.stop();
};

interface Recording {
  readonly office: OfficeHost | null;
  readonly log: Log;
  readonly options: AppOptions;
}

async function startRecording(config: Config, parts: Recording): Promise<App> {
  const { office, log, options } = parts;
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
  const budget = watchBudgetGate(config.dataDir, systemClock, log);
  const proxy = createProxy({
    ...proxySettingsOf(config),
    budget: budget.allows,
    journal,
    clock: systemClock,
    random: (bytes) => randomBytes(bytes),
    log,
  });
  const address = await proxy.listen().catch((error: unknown) => {
    journal.close();
    throw error;
  });
  warnWhenOpen(config, log);
  const health = await startHealthPort(config, { options, proxy, journal, log }).catch(
    async (error: unknown) => {
      await proxy.stop();
      journal.close();
      throw error;
    },
  );
  const reporting = startReporting(office, proxy, journal);
  return {
    proxyUrl: httpOrigin(address),
    adminUrl: office?.adminUrl ?? health?.url ?? null,
    stop: async () => {
      await proxy.stop();
      journal.close();
      clearInterval(reporting);
      budget.close();
      await health?.close();
      await office?.stop();
      requireAllWritten(journal);
    },
    stopNow: () => proxy.stopNow(),
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

/** A proxy alone has no office to ask for its health. */
async function startHealthPort(
  config: Config,
  parts: Omit<HealthPortParts, 'listen' | 'dir'> & { readonly options: AppOptions },
): Promise<HealthPort | null> {
  const { options, ...rest } = parts;
  if (options.role !== 'proxy' || options.healthListen === undefined) return null;
  const { openHealthPort } = await import('./office/health-port.ts');
  return openHealthPort({ ...rest, listen: options.healthListen, dir: config.journalDir });
}

function startReporting(
  office: OfficeHost | null,
  proxy: DropInProxy,
  journal: JournalWriter,
): NodeJS.Timeout {
  const report = () => {
    const restarts = office?.restarts?.();
    office?.report({
      stats: proxy.stats(),
      journal: journal.health(),
      ...(restarts === undefined ? {} : { restarts }),
    });
  };
  report();
  return setInterval(report, REPORT_MS);
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
