import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type CliBench, createCliBench } from '../../support/cli/cli-bench.ts';
import { SECOND } from '../../support/cost/records.ts';
import { requestAt } from '../../support/cost/settling.ts';
import { startFakeModal } from '../../support/fake-modal/fake-modal.ts';

const CONFIG = `timezone: UTC
endpoints:
  generate:
    upstream: "https://ws--generate.modal.run"
    gpu: A100-80GB
    cpuCores: 0
    memoryGiB: 0
    maxInputs: 4
    scaledownWindow: 120s
    modalApp: lift-sys
`;

let bench: CliBench;
beforeEach(async () => {
  bench = await createCliBench();
  await writeFile(join(bench.dir, 'tripmeter.yaml'), CONFIG);
  const requests = Array.from({ length: 40 }, (_, index) =>
    requestAt([index * 300, index * 300 + 10]),
  );
  await bench.fill(requests);
});
afterEach(() => bench.remove());

const clock = { now: () => Date.UTC(2026, 10, 20) * 1_000, monotonic: () => 0 };
const run = (...args: string[]) => bench.run(args, { clock });

describe('settle', () => {
  test('makes provisional cost final, and again changes nothing', async () => {
    expect(await run('settle')).toMatchObject({ code: 0 });
    const spend = JSON.parse((await run('spend', '--month', '2026-11', '--json')).out);
    expect(spend).toMatchObject({ usd: '3.608800000', provisionalUsd: '0.000000000' });
    const again = await run('settle', '--json');
    expect(JSON.parse(again.out)).toMatchObject({ settled: 0, rewound: 0 });
  });

  test('refuses a time that is none', async () => {
    expect(await run('settle', '--until', 'soon')).toMatchObject({ code: 2 });
  });
});

describe('reconcile', () => {
  test('imports the bill, and says what differs and what to change', async () => {
    await run('settle');
    const rows = Array.from({ length: 3 }, (_, hour) => {
      const dollars = ((0.000694 * 130 * 12 * 115) / 100).toFixed(9);
      return `ap-1,lift-sys,main,2026-11-16T0${hour}:00:00,A100-80GB,${dollars}`;
    });
    const head = 'Object ID,Description,Environment,Interval Start,Resource,Cost';
    await writeFile(join(bench.dir, 'bill.csv'), `${[head, ...rows].join('\n')}\n`);
    const imported = await run('billing', 'import', 'bill.csv');
    expect(imported).toMatchObject({ code: 0 });
    expect(imported.out).toContain('3 rows of the bill');
    const { out } = await run('reconcile', '--month', '2026-11', '--json');
    const [app] = JSON.parse(out).apps;
    expect(app).toMatchObject({ app: 'lift-sys', diagnosis: 'region_pin' });
    expect(app.explained).toBeGreaterThan(0.95);
    expect((await run('reconcile', '--month', '2026-11')).out).toContain('region_pin');
  });

  test('without a bill says how to get one', async () => {
    expect((await run('reconcile', '--month', '2026-11')).out).toContain('billing import FILE');
  });

  test('refuses a file that is not there, and one that is no bill', async () => {
    expect(await run('billing', 'import', 'nowhere.csv')).toMatchObject({ code: 2 });
    await writeFile(join(bench.dir, 'wrong.csv'), 'a,b\n1,2\n');
    expect(await run('billing', 'import', 'wrong.csv')).toMatchObject({ code: 1 });
  });
});

describe('spend --by', () => {
  test.each(['endpoint', 'operation', 'client', 'group'])('adds requests up by %s', async (by) => {
    await bench.fill([
      requestAt([20_000, 20_010], { operation: 'plan', client: 'ci', group: 'run-1' }),
      requestAt([20_005, 20_015], {
        ...{ operation: 'plan', client: 'ci', group: 'run-1', outcome: 'app_error' },
      }),
    ]);
    await run('settle');
    const args = ['spend', '--month', '2026-11', '--by', by];
    const { breakdown, requestCosts, lines } = JSON.parse((await run(...args, '--json')).out);
    const name = { endpoint: 'generate', operation: 'plan', client: 'ci', group: 'run-1' }[by];
    const row = breakdown.find((each: { name: string }) => each.name === name);
    // Two that overlap: 15 s busy and a tail of 120 s at $0.000694.
    const pair = 135 * 0.000694;
    if (by === 'endpoint') expect(row.requests).toBe(42);
    else expect(row).toMatchObject({ requests: 2, successes: 1, provisional: 0, unpriced: 0 });
    if (by !== 'endpoint') {
      expect(Number(row.usd)).toBeCloseTo(pair, 8);
      expect(Number(row.perRequestUsd)).toBeCloseTo(pair / 2, 8);
      expect(row.perSuccessUsd).toBe(row.usd);
      expect(Number(row.failedUsd)).toBeCloseTo(pair / 2, 8);
    }
    expect(requestCosts).toMatchObject({ requests: 42, successes: 41 });
    expect(Object.keys(lines)).toEqual(
      ['busy', 'failed', 'cold', 'idle', 'standing', 'tokens', 'residual'].map((l) => `${l}Usd`),
    );
    const { out } = await run(...args);
    expect(out).toContain('USD/SUCCESS');
    expect(out).toContain('all requests');
  });

  test('refuses another word, and says which there are', async () => {
    expect(await run('spend', '--by', 'moon')).toMatchObject({
      code: 2,
      err: expect.stringContaining('operation'),
    });
  });
});

