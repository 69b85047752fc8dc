import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliBench, createCliBench } from '../../support/cli/cli-bench.ts';
import { temporaryFolder, testJournal } from '../../support/journal/journal-kit.ts';

let bench: CliBench;
let there: string;
let missing: string;

beforeEach(async () => {
  bench = await createCliBench();
  there = join(temporaryFolder(), 'journal');
  testJournal(there).close();
  missing = join(temporaryFolder(), 'journal');
});
afterEach(() => bench.remove());

const configure = (...journals: string[]) =>
  writeFile(
    join(bench.dir, 'tripmeter.yaml'),
    `listen: 127.0.0.1:0
admin: { listen: "127.0.0.1:0" }
journals: ${JSON.stringify(journals)}
endpoints:
  generate: { upstream: "http://127.0.0.1:9", gpu: none }
`,
  );

test('check looks at each journal of other proxies', async () => {
  await configure(there, missing);
  const { code, out } = await bench.run(['check']);
  expect(code).toBe(1);
  expect(out).toContain(`ok    journal ${there}\n`);
  expect(out).toContain(`FAIL  journal ${missing}: is not there; mount its volume`);
});

test('verify names a journal that it cannot look at, and calls no ledger damaged for it', async () => {
  await bench.fill();
  await configure(there);
  expect(await bench.run(['verify'])).toMatchObject({ code: 0, err: '' });
  await configure(there, missing);
  const { code, out, err } = await bench.run(['verify']);
  expect(code).toBe(1);
  expect(out).toContain(`journal folder: ${missing} is not there; mount its volume`);
  expect(err).toBe(
    'tripmeter: the ledger agrees with itself, but not every journal could be looked at: 1 finding\n',
  );
});
