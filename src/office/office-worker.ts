import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { FromOffice, ToOffice } from './messages.ts';
import type { OfficeThreadData } from './office-thread.ts';

/** The office's thread, from its start to its end. */
export interface OfficeWorker {
  send(message: ToOffice): void;
  cutOff(): void;
  /** Why it ended; `null`: by itself, or as it was told to. */
  readonly ended: Promise<Error | null>;
}

interface OfficeEvents {
  /** It waits for `listen`. */
  opened(): void;
  ready(): void;
}

/** Half of the young generation, in MiB; the process has another (CONTRIBUTING, decision 12). */
const YOUNG_MIB = 4;

export function startOfficeWorker(data: OfficeThreadData, events: OfficeEvents): OfficeWorker {
  // Of the threads that start from here on. What intake holds at a time fits, and 8 MiB are not touched.
  setFlagsFromString(`--max-semi-space-size=${YOUNG_MIB}`);
  const worker = new Worker(officeFile(), { workerData: data });
  worker.on('message', ({ type }: FromOffice) => {
    if (type === 'opened') events.opened();
    if (type === 'ready') events.ready();
  });
  return {
    send: (message) => worker.postMessage(message),
    cutOff: () => void worker.terminate(),
    ended: endOf(worker),
  };
}

/** Sources run as they are, the built package as JavaScript. */
function officeFile(): URL {
  return new URL(
    `./office-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
    import.meta.url,
  );
}

/** Resolves when the thread is gone: with what it threw or said was wrong, or `null` when nothing was. */
function endOf(worker: Worker): Promise<Error | null> {
  return new Promise((resolve) => {
    let error: Error | null = null;
    worker.on('error', (thrown) => {
      error = thrown instanceof Error ? thrown : new Error(String(thrown));
    });
    worker.on('message', (message: FromOffice) => {
      if (message.type !== 'failed') return;
      error = Object.assign(new Error(message.message), { code: message.code });
      if (!message.stopped) void worker.terminate();
    });
    worker.once('exit', (code) => {
      resolve(error ?? (code === 0 ? null : new Error(`the office's thread ended with ${code}`)));
    });
  });
}
