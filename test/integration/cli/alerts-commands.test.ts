import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MICROS_PER_DAY } from '../../../src/core/units.ts';
import { startHttpReceiver } from '../../support/channels/http-receiver.ts';
import { type CliBench, createCliBench } from '../../support/cli/cli-bench.ts';
import { SAMPLE_START, sampleClosed } from '../../support/ledger/sample-requests.ts';
import { addUsage } from '../../support/timeline/world.ts';

let bench: CliBench;
beforeEach(async () => {
  bench = await createCliBench();
});
afterEach(() => bench.remove());

const configure = (text: string) => writeFile(join(bench.dir, 'tripmeter.yaml'), text);
const ENDPOINT = 'endpoints:\n  generate: { upstream: "http://127.0.0.1:1", gpu: A100-80GB }\n';
const KEY = 'budget.crossed/2026-11/500/crossed';

/** One of twenty seconds every so many seconds, up to now. */
const requestsEvery = (seconds: number, count: number) =>
  Array.from({ length: count }, (_, index) =>
    sampleClosed({
      startedAt: SAMPLE_START - (count - index) * seconds * 1_000_000,
      durationUs: 20_000_000,
    }),
  );

/** Seventy days at twenty-five dollars, up to the evening before. */
async function spend(): Promise<void> {
  await bench.fill([]);
  const ledger = await bench.openWriter();
  for (let day = 70; day > 0; day -= 1) {
    await addUsage(ledger, SAMPLE_START - day * MICROS_PER_DAY, { usd: 25, requests: 3_000 });
  }
  await ledger.close();
}

describe('alerts', () => {
  beforeEach(spend);

  test('evaluate shows every rule; dry it keeps nothing, else it is told once', async () => {
    const dry = await bench.run(['alerts', 'evaluate', '--dry-run']);
    expect(dry.out).toMatch(/budget\.crossed 500 +met +\$575\.00/);
    expect(dry.out).toContain('Would be told:\n  spend of 2026-11 crossed $500.00: now $575.00');
    expect((await bench.run(['alerts', 'list'])).out).toContain('Nothing was told');
    expect((await bench.run(['alerts', 'evaluate'])).out).toContain('Told:\n  spend of 2026-11');
    expect((await bench.run(['alerts', 'evaluate'])).out).not.toContain('crossed $500.00');
  });

  test('evaluate as of a past day knows what was known then', async () => {
    await bench.run(['alerts', 'evaluate']);
    const past = await bench.run(['alerts', 'evaluate', '--at', '2026-11-22', '--dry-run']);
    expect(past.out).toContain('spend of 2026-11 crossed $500.00: now $525.00');
    const ahead = await bench.run(['alerts', 'evaluate', '--at', '2027-01-01', '--dry-run']);
    expect(ahead).toMatchObject({ code: 2, err: expect.stringContaining('lies ahead') });
    expect((await bench.run(['alerts', 'evaluate', '--at', '2026-11-22'])).code).toBe(2);
  });

  test('list, ack, silence and retry', async () => {
    await bench.run(['alerts', 'evaluate']);
    const keys = async () =>
      (await bench.run(['alerts', 'list', '--json'])).out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { key: string; acknowledgedBy: string | null });
    expect((await keys()).map(({ key }) => key)).toContain(KEY);
    const seen = await bench.run(['alerts', 'ack', KEY, '--by', 'ops']);
    expect(seen.out).toBe(`${KEY} is marked as seen by ops.\n`);
    expect((await keys()).find(({ key }) => key === KEY)?.acknowledgedBy).toBe('ops');
    const none = await bench.run(['alerts', 'ack', 'nothing']);
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining('alerts list') });
    const silence = ['alerts', 'silence', 'budget.*'];
    expect((await bench.run([...silence, '--for', '2h', '--why', 'load test'])).out).toBe(
      'budget.* is silent until 2026-11-24 12:00 UTC.\n',
    );
    expect((await bench.run([...silence, '--end'])).out).toBe('1 silence of budget.* ended.\n');
    expect(await bench.run(silence)).toMatchObject({ code: 2 });
    expect(await bench.run(['alerts', 'silence', 'budgets', '--end'])).toMatchObject({ code: 2 });
    expect((await bench.run(['alerts', 'retry'])).out).toBe('0 deliveries to try again.\n');
  });

  test('what was done is told to a script as the API tells it', async () => {
    await bench.run(['alerts', 'evaluate']);
    const done = async (...args: string[]) => {
      const { code, out } = await bench.run(['alerts', ...args, '--json']);
      expect(code).toBe(0);
      return JSON.parse(out);
    };
    expect(await done('ack', KEY, '--by', 'ops')).toMatchObject({
      key: KEY,
      acknowledgedBy: 'ops',
      acknowledgedAt: '2026-11-24T10:00:00.000000Z',
    });
    const why = ['--for', '2h', '--why', 'load test', '--by', 'ops'];
    expect(await done('silence', 'budget.*', ...why)).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      rule: 'budget.*',
      from: '2026-11-24T10:00:00.000000Z',
      until: '2026-11-24T12:00:00.000000Z',
      by: 'ops',
      reason: 'load test',
    });
    expect(await done('silence', 'budget.*', '--end')).toEqual({ ended: 1 });
    expect(await done('retry')).toEqual({ deliveries: 0 });
    const none = await bench.run(['alerts', 'ack', 'nothing', '--json']);
    expect(none).toMatchObject({ code: 1, out: '' });
  });

  test('backtest says what would have been told, and how far off the forecasts were', async () => {
    const { out } = await bench.run(['alerts', 'backtest', '--from', '60d']);
    expect(out).toMatch(/2026-10-20 23:59 +warning +spend of 2026-10 crossed \$500\.00/);
    expect(out).toContain('Over all days of the month: median error 0 %');
    const json = JSON.parse((await bench.run(['alerts', 'backtest', '--json'])).out);
    expect(json.forecast[10]).toMatchObject({ dayOfMonth: 10, months: 1 });
    expect(json.notices.map(({ at }: { at: string }) => at)).toContain(
      '2026-10-20T23:59:59.999999Z',
    );
    const wrong = await bench.run([
      'alerts',
      'backtest',
      '--from',
      '2026-11-01',
      '--to',
      '2026-10-01',
    ]);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('--from must be before') });
  });
});

