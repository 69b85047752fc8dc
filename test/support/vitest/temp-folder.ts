import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One temporary folder for a whole run, also for the processes that tests start. */
export async function setup(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tripmeter-test-'));
  // A database server of a test runs as a user of its own and has to get through.
  await chmod(folder, 0o711);
  process.env.TMPDIR = folder;
}

/** Nothing of it stays. What a test itself left there is named. */
export async function teardown(): Promise<void> {
  const folder = tmpdir();
  const left = (await readdir(folder)).filter((name) => name.startsWith('tripmeter-'));
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  if (left.length === 0) return;
  console.error(`tests left these in the temporary folder: ${left.join(', ')}`);
}
