import { expect, test } from 'vitest';
import type { AlertEngine } from '../../../alerts/engine.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../../../src/core/units.ts';
import { createScheduler } from '../../../src/jobs/scheduler.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { listNotices } from '../../../src/ledger/queries/alerts.ts';
import { listCheckpoints } from '../../../src/ledger/queries/checkpoints.ts';
import { egressFacts } from '../../../src/ledger/queries/facts-endpoints.ts';
import { jobHistory, jobRunStore } from '../../../src/ledger/queries/job-runs.ts';
import { alertJobs } from '../../../src/office/alert-jobs.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { recorderBeside, watchedCollectors } from '../../../src/wiring/alert-recorder.ts';
import { ALERT_RULES } from '../../../src/wiring/alert-rules.ts';
import { sampleClosed, samplePrice } from '../../support/ledger/sample-requests.ts';
import { describeStores } from '../../support/ledger/stores.ts';
import { processOn } from '../../support/timeline/process-on.ts';
import { addUsage } from '../../support/timeline/world.ts';
import { configOf, ENDPOINT } from '../../unit/config/load.ts';

const LOG = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const QUARTER_END = Date.UTC(2026, 6, 1, 9) * 1_000;

/** A process that runs the jobs of alerts, under a clock set by hand. */
function office(ledger: Ledger, start: number, holder = 'one') {
  let now = start;
  const clock: Clock = { now: () => now, monotonic: () => now };
  const channel = { name: 'email', send: async () => ({ ok: true }) as const };
  const { engine } = processOn(ledger, {
    ...{ holder, now: clock.now, channels: [channel], rules: ALERT_RULES },
  });
  const alerts: AlertEngine = engine;
  const scheduler = createScheduler({
    jobs: alertJobs({
      ...{ ledger, clock, holder, alerts, config: configOf(ENDPOINT), measured: async () => null },
      state: { evaluationError: null },
      routes: [
        // The mail of a quarter is the whole report, which has a job of its own.
        { channel: 'email', minSeverity: 'info' },
        { channel: 'slack', minSeverity: 'info' },
        { channel: 'pager', minSeverity: 'critical' },
      ],
    }),
    ...{ store: jobRunStore(ledger.db), clock, log: LOG, holder },
  });
  return {
    at: async (time: number) => {
      now = time;
      await scheduler.tick();
    },
  };
}

const checkpoints = async ({ db }: Ledger) =>
  (await listNotices(db, { from: 0, limit: 100 })).filter(
    ({ notice }) => notice.kind === 'checkpoint',
  );

describeStores('jobs of alerts', (target) => {
  test('a checkpoint is kept and told once a quarter, to those who take news, over restarts', async () => {
    const ledger = await target.open();
    await addUsage(ledger, QUARTER_END - 40 * MICROS_PER_DAY, { usd: 10, requests: 50 });
    await office(ledger, QUARTER_END).at(QUARTER_END - MICROS_PER_MINUTE);
    expect(await checkpoints(ledger)).toEqual([]);
    const one = office(ledger, QUARTER_END);
    const two = office(ledger, QUARTER_END, 'two');
    await Promise.all([one.at(QUARTER_END), two.at(QUARTER_END)]);
    for (let minute = 1; minute < 8; minute += 1) {
      await office(ledger, 0, `later ${minute}`).at(QUARTER_END + minute * MICROS_PER_MINUTE);
    }
    const [told, ...more] = await checkpoints(ledger);
    expect(more).toEqual([]);
    expect(told?.notice.verdict.headline).toContain('2026-Q2: stay, go/no-go');
    expect(told?.notice.changed).toBe('This is the first checkpoint.');
    expect(told?.deliveries.map(({ channel }) => channel)).toEqual(['slack']);
    expect((await listCheckpoints(ledger.db, 9)).map(({ quarter }) => quarter)).toEqual([
      '2026-Q2',
    ]);
  });

  test('the next checkpoint compares with the one before, also when it comes late', async () => {
    const ledger = await target.open();
    await addUsage(ledger, QUARTER_END - 40 * MICROS_PER_DAY, { usd: 10, requests: 50 });
    await office(ledger, QUARTER_END).at(QUARTER_END);
    const next = Date.UTC(2026, 9, 1, 9) * 1_000;
    await addUsage(ledger, next - 2 * MICROS_PER_DAY, { usd: 10, requests: 20_000 });
    // The service was away on the day itself.
    await office(ledger, next).at(next + 5 * MICROS_PER_DAY);
    const [latest] = await checkpoints(ledger);
    expect(latest?.notice.period).toBe('2026-Q3');
    expect(latest?.notice.changed).toContain('The maturity level went from 1 to 2.');
  });

  test('evidence adds up hours that are over, each once, and finds what repeats', async () => {
    const ledger = await target.open();
    const hour = Date.UTC(2026, 2, 3, 9) * 1_000;
    const request = (minute: number, digest: string | null) =>
      sampleClosed({
        ...{ startedAt: hour + minute * MICROS_PER_MINUTE, bytesOut: 1_000, digest },
        ...{ contentType: 'image/png', path: '/logo' },
      });
    const requests = [request(1, 'a'), request(2, 'a'), request(3, 'b'), request(4, null)];
    await importRequests(requests, { ledger, price: samplePrice });
    const evidence = () =>
      egressFacts(ledger.db, { from: hour - MICROS_PER_DAY, to: hour + MICROS_PER_DAY });
    await office(ledger, hour).at(hour + 40 * MICROS_PER_MINUTE);
    expect((await evidence()).bytes).toBe(0);
    for (const holder of ['one', 'two', 'three']) {
      await office(ledger, hour, holder).at(hour + 2 * MICROS_PER_HOUR);
    }
    expect(await evidence()).toEqual({
      ...{ bytes: 4_000, digestedBytes: 3_000, repeatableBytes: 1_000 },
      byContentType: [{ name: 'image/png', bytes: 4_000 }],
      topPaths: [{ name: '/logo', bytes: 4_000 }],
    });
    const before = { from: hour - MICROS_PER_DAY, to: hour };
    expect((await egressFacts(ledger.db, before)).bytes).toBe(0);
  });

  test('a collector is as old as the last success of its job', async () => {
    const ledger = await target.open();
    const runs = jobRunStore(ledger.db);
    const run = async (slot: number, error: string | null) => {
      const claim = { job: 'modal-billing', slot, holder: 'one', now: slot, until: slot + 9 };
      await runs.claim(claim);
      await runs.finish({ job: 'modal-billing', slot, at: slot + 1, error, retryAt: slot + 2 });
    };
    expect(await jobHistory(ledger.db, 'modal-billing')).toBeNull();
    const collectors = watchedCollectors({ billing: { token: {} } } as never);
    const recorder = recorderBeside({ ledger, collectors });
    expect((await recorder.read(0)).collectors).toEqual([]);
    await run(100, null);
    await run(200, '401 from Modal');
    expect((await recorder.read(0)).collectors).toEqual([
      {
        ...{ name: 'modal-billing', startedAt: 100, lastSuccessAt: 101 },
        ...{ lastError: '401 from Modal', staleAfterUs: 2 * MICROS_PER_DAY },
      },
    ]);
    expect(watchedCollectors({ billing: {} } as never)).toEqual([]);
    const all = watchedCollectors({ billing: { token: {}, containers: true } } as never);
    expect(all.map(({ name }) => name)).toContain('modal-containers');
  });
});
