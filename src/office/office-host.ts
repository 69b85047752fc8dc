import type { ConfigText } from '../config/load-config.ts';
import type { Log } from '../ports/log.ts';
import type { LogLevel } from '../runtime/logger.ts';
import type { HealthPort, OfficeState } from './health-port.ts';
import type { OfficeRestarts, ProxyReport } from './messages.ts';
import { type OfficeWorker, startOfficeWorker } from './office-worker.ts';

export interface OfficeHost {
  /** The same for as long as the process runs. */
  readonly adminUrl: string;
  /** Resolves when the office answers at `adminUrl`, or could not start at the first try. */
  readonly tried: Promise<void>;
  start(): void;
  report(report: ProxyReport): void;
  restarts(): OfficeRestarts;
  /** Ends the office. @throws Error when it ended otherwise than in order. */
  stop(): Promise<void>;
}

export interface OfficeHostTools {
  readonly logLevel: LogLevel;
  readonly log: Log;
  /**
   * Answers at the admin port while no office does. `port`: as configured when absent.
   * @throws Error with `code` `EADDRINUSE` when it is taken.
   */
  openStandIn(state: OfficeState, port?: number): Promise<HealthPort>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
/** An office that ran so long did not die of how it starts: the pauses begin anew. */
const STEADY_MS = 600_000;
/** Longer than the office gives its own parts to end. */
const STOP_MS = 60_000;

const MEANWHILE =
  'no settlement, alerts, export or pages until it runs; ' +
  'the proxy serves on, and the journal keeps its records';

/**
 * Takes the admin port; `start` then starts the office in a thread of its own. One that cannot start, or dies, is
 * logged and started anew, for ever, after pauses that grow from half a second to a minute: the proxy serves
 * meanwhile, its journal keeps what the office takes in later, and a stand-in tells health at the admin port.
 * @throws Error with `code` `EADDRINUSE` when the admin port is taken.
 */
export async function hostOffice(source: ConfigText, tools: OfficeHostTools): Promise<OfficeHost> {
  const host = new HostedOffice(source, tools);
  await host.takePort();
  return host;
}

class HostedOffice implements OfficeHost {
  readonly tried: Promise<void>;
  readonly #source: Omit<ConfigText, 'secretSources'>;
  readonly #tools: OfficeHostTools;
  readonly #firstTry = Promise.withResolvers<void>();
  #url = '';
  #standIn: HealthPort | null = null;
  #kept: Promise<Error | null> = Promise.resolve(null);
  #worker: OfficeWorker | null = null;
  #readyAtMs: number | null = null;
  #report: ProxyReport | null = null;
  #stopping = false;
  #wake: (() => void) | null = null;
  #restarts = 0;
  #lastError: string | null = null;

  constructor({ secretSources: _reread, ...source }: ConfigText, tools: OfficeHostTools) {
    this.#source = source;
    this.#tools = tools;
    this.tried = this.#firstTry.promise;
  }

  get adminUrl(): string {
    return this.#url;
  }

  async takePort(): Promise<void> {
    this.#standIn = await this.#tools.openStandIn(this.#state());
    this.#url = this.#standIn.url;
  }

  start(): void {
    this.#kept = this.#keep();
  }

  report(report: ProxyReport): void {
    this.#report = report;
    if (this.#readyAtMs !== null) this.#worker?.send({ type: 'report', report });
  }

  restarts(): OfficeRestarts {
    return { count: this.#restarts, lastError: this.#lastError };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake?.();
    if (this.#readyAtMs !== null) this.#worker?.send({ type: 'stop' });
    const limit = setTimeout(() => this.#giveUp(), STOP_MS);
    const error = await this.#kept;
    clearTimeout(limit);
    await this.#standIn?.close();
    if (error !== null) throw error;
  }

  #state(): OfficeState {
    return { problem: () => this.#lastError, restarts: () => this.restarts() };
  }

  #giveUp(): void {
    this.#tools.log.error(
      {},
      `the office has not ended within ${STOP_MS / 1_000} s and is cut off`,
    );
    this.#worker?.cutOff();
  }

  /** Resolves when all has ended after `stop`, with what was wrong about it. */
  async #keep(): Promise<Error | null> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.#stopping) {
      const { error, ranMs } = await this.#live();
      if (this.#stopping) return ranMs === null ? null : error;
      if ((ranMs ?? 0) > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
      this.#tell(error ?? new Error('it ended by itself'), ranMs !== null, pauseMs);
      await this.#standAgain();
      this.#firstTry.resolve();
      await this.#pause(pauseMs);
      this.#restarts += 1;
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
    return null;
  }

  /** One thread, to its end. `ranMs`: since its admin port answered; `null`: it never did. */
  async #live(): Promise<{ error: Error | null; ranMs: number | null }> {
    const worker = startOfficeWorker(
      {
        source: this.#source,
        logLevel: this.#tools.logLevel,
        adminPort: Number(new URL(this.#url).port),
      },
      {
        opened: () => void this.#handOver(worker),
        ready: () => this.#ready(worker),
      },
    );
    this.#worker = worker;
    const error = await worker.ended;
    const ranMs = this.#readyAtMs === null ? null : performance.now() - this.#readyAtMs;
    this.#worker = null;
    this.#readyAtMs = null;
    return { error, ranMs };
  }

  async #handOver(worker: OfficeWorker): Promise<void> {
    const standIn = this.#standIn;
    this.#standIn = null;
    await standIn?.close();
    worker.send({ type: 'listen' });
  }

  #ready(worker: OfficeWorker): void {
    this.#readyAtMs = performance.now();
    if (this.#report !== null) worker.send({ type: 'report', report: this.#report });
    if (this.#stopping) worker.send({ type: 'stop' });
    if (this.#restarts > 0) {
      this.#tools.log.warn({ restarts: this.#restarts }, 'the office runs again');
    }
    this.#firstTry.resolve();
  }

  #tell(error: Error, hasRun: boolean, restartInMs: number): void {
    this.#lastError = error.message;
    this.#tools.log.error(
      { err: error, restartInMs },
      `the office ${hasRun ? 'has died' : 'cannot start'}: ${error.message} (${MEANWHILE})`,
    );
  }

  /** A port that somebody else has taken meanwhile is what the office will then fail of. */
  async #standAgain(): Promise<void> {
    if (this.#standIn !== null) return;
    const { openStandIn, log } = this.#tools;
    const port = Number(new URL(this.#url).port);
    this.#standIn = await openStandIn(this.#state(), port).catch((error: unknown) => {
      log.error({ err: error }, 'while there is no office, nobody can answer at the admin port');
      return null;
    });
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
