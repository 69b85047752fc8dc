import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { importRequests } from '../../../src/ledger/import.ts';
import { type CliBench, createCliBench } from '../../support/cli/cli-bench.ts';
import {
  SAMPLE_START,
  sampleClosed,
  samplePrice,
  sampleTraffic,
} from '../../support/ledger/sample-requests.ts';

let bench: CliBench;
beforeEach(async () => {
  bench = await createCliBench();
});
afterEach(() => bench.remove());

const linesOf = (text: string) => text.trimEnd().split('\n');
const objectsOf = (text: string) => linesOf(text).map((line) => JSON.parse(line));

describe('the program', () => {
  test('an unknown command is bad usage, with the nearest one', async () => {
    const { code, err } = await bench.run(['request']);
    expect({ code, err }).toEqual({
      code: 2,
      err: "tripmeter: unknown command 'request'; did you mean requests?\n",
    });
  });

  test('an unknown flag and a bad value are bad usage', async () => {
    expect(await bench.run(['requests', '--sinc', '2h'])).toMatchObject({
      code: 2,
      err: "tripmeter: unknown option '--sinc'; did you mean --since?\n",
    });
    for (const flags of [
      ['--limit', '0'],
      ['--limit', 'x'],
      ['--outcome', 'fine'],
    ]) {
      expect((await bench.run(['requests', ...flags])).code, flags.join(' ')).toBe(2);
    }
    await bench.fill([]);
    const { code, err } = await bench.run(['requests', '--since', 'yesterday']);
    expect(code).toBe(2);
    expect(err).toContain('--since "yesterday" is no time; write 2h');
  });

  test('help is done, and names every command', async () => {
    const { code, out } = await bench.run(['--help']);
    expect(code).toBe(0);
    for (const name of ['requests', 'tail', 'spend', 'prices', 'import', 'export', 'verify']) {
      expect(out).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    }
  });

  test('a missing or wrong configuration is exit code 2', async () => {
    const missing = await bench.run(['requests', '--config', 'nowhere.yaml']);
    expect(missing.code).toBe(2);
    expect(missing.err).toContain('nowhere.yaml');
    await writeFile(join(bench.dir, 'wrong.yaml'), 'endpoint: {}\n');
    const wrong = await bench.run(['--config', 'wrong.yaml', 'requests']);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('endpoint');
  });

  test.each([['requests'], ['tail'], ['spend'], ['export'], ['verify']])(
    '%s without a ledger says that there is none yet, without a stack',
    async (name) => {
      const { code, out, err } = await bench.run([name]);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain(`no ledger in ${join(bench.dir, 'tripmeter-data')}`);
      expect(err).toContain('has `tripmeter serve` run?');
      expect(linesOf(err)).toHaveLength(1);
      expect(existsSync(bench.ledgerFile)).toBe(false);
    },
  );

  test('the stack is shown to who asks for it', async () => {
    const { err } = await bench.run(['requests'], { env: { TRIPMETER_DEBUG: '1' } });
    expect(err).toMatch(/\n +at /);
  });
});

describe('requests', () => {
  test('prints one JSON object a line, newest first, beyond one page', async () => {
    await bench.fill(sampleTraffic(620));
    const { code, out } = await bench.run(['requests', '--json', '--limit', '610']);
    const views = objectsOf(out);
    expect(code).toBe(0);
    expect(views).toHaveLength(610);
    const starts = views.map((view) => view.startedAt);
    expect(starts).toEqual([...starts].sort().reverse());
    expect(new Set(views.map((view) => view.id)).size).toBe(610);
    expect(Object.keys(views[0])).toContain('costUsd');
    expect(Object.keys(views[0].costUsd)).toEqual(['exec', 'overhead', 'total', 'low', 'high']);
  });

  test('filters by what the flags say', async () => {
    const at = (minutes: number) => SAMPLE_START + minutes * 60_000_000;
    await bench.fill([
      sampleClosed({ startedAt: at(0), endpoint: 'generate', client: 'ci' }),
      sampleClosed({ startedAt: at(10), endpoint: 'health', client: 'web' }),
      sampleClosed({ startedAt: at(20), endpoint: 'generate', outcome: 'client_abort' }),
    ]);
    const starts = async (...flags: string[]) => {
      const { out } = await bench.run(['requests', '--json', ...flags]);
      return out === '' ? [] : objectsOf(out).map((view) => view.startedAt.slice(11, 16));
    };
    expect(await starts('--endpoint', 'generate')).toEqual(['09:20', '09:00']);
    expect(await starts('--client', 'web')).toEqual(['09:10']);
    expect(await starts('--outcome', 'client_abort')).toEqual(['09:20']);
    expect(await starts('--since', '2026-11-24T09:10', '--until', '2026-11-24T09:20Z')).toEqual([
      '09:10',
    ]);
    expect(await starts('--since', '45m')).toEqual(['09:20']);
    expect(await starts('--state', 'open')).toEqual([]);
    expect(await starts('--limit', '1')).toEqual(['09:20']);
  });

  test('a table fits the terminal and is whole in a pipe', async () => {
    await bench.fill([sampleClosed({ client: 'evil\u001b[2J', firstByteUs: null })]);
    const narrow = await bench.run(['requests'], {
      isTTY: true,
      columns: 80,
      env: { NO_COLOR: '1' },
    });
    const piped = await bench.run(['requests']);
    expect(narrow.out).toMatch(/^STARTED .*ENDPOINT .*COST/);
    expect(narrow.out).not.toContain('CLIENT');
    for (const line of linesOf(narrow.out)) expect(line.length).toBeLessThanOrEqual(80);
    expect(linesOf(narrow.out)).toHaveLength(2);
    expect(piped.out).toContain('2026-11-24 09:00:00  generate');
    expect(piped.out).toContain('evil\ufffd[2J');
    expect(piped.out).toMatch(/2 s +~\$0\.001388 +– /);
  });
});

