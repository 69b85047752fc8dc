import { MICROS_PER_SECOND, type Micros } from '../core/units.ts';
import { LaneRunner, type LaneTools, type StepResult } from './lane-runner.ts';
import type { Sink } from './sink.ts';

export interface ExporterSettings extends LaneTools {
  readonly sinks: readonly Sink[];
}

/** Brings what the ledger has to every sink, each at its own pace. Runs in the office. */
export interface Exporter {
  /** One batch of each stream of a sink. @throws RangeError when there is no sink of that name. */
  step(sink: string): Promise<StepResult>;
  /** Until the signal aborts; what was in flight is sent again at the next start, as the same spans. */
  run(signal: AbortSignal): Promise<void>;
  health(): Promise<SinkHealth[]>;
}

export interface SinkHealth {
  readonly sink: string;
  /** Age of the oldest item not sent; 0 when all is. `null`: the ledger could not be asked. */
  readonly lagSeconds: number | null;
  /** Items not sent, at most. `null`: the ledger could not be asked. */
  readonly depth: number | null;
  /** Why the sink waits for a person; `null` while it does not. */
  readonly stopped: string | null;
  /** Items set aside, since ever. */
  readonly rejected: number | null;
  /** Items sent by this process. */
  readonly sent: number;
  readonly lastError: string | null;
}

export function createExporter(settings: ExporterSettings): Exporter {
  const sinks = settings.sinks.map((sink) => ({
    name: sink.name,
    runners: sink.lanes.map((lane) => new LaneRunner(sink, lane, settings)),
  }));
  const never = new AbortController().signal;
  return {
    step: async (name) => {
      const sink = sinks.find((each) => each.name === name);
      if (sink === undefined) throw new RangeError(`there is no sink called ${name}`);
      const results = await Promise.all(sink.runners.map((runner) => runner.step(never)));
      return soonest(results);
    },
    run: async (signal) => {
      const runners = sinks.flatMap((sink) => sink.runners);
      await Promise.all(runners.map((runner) => runLane(runner, signal)));
    },
    health: () => Promise.all(sinks.map((sink) => healthOf(sink.name, sink.runners, settings))),
  };
}

function soonest(results: readonly StepResult[]): StepResult {
  let waitUs = Number.POSITIVE_INFINITY;
  for (const result of results) {
    if (result.state === 'busy') return result;
    waitUs = Math.min(waitUs, result.waitUs);
  }
  return { state: 'idle', waitUs };
}

async function runLane(runner: LaneRunner, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const result = await runner.step(signal);
    if (result.state === 'idle') await pause(result.waitUs, signal);
  }
}

function pause(us: Micros, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.ceil(us / 1_000));
    signal.addEventListener('abort', end);
  });
}

async function healthOf(
  sink: string,
  runners: readonly LaneRunner[],
  { source, clock }: LaneTools,
): Promise<SinkHealth> {
  const known = {
    sink,
    stopped: firstOf(runners, (runner) => runner.state.stopped),
    lastError: firstOf(runners, (runner) => runner.state.lastError),
    sent: runners.reduce((sum, runner) => sum + runner.state.sent, 0),
  };
  try {
    const backlogs = await Promise.all(
      runners.map(async (runner) => source.pending(runner.place.stream, await runner.position())),
    );
    const oldest = Math.min(
      ...backlogs.map((backlog) => backlog.oldestAt ?? Number.POSITIVE_INFINITY),
    );
    return {
      ...known,
      lagSeconds: Math.max(0, clock.now() - Math.min(oldest, clock.now())) / MICROS_PER_SECOND,
      depth: backlogs.reduce((sum, backlog) => sum + backlog.depth, 0),
      rejected: await source.refusedCount(sink),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...known, lagSeconds: null, depth: null, rejected: null, lastError: reason };
  }
}

function firstOf(
  runners: readonly LaneRunner[],
  reasonOf: (runner: LaneRunner) => string | null,
): string | null {
  for (const runner of runners) {
    const reason = reasonOf(runner);
    if (reason !== null) return `${runner.place.stream}: ${reason}`;
  }
  return null;
}
