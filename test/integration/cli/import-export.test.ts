import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, lstat, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isoInstant } from '../../../src/core/measure-text.ts';
import { REQUEST_COLUMNS } from '../../../src/core/request-view.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import { type CliBench, createCliBench } from '../../support/cli/cli-bench.ts';
import { sampleClosed, samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';

let bench: CliBench;
beforeEach(async () => {
  bench = await createCliBench();
});
afterEach(() => bench.remove());

const linesOf = (text: string) => text.trimEnd().split('\n');
const objectsOf = (text: string) => linesOf(text).map((line) => JSON.parse(line));

describe('import', () => {
  const line = (over: object) =>
    `${JSON.stringify({ endpoint: 'generate', startedAt: '2026-11-24T09:00:00Z', durationMs: 2000, ...over })}\n`;

  test('the same file twice stores each request once, with a cost', async () => {
    await writeFile(
      join(bench.dir, 'h.jsonl'),
      line({}) + line({ durationMs: 9 }) + line({ endpoint: 'gone' }),
    );
    const first = await bench.run(['import', 'h.jsonl', '--json']);
    const second = await bench.run(['import', 'h.jsonl']);
    expect(first.code).toBe(0);
    expect(first.err).toMatch(/without a price.*: gone\n$/);
    expect(JSON.parse(first.out)).toEqual({ inserted: 3, repeated: 0, bad: 0 });
    expect(second.out).toBe('0 requests imported, 3 known before, 0 bad lines\n');
    const views = objectsOf((await bench.run(['requests', '--json'])).out);
    expect(views).toHaveLength(3);
    const states = Object.fromEntries(views.map((view) => [view.endpoint, view.costState]));
    expect(states).toEqual({ generate: 'provisional', gone: 'unpriced' });
  });

  test('bad lines are named by number and passed over; with --strict nothing is stored', async () => {
    await writeFile(
      join(bench.dir, 'h.jsonl'),
      `${line({})}not json\n${line({ startedAt: 'noon' })}`,
    );
    const strict = await bench.run(['import', 'h.jsonl', '--strict']);
    expect(strict.code).toBe(1);
    expect(strict.err).toContain('2 bad lines');
    expect(existsSync(bench.ledgerFile)).toBe(false);
    const lenient = await bench.run(['import', 'h.jsonl']);
    expect(lenient.code).toBe(1);
    expect(lenient.err).toContain('2 bad lines not stored, the rest is; mend the file');
    expect(lenient.out).toBe('1 request imported, 0 known before, 2 bad lines\n');
    expect(lenient.err).toMatch(/h\.jsonl:2: not JSON/);
    expect(lenient.err).toMatch(/h\.jsonl:3: startedAt/);
    const skipping = await bench.run(['import', 'h.jsonl', '--skip-bad']);
    expect(skipping.code).toBe(0);
    expect(skipping.out).toBe('0 requests imported, 1 known before, 2 bad lines\n');
    expect((await bench.run(['import', 'h.jsonl', '--skip-bad', '--strict'])).code).toBe(2);
  });

  test('a file of another format is a failure, and one that is not there bad usage', async () => {
    await writeFile(join(bench.dir, 'h.jsonl'), 'a\nb\n');
    expect((await bench.run(['import', 'h.jsonl'])).code).toBe(1);
    expect((await bench.run(['import', 'none.jsonl'])).code).toBe(2);
  });

  test('requests of a renamed endpoint go to the new one, the others stay where they were', async () => {
    await writeFile(
      join(bench.dir, 'h.jsonl'),
      line({}) + line({ endpoint: 'old', durationMs: 7 }) + line({ endpoint: 'health' }),
    );
    const { code, err } = await bench.run(['import', 'h.jsonl', '--endpoint', 'old=generate']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const views = objectsOf((await bench.run(['requests', '--json'])).out);
    expect(views.map((view) => view.endpoint).sort()).toEqual(['generate', 'generate', 'health']);
  });

  test.each([
    [['nobody'], 'no endpoint is called "nobody"; there are: generate, health'],
    [['old=nobody'], 'there are: generate, health'],
    [['generate', 'health'], 'says twice where all requests go'],
    [['old=generate', 'old=health'], 'says twice where those of old go'],
  ])('--endpoint %j is bad usage', async (names, message) => {
    await writeFile(join(bench.dir, 'h.jsonl'), line({}));
    const options = names.flatMap((name) => ['--endpoint', name]);
    const { code, err } = await bench.run(['import', 'h.jsonl', ...options]);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(existsSync(bench.ledgerFile)).toBe(false);
  });

  describe('of the result files of lift-sys', () => {
    const name = 'benchmark_results_parallel_20260105_101500.json';
    const lift = (...options: string[]) =>
      bench.run(['import', name, '--format', 'lift-sys', ...options]);
    const endpoints = async () =>
      new Set(
        objectsOf((await bench.run(['requests', '--json'])).out).map((view) => view.endpoint),
      );
    beforeEach(() => copyFile(join('test/fixtures/lift-sys', name), join(bench.dir, name)));

    test('puts the requests where the user says', async () => {
      const { code, err, out } = await lift('--endpoint', 'generate', '--json');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(JSON.parse(out).inserted).toBeGreaterThan(0);
      expect(await endpoints()).toEqual(new Set(['generate']));
    });

    test('tells the deployments of a time apart', async () => {
      const options = ['--endpoint', 'lift-sys-32b=generate', '--endpoint', 'health'];
      expect((await lift(...options)).code).toBe(0);
      expect(await endpoints()).toEqual(new Set(['generate']));
    });

    test('stores nothing when nobody says which endpoint it was, and says how to', async () => {
      const { code, err } = await lift();
      expect(code).toBe(2);
      expect(err).toContain('the configuration has none called lift-sys-32b; nothing is stored');
      expect(err).toContain('--endpoint generate for all, or --endpoint lift-sys-32b=generate');
      expect(existsSync(bench.ledgerFile)).toBe(false);
    });
  });

  test('runs beside an open writer, and shows a person how far it is', async () => {
    await bench.fill([]);
    const writer = await bench.openWriter();
    const lines = Array.from({ length: 2_500 }, (_, index) => line({ durationMs: index }));
    await writeFile(join(bench.dir, 'h.jsonl'), lines.join(''));
    const { code, out, err } = await bench.run(['import', 'h.jsonl'], { isTTY: true });
    await importRequests([sampleClosed()], { ledger: writer, price: samplePrice });
    await writer.close();
    expect({ code, out }).toEqual({
      code: 0,
      out: '2,500 requests imported, 0 known before, 0 bad lines\n',
    });
    expect(err).toContain('%');
  });
});

describe('export', () => {
  test('JSON lines come back in through import', async () => {
    await bench.fill(sampleTraffic(40));
    const exported = await bench.run(['export', '--out', 'all.jsonl']);
    expect(exported).toMatchObject({ code: 0, out: '', err: '40 requests exported\n' });
    const text = await readFile(join(bench.dir, 'all.jsonl'), 'utf8');
    expect(objectsOf(text)).toHaveLength(40);
    const { out } = await bench.run(['import', 'all.jsonl', '--json']);
    expect(JSON.parse(out)).toEqual({ inserted: 0, repeated: 40, bad: 0 });
  });

  test('CSV has a head, quotes what needs it and starts no formula', async () => {
    await bench.fill([sampleClosed({ operation: 'a,"b"', client: '=cmd()' })]);
    const { code, out } = await bench.run(['export', '--format', 'csv']);
    const [head, row] = linesOf(out);
    expect(code).toBe(0);
    expect(head).toBe(REQUEST_COLUMNS.join(','));
    expect(row).toContain('"a,""b"""');
    expect(row).toContain(",'=cmd(),");
  });

  test('Parquet has the same columns with types: instants to the microsecond, dollars to the nano', async () => {
    await bench.fill(sampleTraffic(20_050));
    const args = ['export', '--format', 'parquet', '--out', 'all.parquet'];
    expect(await bench.run(args)).toMatchObject({ code: 0, err: '20,050 requests exported\n' });
    const file = await asyncBufferFromFile(join(bench.dir, 'all.parquet'));
    const metadata = await parquetMetadataAsync(file);
    expect(metadata.row_groups.map((group) => group.num_rows)).toEqual([20_000n, 50n]);
    const rows = await parquetReadObjects({
      file,
      parsers: { timestampFromMicroseconds: Number },
    });
    const { out } = await bench.run(['export']);
    const views = objectsOf(out);
    expect(Object.keys(rows[0] ?? {})).toEqual(REQUEST_COLUMNS);
    for (const at of [0, 1, 19_999, 20_000, 20_049]) {
      const { costUsd, startedAt, ...view } = views[at];
      const row = Object.fromEntries(
        Object.entries(rows[at] ?? {}).map(([key, value]) => [
          key,
          typeof value === 'bigint' ? Number(value) : value,
        ]),
      );
      expect(row).toMatchObject(view);
      expect(row['costUsd.total']).toBeCloseTo(Number(costUsd.total), 9);
      expect(isoInstant(row.startedAt as number)).toBe(startedAt);
    }
  });

  test('Parquet needs a file, also for no request at all', async () => {
    await bench.fill([]);
    const args = ['export', '--format', 'parquet'];
    const nowhere = await bench.run(args);
    expect(nowhere.code).toBe(2);
    expect(nowhere.err).toContain('name a file with --out');
    expect((await bench.run([...args, '--out', 'none.parquet'])).code).toBe(0);
    const file = await asyncBufferFromFile(join(bench.dir, 'none.parquet'));
    expect(await parquetReadObjects({ file })).toEqual([]);
  });

  test('a script is told of the file and its requests, and of nothing but a file', async () => {
    await bench.fill(sampleTraffic(40));
    const told = await bench.run(['export', '--json', '--format', 'csv', '--out', 'all.csv']);
    expect(told).toMatchObject({ code: 0, err: '' });
    const file = join(bench.dir, 'all.csv');
    expect(JSON.parse(told.out)).toEqual({ file, format: 'csv', requests: 40 });
    expect(linesOf(await readFile(file, 'utf8'))).toHaveLength(41);
    const printed = await bench.run(['export', '--json']);
    expect(printed).toMatchObject({ code: 2, out: '' });
    expect(printed.err).toContain('name one with --out');
  });

  test('a pipe is written to and a link is followed: neither is replaced by a file', async () => {
    await bench.fill(sampleTraffic(40));
    const [pipe, link] = [join(bench.dir, 'pipe'), join(bench.dir, 'link')];
    execFileSync('mkfifo', [pipe]);
    const read = readFile(pipe, 'utf8');
    expect((await bench.run(['export', '--out', pipe])).code).toBe(0);
    expect(linesOf(await read)).toHaveLength(40);
    expect((await stat(pipe)).isFIFO()).toBe(true);
    await writeFile(join(bench.dir, 'behind'), '');
    await symlink('behind', link);
    expect((await bench.run(['export', '--out', link])).code).toBe(0);
    expect(linesOf(await readFile(join(bench.dir, 'behind'), 'utf8'))).toHaveLength(40);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
  });

  test('a file that cannot be written leaves nothing', async () => {
    await bench.fill([]);
    const { code, err } = await bench.run(['export', '--out', 'no/such/folder.csv']);
    expect(code).toBe(1);
    expect(err).toContain('folder.csv is not written');
    expect(existsSync(join(bench.dir, 'no'))).toBe(false);
  });
});

describe('verify', () => {
  test('a sound ledger is done; a changed roll-up is a finding and exit code 1', async () => {
    await bench.fill(sampleTraffic(30));
    const sound = await bench.run(['verify']);
    expect(sound).toMatchObject({ code: 0, err: '' });
    expect(sound.out).toContain('the ledger is sound: 1 hour of roll-ups');
    const raw = new Database(bench.ledgerFile);
    raw.exec('update rollup_hours set requests = requests + 1');
    raw.close();
    const damaged = await bench.run(['verify']);
    expect(damaged.code).toBe(1);
    expect(damaged.out).toMatch(/^roll-ups: hour 2026-11-24T09:00/);
    const { code, out } = await bench.run(['verify', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ sound: false, findings: [{ check: 'roll-ups' }] });
    expect(damaged.out).toContain('verify --repair');
    expect(await bench.run(['verify', '--repair'])).toMatchObject({ code: 0, err: '' });
    expect(await bench.run(['verify'])).toMatchObject({ code: 0 });
  });

  test('a file that is no ledger is a failure with a remedy', async () => {
    await mkdir(dirname(bench.ledgerFile));
    await writeFile(bench.ledgerFile, 'this is no database, not at all, by no means');
    const { code, err } = await bench.run(['verify']);
    expect(code).toBe(1);
    expect(err).toMatch(/^tripmeter: /);
  });
});
