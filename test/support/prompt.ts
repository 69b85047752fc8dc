import { expect } from 'vitest';

/** How soon the upstream must know that a client has left. */
const PROMISED_MS = 100;
/** What one try may take on a machine that is busy with something else. */
const PATIENCE_MS = 1_000;
const TRIES = 5;

/**
 * Runs `once`, which returns the milliseconds from cause to effect, several times: the median keeps the
 * promise, and no single try is out of all proportion.
 */
export async function expectPrompt(once: () => Promise<number>): Promise<void> {
  const taken: number[] = [];
  for (let index = 0; index < TRIES; index += 1) taken.push(await once());
  taken.sort((a, b) => a - b);
  expect(taken[(TRIES - 1) / 2], `median of ${taken} ms`).toBeLessThan(PROMISED_MS);
  expect(taken.at(-1), `slowest of ${taken} ms`).toBeLessThan(PATIENCE_MS);
}
