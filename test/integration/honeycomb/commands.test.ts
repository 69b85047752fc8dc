import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CliBench, createCliBench } from '../../support/cli/cli-bench.ts';
import {
  type FakeHoneycomb,
  startFakeHoneycomb,
} from '../../support/fake-honeycomb/fake-honeycomb.ts';

let fake: FakeHoneycomb;
let bench: CliBench;
const env = { HONEYCOMB_CONFIGURATION_KEY: 'configuration-key' };

beforeEach(async () => {
  [fake, bench] = await Promise.all([startFakeHoneycomb(), createCliBench()]);
  await appendFile(
    join(bench.dir, 'tripmeter.yaml'),
    `export:
  honeycomb:
    key: { env: HONEYCOMB_API_KEY }
    configurationKey: { env: HONEYCOMB_CONFIGURATION_KEY }
    url: ${fake.url}
`,
  );
});
afterEach(async () => {
  await fake.close();
  await bench.remove();
});

const run = (words: string, over: Record<string, string> = {}) =>
  bench.run(words.split(' '), { env: { ...env, ...over } });

describe('tripmeter honeycomb', () => {
  test('plans, applies, then finds nothing to do', async () => {
    const plan = await run('honeycomb plan');
    expect(plan.out).toContain('+ board tripmeter: overview');
    expect(fake.writes).toEqual([]);
    expect((await run('honeycomb plan --check')).code).toBe(1);
    const applied = await run('honeycomb apply');
    expect(applied.out).toMatch(/done: \d+ to create, 0 to update, 0 to delete/);
    const again = await run('honeycomb plan --check');
    expect(again).toMatchObject({ code: 0 });
    expect(again.out).toBe('Nothing to change: Honeycomb is as the code says.\n');
    expect(JSON.parse((await run('honeycomb apply --json')).out)).toEqual({
      changes: [],
      left: [],
    });
  });

  test('tells a script what it would do, and what it did', async () => {
    const read = async (words: string, over = {}) => {
      const { code, out } = await run(`honeycomb ${words} --json`, over);
      expect(code).toBe(0);
      return JSON.parse(out);
    };
    const overview = {
      action: 'create',
      kind: 'board',
      key: expect.any(String),
      title: 'tripmeter: overview',
    };
    const planned = await read('plan');
    expect(planned).toEqual({ changes: expect.arrayContaining([overview]) });
    expect(await read('apply', { CI: 'true' })).toEqual(planned);
    expect(fake.writes).toEqual([]);
    const applied = await read('apply');
    expect(applied).toEqual({ changes: expect.arrayContaining([overview]), left: [] });
    expect(applied.changes).toHaveLength(planned.changes.length);
    const removed = { ...overview, action: 'delete' };
    expect(await read('destroy')).toEqual({ changes: expect.arrayContaining([removed]) });
    expect(fake.store.boards.size).toBe(5);
    expect((await read('destroy --yes')).changes).toContainEqual(removed);
    expect(fake.store.boards.size).toBe(0);
  });

  test('changes nothing in CI unless told to', async () => {
    const dry = await run('honeycomb apply', { CI: 'true' });
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.err).toContain('--yes');
    expect(fake.writes).toEqual([]);
    await run('honeycomb apply --yes', { CI: 'true' });
    expect(fake.store.boards.size).toBe(5);
  });

  test('destroys only when told to', async () => {
    await run('honeycomb apply');
    expect((await run('honeycomb destroy')).out).toContain('- board tripmeter: overview');
    expect(fake.store.boards.size).toBe(5);
    await run('honeycomb destroy --yes');
    expect(fake.store.boards.size).toBe(0);
  });

  test('says what is missing when there is no configuration key', async () => {
    const failed = await bench.run(['honeycomb', 'plan'], { env: {} });
    expect(failed.code).toBe(1);
    expect(failed.err).toContain('HONEYCOMB_CONFIGURATION_KEY is not set');
  });

  test('says what Honeycomb said, and never the key', async () => {
    const failed = await run('honeycomb plan', { HONEYCOMB_CONFIGURATION_KEY: 'wrong-secret' });
    expect(failed.code).toBe(1);
    expect(failed.err).toContain('unknown API key');
    expect(failed.err + failed.out).not.toContain('wrong-secret');
  });

  test('prints Terraform without asking Honeycomb', async () => {
    await fake.close();
    const { out, code } = await run('honeycomb export --slos');
    expect(code).toBe(0);
    expect(out).toContain('resource "honeycombio_flexible_board" "migration_triggers" {');
    expect(out).toContain('resource "honeycombio_slo" "answered" {');
  });
});