test('alerts test sends a marked message through a channel', async () => {
  const receiver = await startHttpReceiver();
  await configure(`${ENDPOINT}channels:\n  slack: { webhook: { env: SLACK } }\n`);
  const env = { SLACK: receiver.url };
  const sent = await bench.run(['alerts', 'test', 'slack'], { env });
  const told = await bench.run(['alerts', 'test', 'slack', '--json'], { env });
  expect(JSON.parse(told.out)).toEqual({ channel: 'slack', ok: true, error: null });
  await receiver.close();
  expect(sent).toMatchObject({ code: 0, out: 'slack took the message.\n' });
  expect(receiver.seen[0]?.body).toContain('[TEST]');
  const gone = await bench.run(['alerts', 'test', 'slack'], { env });
  expect(gone).toMatchObject({ code: 1, err: expect.stringContaining('would be tried again') });
  const failed = await bench.run(['alerts', 'test', 'slack', '--json'], { env });
  expect(failed).toMatchObject({ code: 1, err: '' });
  expect(JSON.parse(failed.out)).toEqual({
    channel: 'slack',
    ok: false,
    error: expect.stringMatching(/./),
  });
  const other = await bench.run(['alerts', 'test', 'email'], { env });
  expect(other).toMatchObject({ code: 2, err: expect.stringContaining('configured: slack') });
});

describe('project', () => {
  test.each([
    ['10000', '$65.00', '$190.00', 'Modal, 2.9 ×'],
    ['100000', '$650.00', '$540.00', 'multi-cloud, 1.2 ×'],
    ['1000000', '$6,500.00', '$3,140.00', 'multi-cloud, 2.1 ×'],
  ])(
    "%s requests cost what the report's appendix B says",
    async (requests, modal, multi, cheaper) => {
      const { code, out } = await bench.run(['project', '--requests', requests]);
      expect(code).toBe(0);
      const [, first] = out.split('\n');
      expect(first).toMatch(/^asked for/);
      for (const text of [modal, multi, cheaper]) expect(first).toContain(text);
      expect(out).toContain('break-even  57,873 requests/month at $0.0065 a request');
      expect(out).toContain('█ Modal  ░ multi-cloud');
    },
  );

  test('measures Modal where there is a record, and says where that is far from the report', async () => {
    await bench.fill(requestsEvery(5 * 60, 900));
    const { out } = await bench.run(['project']);
    expect(out).toMatch(/MODAL, MEASURED .*\nlast 30 days +900 +\$[\d,.]+ +\$5\.85/);
    expect(out).toMatch(/break-even +[\d,]+ requests\/month at what Modal was measured to cost/);
    expect(out).toMatch(/Modal was measured at [\d.]+ × the cost for each request that the report/);
  });

  test('draws a chart', async () => {
    const draw = (file: string) => bench.run(['project', '--requests', '50000', '--chart', file]);
    expect((await draw(join(bench.dir, 'p.svg'))).code).toBe(0);
    expect(await readFile(join(bench.dir, 'p.svg'), 'utf8')).toContain('<svg');
    expect((await draw(join(bench.dir, 'p.png'))).code).toBe(0);
    expect((await readFile(join(bench.dir, 'p.png'))).subarray(1, 4).toString()).toBe('PNG');
    expect(await draw('p.gif')).toMatchObject({ code: 2 });
    expect(await draw('/nowhere/p.svg')).toMatchObject({ code: 1 });
  });
});

describe('an impossible configuration', () => {
  test.each([
    ['timezone: Mars/Olympus\n', /timezone: not a time zone of the IANA list/],
    ['alerts: { monthlyUsd: [-500] }\n', /alerts\.monthlyUsd.*cannot be negative/],
    ['alerts: { monthlyUsd: [500, 500] }\n', /names a threshold twice/],
    ['triggers: { scale: { requests: -1 } }\n', /triggers\.scale\.requests/],
    ['triggers: { cost: { sustainDays: 0 } }\n', /triggers\.cost\.sustainDays/],
    [
      'decision: { capacity: { who: team, until: soon } }\n',
      /decision\.capacity\.until.*2026-11-24/,
    ],
    ['report: { schedule: "61 * * * *" }\n', /report\.schedule/],
  ])('%j is told with file, line and remedy', async (text, message) => {
    await configure(ENDPOINT + text);
    const { code, err } = await bench.run(['check']);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).toMatch(/tripmeter\.yaml:3/);
  });

  test('capacity that has expired, and a mail server that nobody runs, are found by check', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await configure(
      `${ENDPOINT}decision: { capacity: { who: platform team, until: 2026-01-31 } }\nchannels:\n` +
        `  email: { smtp: "smtp://127.0.0.1:${port}", from: a@b.example, to: [c@d.example] }\n`,
    );
    const { code, out } = await bench.run(['check']);
    expect(code).toBe(1);
    expect(out).toContain(
      'FAIL  decision.capacity of platform team: expired on 2026-01-31 00:00 UTC',
    );
    expect(out).toMatch(/FAIL {2}channel email: the mail server .*; check host, port and tls/);
  });
});
