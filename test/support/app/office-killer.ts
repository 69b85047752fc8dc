/** Preloaded with `--import`: lets a test kill the office's thread by making a file named in `KILL_OFFICE`. */
import { existsSync, unlinkSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.KILL_OFFICE;
if (!isMainThread && file !== undefined) {
  setInterval(() => {
    if (!existsSync(file)) return;
    unlinkSync(file);
    throw new Error('killed by the test');
  }, 20).unref();
}