describe('what is shown as an outcome', () => {
  const refused = () =>
    sampleClosed({ outcome: 'connect_failed', status: 502, errorClass: 'connect_refused' });

  test('is what --outcome finds; why stands beside it', async () => {
    await bench.fill([refused()]);
    const { out } = await bench.run(['requests', '--outcome', 'connect_failed']);
    const [titles = '', row = ''] = linesOf(out);
    expect(row.slice(titles.indexOf('OUTCOME'), titles.indexOf('STATUS')).trim()).toMatch(
      /^connect_failed +connect_refused$/,
    );
  });

  test('is the same as they end', async () => {
    await bench.fill([refused()]);
    const stop = new AbortController();
    const out: string[] = [];
    await bench.run(['tail'], {
      signal: stop.signal,
      stdout: (text) => {
        out.push(text);
        stop.abort();
      },
    });
    expect(out.join('')).toMatch(/ connect_failed +502 .* \(connect_refused\)\n$/);
  });
});

describe('tail', () => {
  test('shows what has finished, then what finishes, until it is stopped', async () => {
    // A repeated import leaves a gap in the order of intake before the third.
    const [first, second, third] = [...sampleTraffic(3)].map((each) => [each]);
    await bench.fill([...(first ?? []), ...(second ?? [])]);
    await bench.fill([...(first ?? []), ...(second ?? []), ...(third ?? [])]);
    const stop = new AbortController();
    const out: string[] = [];
    const late = sampleClosed({ startedAt: SAMPLE_START + 60_000_000, operation: 'late' });
    const seen = Promise.withResolvers<void>();
    const running = bench.run(['tail', '--json', '-n', '2'], {
      signal: stop.signal,
      stdout: (text) => {
        out.push(text);
        if (out.length === 2) seen.resolve();
        if (text.includes(late.id)) stop.abort();
      },
    });
    await seen.promise;
    const writer = await bench.openWriter();
    await importRequests([late], { ledger: writer, price: samplePrice });
    await writer.close();
    expect((await running).code).toBe(0);
    expect(out).toHaveLength(3);
    expect(JSON.parse(out[2] ?? '')).toMatchObject({ id: late.id, operation: 'late' });
  });
});

describe('spend', () => {
  test('says the month in JSON and in words', async () => {
    await bench.fill(sampleTraffic(20));
    const { code, out } = await bench.run(['spend', '--month', '2026-11', '--json']);
    const spend = JSON.parse(out);
    expect(code).toBe(0);
    expect(spend).toMatchObject({ month: '2026-11', timezone: 'UTC', billedUsd: null });
    expect(spend.from).toBe('2026-11-01T00:00:00.000000Z');
    expect(Number(spend.provisionalUsd)).toBeGreaterThan(0);
    expect(Number(spend.usd)).toBeCloseTo(
      Number(spend.effectiveUsd) + Number(spend.provisionalUsd),
    );
    const words = await bench.run(['spend']);
    expect(words.out).toMatch(/^2026-11 \(UTC\)/);
    expect(words.out).toMatch(/not settled +\$\d/);
    expect(JSON.parse((await bench.run(['spend', '--month', '2026-10', '--json'])).out).usd).toBe(
      '0.000000000',
    );
  });

  test.each([
    ['spend --month 2026-13', '--month "2026-13" is no period'],
    ['reconcile --month 2026-13', '--month "2026-13" is no period'],
    ['requests --since yesterday', '--since "yesterday" is no time'],
  ])('%s is bad usage, with a ledger and without', async (command, message) => {
    for (const prepare of [async () => {}, () => bench.fill([])]) {
      await prepare();
      const { code, err } = await bench.run(command.split(' '));
      expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    }
  });
});

describe('prices', () => {
  test('lists resources, regions and models with their sources', async () => {
    const { code, out } = await bench.run(['prices', '--json']);
    const { prices, regions, tokens } = JSON.parse(out);
    expect(code).toBe(0);
    expect(prices).toContainEqual({
      resource: 'gpu',
      gpu: 'A100-80GB',
      usdPerSecond: '0.000694000000',
      usdPerHour: '2.498400000000',
      effectiveFrom: '1970-01-01T00:00:00.000000Z',
      source: 'pricing-page-2026-05-07',
    });
    expect(regions.length * tokens.length).toBeGreaterThan(0);
    expect((await bench.run(['prices'])).out).toMatch(/A100-80GB +2\.4984 +0\.00069400 +always/);
  });
});
