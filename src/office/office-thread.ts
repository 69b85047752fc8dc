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
  /** The admin port, where the proxy's thread answers until this one says that it is ready. */
  readonly adminPort: number;
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
  const port = Promise.withResolvers<void>();
  let office: Office | null = null;
  // From here on the thread lives until it is told to end: what listens keeps it.
  parentPort?.on('message', (message: ToOffice) => {
    if (message.type === 'listen') port.resolve();
    else if (office !== null) receive(office, message);
  });
  office = await openOffice(
    { ...config, admin: { ...config.admin, port: adminPort } },
    {
      clock: systemClock,
      log: createLogger(logLevel, 'office'),
      ownJournal: true,
      portFree: () => {
        say({ type: 'opened' });
        return port.promise;
      },
    },
  );
  say({ type: 'ready' });
}

function receive(office: Office, message: ToOffice): void {
  if (message.type === 'report') office.report(message.report);
  if (message.type === 'stop') end(office);
}

function end(office: Office): void {
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
