import { Worker } from 'node:worker_threads';
import type { ConfigText } from '../config/load-config.ts';
import type { Log } from '../ports/log.ts';
import type { LogLevel } from '../runtime/logger.ts';
import type { FromOffice, OfficeRestarts, ProxyReport, ToOffice } from './messages.ts';
import type { OfficeThreadData } from './office-thread.ts';

export interface OfficeHost {
  readonly adminUrl: string;
  report(report: ProxyReport): void;
  /** How often the thread died and was started anew. Absent where no thread is hosted. */
  restarts?(): OfficeRestarts;
  /** Ends the office. @throws Error when it ended otherwise than in order. */
  stop(): Promise<void>;
}

export interface OfficeHostTools {
  readonly logLevel: LogLevel;
  readonly log: Log;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
/** An office that ran so long did not die of how it starts: the pauses begin anew. */
const STEADY_MS = 600_000;
/** Longer than the office gives its own parts to end. */
const STOP_MS = 60_000;

/**
 * Starts the office in a thread of its own and waits until its admin port answers. A thread that dies later is
 * logged and started anew, for ever, after pauses that grow from half a second to a minute: the proxy serves on
 * meanwhile, and its journal keeps what the next office takes in.
 * @throws Error with the office's own words, and its `code`, when it cannot start the first time.
 */
export async function hostOffice(source: ConfigText, tools: OfficeHostTools): Promise<OfficeHost> {
  const { secretSources: _reread, ...data } = source;
  const start = (adminPort: number | null) =>
    startThread({ source: data, logLevel: tools.logLevel, adminPort });
  return new HostedOffice(await start(null), start, tools.log);
}

/** A thread whose admin port answers. */
interface OfficeThread {
  readonly worker: Worker;
  readonly adminUrl: string;
  readonly startedAtMs: number;
  /** Why it ended; `null`: as it was told to. */
  readonly ended: Promise<Error | null>;
}

class HostedOffice implements OfficeHost {
  readonly adminUrl: string;
  readonly #start: (adminPort: number | null) => Promise<OfficeThread>;
  readonly #log: Log;
  readonly #kept: Promise<Error | null>;
  #thread: OfficeThread | null;
  #stopping = false;
  #wake: (() => void) | null = null;
  #restarts = 0;
  #lastError: string | null = null;

  constructor(
    first: OfficeThread,
    start: (adminPort: number | null) => Promise<OfficeThread>,
    log: Log,
  ) {
    this.#thread = first;
    this.adminUrl = first.adminUrl;
    this.#start = start;
    this.#log = log;
    this.#kept = this.#keep(first);
  }

  report(report: ProxyReport): void {
    this.#send({ type: 'report', report });
  }

  restarts(): OfficeRestarts {
    return { count: this.#restarts, lastError: this.#lastError };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake?.();
    this.#send({ type: 'stop' });
    const limit = setTimeout(() => this.#giveUp(), STOP_MS);
    const error = await this.#kept;
    clearTimeout(limit);
    if (error !== null) throw error;
  }

  #send(message: ToOffice): void {
    this.#thread?.worker.postMessage(message);
  }

  #giveUp(): void {
    this.#log.error({}, `the office has not ended within ${STOP_MS / 1_000} s and is cut off`);
    void this.#thread?.worker.terminate();
  }

  /** Resolves when a thread has ended after `stop`, with what was wrong about it. */
  async #keep(first: OfficeThread): Promise<Error | null> {
    let thread = first;
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const error = await thread.ended;
      this.#thread = null;
      if (this.#stopping) return error;
      if (performance.now() - thread.startedAtMs > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
      const next = await this.#restart(error ?? new Error('it ended by itself'), pauseMs);
      if (next === null) return null;
      thread = next;
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
  }

  /** Tries until one stands; `null` when told to stop before. */
  async #restart(cause: Error, firstPauseMs: number): Promise<OfficeThread | null> {
    const port = Number(new URL(this.adminUrl).port);
    let error = cause;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      this.#lastError = error.message;
      this.#log.error(
        { err: error, restartInMs: pauseMs },
        'the office has died: no settlement, alerts, export or admin port until it runs again; ' +
          'the proxy serves on, and the journal keeps its records',
      );
      await this.#pause(pauseMs);
      if (this.#stopping) return null;
      this.#restarts += 1;
      try {
        const thread = await this.#start(port);
        this.#thread = thread;
        if (this.#stopping) this.#send({ type: 'stop' });
        this.#log.warn({ restarts: this.#restarts }, 'the office runs again');
        return thread;
      } catch (thrown) {
        error = thrown as Error;
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Sources run as they are, the built package as JavaScript. */
function officeFile(): URL {
  return new URL(
    `./office-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
    import.meta.url,
  );
}

function startThread(workerData: OfficeThreadData): Promise<OfficeThread> {
  const worker = new Worker(officeFile(), { workerData });
  const startedAtMs = performance.now();
  return new Promise((resolve, reject) => {
    const ended = endOf(worker);
    void ended.then((error) => reject(error ?? new Error('the office ended before it was ready')));
    worker.on('message', (message: FromOffice) => {
      if (message.type !== 'ready') return;
      resolve({ worker, adminUrl: message.adminUrl, startedAtMs, ended });
    });
  });
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