describe('billing pull', () => {
  const TOKEN = 'billing: { token: { id: { env: ID }, secret: { env: SECRET } } }\n';
  const pull = (env: Record<string, string>) =>
    bench.run(['billing', 'pull', '--json'], { clock, env });

  test('asks Modal, compares, and prints what came', async () => {
    const modal = await startFakeModal();
    vi.stubEnv('MODAL_SERVER_URL', modal.url);
    try {
      await run('settle');
      await writeFile(join(bench.dir, 'tripmeter.yaml'), CONFIG + TOKEN);
      modal.items = [
        {
          ...{ objectId: 'ap-1', description: 'lift-sys', environmentName: 'main' },
          ...{ interval: { seconds: Date.UTC(2026, 10, 16, 1) / 1_000 }, cost: '1.25' },
        },
      ];
      const done = await pull({ ID: 'ak-fake', SECRET: 'as-fake' });
      expect(JSON.parse(done.out)).toMatchObject({
        rows: 1,
        replaced: 0,
        from: expect.any(String),
      });
      const refused = await pull({ ID: 'ak-x', SECRET: 'as-x' });
      expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('check the token') });
    } finally {
      vi.unstubAllEnvs();
      await modal.close();
    }
  });

  test('without a token says what to do', async () => {
    expect(await pull({})).toMatchObject({
      code: 2,
      err: expect.stringContaining('billing.token'),
    });
  });
});

describe('containers pull', () => {
  const TOKEN =
    'billing: { token: { id: { env: ID }, secret: { env: SECRET } }, containersLookBack: 9d }\n';
  const pull = (env: Record<string, string>, ...args: string[]) =>
    bench.run(['containers', 'pull', ...args], { clock, env });
  const env = { ID: 'ak-fake', SECRET: 'as-fake' };

  test('asks Modal, settles by it, and prints what changed', async () => {
    const modal = await startFakeModal();
    vi.stubEnv('MODAL_SERVER_URL', modal.url);
    try {
      await writeFile(join(bench.dir, 'tripmeter.yaml'), CONFIG + TOKEN);
      await bench.fill([requestAt([20_000, 20_010], { containerId: 'ta-1' })]);
      await run('settle');
      const start = Date.UTC(2026, 10, 16) / 1_000 + 19_990;
      const life = { enqueuedAt: start, startedAt: start + 10, finishedAt: start + 400 };
      modal.containers = new Map([['ta-1', { ...life, gpuCount: 2 }]]);
      const { out, code } = await pull(env);
      expect(code).toBe(0);
      expect(out).toContain('1 container asked about: 1 ended, 0 still running');
      expect(out).toContain('1 hour corrected');
      expect(out).toContain('containers have 2 GPUs, configured are 1');
      const again = await pull(env, '--json');
      expect(JSON.parse(again.out)).toMatchObject({ asked: 0, changed: 0, corrections: 0 });
      await bench.fill([requestAt([30_000, 30_010], { containerId: 'ta-2' })]);
      await run('settle');
      expect(await pull({ ID: 'ak-x', SECRET: 'as-x' })).toMatchObject({
        ...{ code: 1, err: expect.stringContaining('check the token') },
      });
    } finally {
      vi.unstubAllEnvs();
      await modal.close();
    }
  });

  test('without a token says what to do', async () => {
    expect(await pull({})).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('billing.token') },
    });
  });
});

describe('whatif', () => {
  test('replays the past under other settings', async () => {
    const { out, code } = await run('whatif', '--scaledown', '30s', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      endpoint: 'generate',
      requests: 40,
      change: { scaledownWindowUs: 30 * SECOND },
      changed: { usd: '1.110400000' },
    });
  });

  test('finds by itself what would have saved most', async () => {
    expect((await run('whatif')).out).toContain('scaledown 2 s');
  });

  test('refuses an unknown endpoint and a GPU without a price', async () => {
    expect(await run('whatif', '--gpu', 'B999')).toMatchObject({ code: 2 });
    const wrong = await run('whatif', '--scaledown', '30s', '--endpoint', 'nobody');
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.err).toContain('there are: generate');
  });
});
