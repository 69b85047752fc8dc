import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliBench, createCliBench } from '../../support/cli/cli-bench.ts';

let bench: CliBench;
beforeEach(async () => {
  bench = await createCliBench();
});
afterEach(() => bench.remove());

test('init tells a script which file it wrote, and whether one was there', async () => {
  const init = (...flags: string[]) =>
    bench.run(['--config', 'mine.yaml', 'init', '--json', ...flags]);
  const file = join(bench.dir, 'mine.yaml');
  expect(JSON.parse((await init()).out)).toEqual({ file, replaced: false });
  const refused = await init('--gpu', 'L40S');
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('--force replaces it');
  expect(await readFile(file, 'utf8')).not.toContain('gpu: L40S');
  expect(JSON.parse((await init('--gpu', 'L40S', '--force')).out)).toEqual({
    file,
    replaced: true,
  });
  expect(await readFile(file, 'utf8')).toContain('gpu: L40S');
});
