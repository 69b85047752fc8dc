import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { ConfigText } from '../config/load-config.ts';
import { loadConfig } from '../config/load-config.ts';
import { fileSecrets } from '../config/load-config-file.ts';
import { createLogger, type LogLevel } from '../runtime/logger.ts';
import { systemClock } from '../runtime/system-clock.ts';
import type { FromOffice, ToOffice } from './messages.ts';
import { type Office, openOffice } from './office.ts';

export interface OfficeThreadData {
  readonly source: Omit<ConfigText, 'secretSources'>;
  readonly logLevel: LogLevel;
  /** Where an office before this one listened; `null`: as configured. */
  readonly adminPort: number | null;
}

/** The office in a worker thread, below every request in priority: it has time, they have not. */
async function main(): Promise<void> {
  // On Linux the thread that asks is the only one whose priority changes.
  try {
    setPriority(0, constants.priority.PRIORITY_LOW);
  } catch {
    // A container may forbid it; the office then competes like everybody.
  }
  const { source, logLevel, adminPort } = workerData as OfficeThreadData;
  const secretSources = fileSecrets(process.env, source);
  const loaded = loadConfig({ ...source, secretSources });
  if (!loaded.ok) throw new Error('the configuration changed while the program started');
  const { config } = loaded;
  const admin = { ...config.admin, port: adminPort ?? config.admin.port };
  const office = await openOffice(
    { ...config, admin },
    {
      clock: systemClock,
      log: createLogger(logLevel, 'office'),
      ownJournal: true,
    },
  );
  parentPort?.on('message', (message: ToOffice) => receive(office, message));
  say({ type: 'ready', adminUrl: office.adminUrl });
}

function receive(office: Office, message: ToOffice): void {
  if (message.type === 'report') {
    office.report(message.report);
    return;
  }
  office
    .stop()
    .catch((error: unknown) => say(failure(error, true)))
    .finally(() => parentPort?.close());
}

function say(message: FromOffice): void {
  parentPort?.postMessage(message);
}

function failure(error: unknown, stopped: boolean): FromOffice {
  const { message, code = null } = error as Error & { code?: string };
  return { type: 'failed', message, code, stopped };
}

main().catch((error: unknown) => say(failure(error, false)));
