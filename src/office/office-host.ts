import { Worker } from 'node:worker_threads';
import type { ConfigText } from '../config/load-config.ts';
import type { LogLevel } from '../runtime/logger.ts';
import type { FromOffice, ProxyReport, ToOffice } from './messages.ts';
import type { OfficeThreadData } from './office-thread.ts';

export interface OfficeHost {
  readonly adminUrl: string;
  report(report: ProxyReport): void;
  stop(): Promise<void>;
}

/**
 * Starts the office in a thread of its own and waits until its admin port answers.
 * @throws Error with the office's own words, and its `code`, when it cannot start.
 */
export async function hostOffice(source: ConfigText, logLevel: LogLevel): Promise<OfficeHost> {
  const { secretSources: _reread, ...data } = source;
  const workerData: OfficeThreadData = { source: data, logLevel };
  const worker = new Worker(officeFile(), { workerData });
  const send = (message: ToOffice) => worker.postMessage(message);
  const adminUrl = await ready(worker);
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  return {
    adminUrl,
    report: (report) => send({ type: 'report', report }),
    stop: async () => {
      send({ type: 'stop' });
      await gone;
    },
  };
}

/** Sources run as they are, the built package as JavaScript. */
function officeFile(): URL {
  return new URL(
    `./office-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
    import.meta.url,
  );
}

function ready(worker: Worker): Promise<string> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message: FromOffice) => {
      if (message.type === 'ready') resolve(message.adminUrl);
      if (message.type === 'failed') {
        reject(Object.assign(new Error(message.message), { code: message.code }));
        void worker.terminate();
      }
    });
  });
}
