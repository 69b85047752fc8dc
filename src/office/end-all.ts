import type { Log } from '../ports/log.ts';

/** What is ended, in words, and how. */
export type Ending = readonly [name: string, end: () => Promise<void>];

const LIMIT_MS = 20_000;

/**
 * Ends one after another. One that fails, or does not end within `limitMs`, keeps none of the others from ending.
 * @throws the first failure, once all have been tried.
 */
export async function endAll(
  log: Log,
  endings: readonly Ending[],
  limitMs = LIMIT_MS,
): Promise<void> {
  const failures: unknown[] = [];
  for (const [name, end] of endings) {
    try {
      await within(limitMs, end);
    } catch (error) {
      log.error({ err: error }, `stopping: ${name} did not end in order`);
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function within(limitMs: number, end: () => Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`it still runs after ${limitMs / 1_000} s`));
  }, limitMs);
  try {
    await Promise.race([end(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
