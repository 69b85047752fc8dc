import { createTask } from 'node-cron';
import { dueRuns } from '../core/due-runs.ts';
import { type EpochMicros, MICROS_PER_MINUTE } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Job, JobRunStore } from '../ports/jobs.ts';
import type { Log } from '../ports/log.ts';

export interface SchedulerSettings {
  readonly jobs: readonly Job[];
  readonly store: JobRunStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Unique among instances and over restarts. */
  readonly holder: string;
}

export interface Scheduler {
  /** Runs what is due now, each job in the order of its slots; resolves when all of it has ended. */
  tick(): Promise<void>;
  /** Ticks at once, then every minute. */
  start(): void;
  /** No more ticks; waits for what runs. */
  stop(): Promise<void>;
}

/** Longer than any job takes: past it, the holder counts as gone. */
const CLAIM_US = 15 * MICROS_PER_MINUTE;
const RETRY_US = 2 * MICROS_PER_MINUTE;

/**
 * Runs jobs by their slots. The clock's tick only asks; what is due is computed from the slots on record, so a
 * tick that came late, twice or not at all loses and doubles nothing.
 */
export function createScheduler(settings: SchedulerSettings): Scheduler {
  const controller = new AbortController();
  const running = new Map<string, Promise<void>>();

  const serve = (job: Job): Promise<void> => {
    // A job that still runs is asked again at the next tick; its slots are not lost meanwhile.
    const current = running.get(job.name);
    if (current !== undefined) return current;
    const work = serveJob(settings, job, controller.signal)
      .catch((error) => settings.log.error({ err: error, job: job.name }, 'a job could not be run'))
      .finally(() => running.delete(job.name));
    running.set(job.name, work);
    return work;
  };
  const tick = async () => {
    if (!controller.signal.aborted) await Promise.all(settings.jobs.map(serve));
  };
  const task = createTask('* * * * *', () => void tick(), {
    timezone: 'UTC',
    suppressMissedWarning: true,
  });
  return {
    tick,
    start: () => {
      void task.start();
      void tick();
    },
    stop: async () => {
      await task.destroy();
      controller.abort();
      await Promise.all(running.values());
    },
  };
}

async function serveJob(settings: SchedulerSettings, job: Job, signal: AbortSignal): Promise<void> {
  const { store, clock, holder } = settings;
  const now = clock.now();
  const until = now + CLAIM_US;
  const again = await store.reclaim({
    job: job.name,
    holder,
    now,
    until,
    maxAttempts: job.spec.maxAttempts,
  });
  for (const slot of again) await runSlot(settings, job, { slot, late: true, signal });
  for (const { slot, late } of dueRuns(await store.lastSlot(job.name), now, job.spec)) {
    if (signal.aborted) return;
    const mine = await store.claim({ job: job.name, slot, holder, now, until });
    if (mine) await runSlot(settings, job, { slot, late, signal });
  }
}

async function runSlot(
  { store, clock, log }: SchedulerSettings,
  job: Job,
  run: { readonly slot: EpochMicros; readonly late: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { slot } = run;
  let error: string | null = null;
  try {
    await job.run({ ...run, now: clock.now() });
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown);
    log.error({ err: thrown, job: job.name, slot }, 'a job failed and will be tried again');
  }
  const at = clock.now();
  await store.finish({ job: job.name, slot, at, error, retryAt: at + RETRY_US });
}
