import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Spender } from '../core/spending-limit.ts';
import type { EpochMicros } from '../core/units.ts';

/** Whose requests are refused, as the office tells it to the proxy: in another thread or another process. */
export interface RefusedSpenders {
  /** End of the month: nothing is refused from then on, whether the office runs or not. */
  readonly until: EpochMicros;
  readonly spenders: readonly Spender[];
}

const fileIn = (dataDir: string) => join(dataDir, 'refused-spenders.json');

/** Replaces what the proxy goes by; it sees the old whole or the new whole. @throws when it cannot be written. */
export function writeRefusedSpenders(dataDir: string, refused: RefusedSpenders): void {
  const file = fileIn(dataDir);
  writeFileSync(`${file}.new`, `${JSON.stringify(refused)}\n`, { mode: 0o640 });
  renameSync(`${file}.new`, file);
}

/** A number that changes with the file; 0 while there is none. */
export function refusedSpendersVersion(dataDir: string): number {
  const stats = statSync(fileIn(dataDir), { throwIfNoEntry: false });
  return stats === undefined ? 0 : stats.mtimeMs + stats.ino;
}

/** @throws SyntaxError, TypeError when the file is not what the office writes. */
export function readRefusedSpenders(dataDir: string): RefusedSpenders {
  const { until, spenders } = JSON.parse(readFileSync(fileIn(dataDir), 'utf8'));
  if (typeof until !== 'number' || !Array.isArray(spenders)) {
    throw new TypeError('it names no end and no spenders');
  }
  return { until, spenders };
}
