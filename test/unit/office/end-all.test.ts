import { expect, test } from 'vitest';
import { endAll } from '../../../src/office/end-all.ts';
import { memoryLog } from '../../support/export/memory-log.ts';

test('a part that fails or hangs keeps no other from ending, and the first failure is passed on', async () => {
  const ended: string[] = [];
  const log = memoryLog();
  const stop = endAll(
    log,
    [
      ['the last intake', () => Promise.reject(new Error('disk full'))],
      ['jobs', () => new Promise<void>(() => {})],
      ['the ledger', async () => void ended.push('ledger')],
    ],
    20,
  );
  await expect(stop).rejects.toThrow('disk full');
  expect(ended).toEqual(['ledger']);
  expect(JSON.stringify(log)).toContain('the last intake did not end in order');
  expect(JSON.stringify(log)).toContain('jobs did not end in order');
});
