import type { Log } from '../ports/log.ts';

export interface SteadyLoopSettings {
  readonly name: string;
  /** One bounded piece of work. `idle`: there was nothing more to do. */
  readonly step: () => Promise<'busy' | 'idle'>;
  /** Pause after an idle step. */
  readonly pauseMs: number;
  readonly log: Log;
}

export interface SteadyLoop {
  /** Message of the newest failure, `null` once a step has succeeded since. */
  lastError(): string | null;
  /** Ends after the running step. */
  stop(): Promise<void>;
}

const LONGEST_PAUSE_MS = 10_000;

/**
 * Repeats a step for ever: at once while there is work, after a pause when there is none, with growing
 * pauses while it fails. A failure is logged when it begins and when it ends, not every time.
 */
export function startSteadyLoop(settings: SteadyLoopSettings): SteadyLoop {
  let stopping = false;
  let wake: (() => void) | null = null;
  let failure: string | null = null;
  let pauseMs = settings.pauseMs;

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const attempt = async (): Promise<'busy' | 'idle'> => {
    try {
      const state = await settings.step();
      if (failure !== null) settings.log.info({}, `${settings.name} works again`);
      failure = null;
      pauseMs = settings.pauseMs;
      return state;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (failure !== message) settings.log.error({ err: error }, `${settings.name} failed`);
      failure = message;
      pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(100, pauseMs * 2));
      return 'idle';
    }
  };

  const run = async () => {
    while (!stopping) {
      if ((await attempt()) === 'idle' && !stopping) await pause(pauseMs);
    }
  };
  const finished = run();

  return {
    lastError: () => failure,
    stop: async () => {
      stopping = true;
      wake?.();
      await finished;
    },
  };
}
