import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { JournalLockedError, takeLock } from '../../../src/journal/lock-file.ts';
import { openWhenFree } from '../../../src/journal/open-when-free.ts';
import { nodeFs } from '../../../src/journal/segment-files.ts';
import type { JournalSettings } from '../../../src/journal/segment-journal.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { memoryLog } from '../../support/export/memory-log.ts';
import { StillClock, temporaryFolder, testJournal } from '../../support/journal/journal-kit.ts';

const fileOf = (dir: string) => join(dir, 'journal.lock');

/** A lock as a process of another container has it: its number exists here too, or does not. */
function foreignLock(dir: string): void {
  const place = 'web-7f9 a-boot another-namespace';
  writeFileSync(fileOf(dir), JSON.stringify({ pid: 1, startTime: '1', place }));
}

function beatOnce(dir: string, at = new Date()): void {
  utimesSync(fileOf(dir), at, at);
}

const settings = (dir: string): JournalSettings => ({
  ...{ dir, durability: 'process' as const, onFailure: 'forward' as const, instance: 'here' },
  clock: new StillClock(),
});

test('a lock of another container is never taken for stale because its process is not here', () => {
  const dir = temporaryFolder();
  foreignLock(dir);
  expect(() => takeLock(nodeFs, dir)).toThrow(JournalLockedError);
  expect(() => takeLock(nodeFs, dir)).toThrow(/web-7f9/);
});

test('a foreign owner whose heart beats keeps its journal', async () => {
  const dir = temporaryFolder();
  foreignLock(dir);
  const beating = setInterval(() => beatOnce(dir), 20);
  await expect(openWhenFree(settings(dir), 1_000)).rejects.toThrow(JournalLockedError);
  clearInterval(beating);
});

test('a foreign owner that is silent is taken over, which is told first', async () => {
  const dir = temporaryFolder();
  foreignLock(dir);
  const log = memoryLog();
  const journal = await openWhenFree({ ...settings(dir), log }, 50);
  expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
  expect(JSON.parse(readFileSync(fileOf(dir), 'utf8'))).toMatchObject({ pid: process.pid });
  journal.close();
});

test('a foreign lock that nobody has touched for a minute is taken over at once', () => {
  const dir = temporaryFolder();
  foreignLock(dir);
  beatOnce(dir, new Date(Date.now() - 61_000));
  takeLock(nodeFs, dir).release();
});

/** Takes the lock, says its process number, and stays. */
const holder = (dir: string) =>
  `const { takeLock } = await import('./src/journal/lock-file.ts');` +
  `const { nodeFs } = await import('./src/journal/segment-files.ts');` +
  `takeLock(nodeFs, ${JSON.stringify(dir)}); console.log(process.pid); setInterval(() => {}, 1000);`;

test('the lock of a process that was killed on this machine is taken over at once', async () => {
  const dir = temporaryFolder();
  const child = spawn('node', ['--input-type=module', '-e', holder(dir)]);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(() => takeLock(nodeFs, dir)).toThrow(String(child.pid));
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  takeLock(nodeFs, dir).release();
});

test.skipIf(process.platform !== 'linux')(
  'the same goes for one that was killed and whose parent has not asked for it',
  async () => {
    const dir = temporaryFolder();
    // The shell turns into a program that waits for none of its children.
    const parent = spawn('sh', [
      '-c',
      'node --input-type=module -e "$1" & exec sleep 600',
      '-',
      holder(dir),
    ]);
    onTestFinished(() => void parent.kill('SIGKILL'));
    const pid = Number((await once(parent.stdout, 'data'))[0]);
    expect(() => takeLock(nodeFs, dir)).toThrow(JournalLockedError);
    process.kill(pid, 'SIGKILL');
    const stat = () => readFileSync(`/proc/${pid}/stat`, 'latin1');
    await expect.poll(stat, { timeout: 5_000 }).toContain(') Z ');
    takeLock(nodeFs, dir).release();
  },
);

test('of two that find the same dead lock, the slower one puts the new lock back', () => {
  const dir = temporaryFolder();
  const dead = JSON.stringify({ pid: 2 ** 30, startTime: '1', place: '' });
  writeFileSync(fileOf(dir), dead);
  beatOnce(dir, new Date(0));
  // The quicker process takes the lock over just before the slower one moves it away.
  let quicker: ReturnType<typeof takeLock> | null = null;
  const slow: typeof nodeFs = {
    ...nodeFs,
    renameSync: (from, to) => {
      quicker ??= takeLock(nodeFs, dir);
      nodeFs.renameSync(from, to);
    },
  };
  expect(() => takeLock(slow, dir)).toThrow(JournalLockedError);
  const held = quicker as ReturnType<typeof takeLock> | null;
  expect(held?.beat()).toBe('held');
});

test('a journal whose lock another process has taken writes no more, and says so', async () => {
  const dir = temporaryFolder();
  const log = memoryLog();
  const journal = testJournal(dir, { log, clock: systemClock });
  foreignLock(dir);
  await expect.poll(() => journal.health().ok, { timeout: 5_000 }).toBe(false);
  expect(journal.health().lastError).toContain('web-7f9');
  await expect.poll(() => log.lines.length, { timeout: 5_000 }).toBe(1);
  journal.close();
  expect(readFileSync(fileOf(dir), 'utf8')).toContain('web-7f9');
});
