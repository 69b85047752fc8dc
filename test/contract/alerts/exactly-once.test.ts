import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BUDGET_RULES } from '../../../alerts/budgets/registry.ts';
import { createDelivery } from '../../../alerts/delivery.ts';
import { createAlertEngine } from '../../../alerts/engine.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import { noticeKey } from '../../../src/core/notice.ts';
import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../../../src/core/units.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { alertStore } from '../../../src/ledger/queries/alerts.ts';
import { factsSource } from '../../../src/ledger/queries/facts.ts';
import { jobRunStore } from '../../../src/ledger/queries/job-runs.ts';
import { leaseStore } from '../../../src/ledger/queries/leases.ts';
import { outboxStore } from '../../../src/ledger/queries/outbox.ts';
import type { Channel, OutgoingNotice } from '../../../src/ports/channel.ts';
import { describeStores } from '../../support/ledger/stores.ts';
import { addUsage, billHour } from '../../support/timeline/world.ts';

const START = Date.UTC(2026, 2, 28, 12) * 1_000;
const LOG = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const RECORDER = {
  journal: null,
  intakeLagUs: null,
  traffic: null,
  sinks: [],
  collectors: [],
  diskFreeBytes: null,
};

/** One process: engine and delivery over a ledger that others share. */
function processOn(ledger: Ledger, holder: string, now: () => number, channel: Channel) {
  const settings = {
    ...DEFAULT_ALERT_SETTINGS,
    budgets: { ...DEFAULT_ALERT_SETTINGS.budgets, costPerRequestNano: null },
  };
  const rules = BUDGET_RULES.filter(
    ({ id }) => id === 'budget.crossed' || id === 'budget.correction',
  );
  return {
    engine: createAlertEngine({
      facts: factsSource(ledger.db, {
        zone: 'Asia/Kathmandu',
        endpoints: [],
        alerts: settings,
        recorder: { read: async () => RECORDER },
      }),
      store: alertStore(ledger.db, { tellSinks: false }),
      rules,
      settings,
      routes: [{ channel: 'a', minSeverity: 'info' }],
    }),
    delivery: createDelivery({
      store: outboxStore(ledger.db),
      channels: [channel],
      clock: { now, monotonic: now },
      random: () => 0.5,
      log: LOG,
      holder,
      linkOf: () => 'http://127.0.0.1/',
    }),
  };
}

type Step =
  | { type: 'spend'; usd: number; lateHours: number }
  | { type: 'bill'; usd: number; hoursAgo: number }
  | { type: 'clock'; minutes: number }
  | { type: 'evaluate'; both: boolean }
  | { type: 'restart' };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant('spend' as const),
    usd: fc.integer({ min: 1, max: 900 }),
    lateHours: fc.integer({ min: 0, max: 60 }),
  }),
  fc.record({
    type: fc.constant('bill' as const),
    usd: fc.integer({ min: 0, max: 900 }),
    hoursAgo: fc.integer({ min: 0, max: 60 }),
  }),
  fc.record({
    type: fc.constant('clock' as const),
    minutes: fc.integer({ min: -1_500, max: 3_000 }),
  }),
  fc.record({ type: fc.constant('evaluate' as const), both: fc.boolean() }),
  fc.constant({ type: 'restart' as const }),
);

describeStores('notices', (target) => {
  test('one notice for each key, whatever the order of evaluations, restarts, clock steps and late data', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 25 }), async (steps) => {
        const ledger = await target.open();
        const delivered: OutgoingNotice[] = [];
        const channel: Channel = {
          name: 'a',
          send: async (outgoing) => {
            delivered.push(outgoing);
            return { ok: true };
          },
        };
        let now = START;
        let generation = 0;
        const start = () =>
          [0, 1].map((one) => processOn(ledger, `${one}-${generation}`, () => now, channel));
        let processes = start();
        const evaluate = async (both: boolean) => {
          const active = both ? processes : processes.slice(0, 1);
          await Promise.all(active.map(({ engine }) => engine.evaluate(now)));
          await Promise.all(active.map(({ delivery }) => delivery.deliverDue()));
        };
        const restart = () => {
          generation += 1;
          processes = start();
        };
        const take = async (step: Step): Promise<void> => {
          switch (step.type) {
            case 'spend':
              return addUsage(ledger, now - step.lateHours * MICROS_PER_HOUR, { usd: step.usd });
            case 'bill':
              return billHour(ledger, now - step.hoursAgo * MICROS_PER_HOUR, step.usd);
            case 'clock':
              now += step.minutes * MICROS_PER_MINUTE;
              return;
            case 'evaluate':
              return evaluate(step.both);
            case 'restart':
              return restart();
          }
        };
        for (const step of steps) await take(step);
        await evaluate(true);
        const keys = delivered.map(({ notice }) => noticeKey(notice));
        expect(keys).toEqual([...new Set(keys)]);
        // What is over its threshold was told, by itself or by a higher one.
        const { verdicts } = await processes[0]!.engine.dryRun(now);
        const told = new Set(
          delivered.flatMap(({ notice }) =>
            [notice.subject, ...notice.covers].map(
              (subject) => `${notice.kind}/${notice.period}/${subject}`,
            ),
          ),
        );
        const missed = verdicts.filter(
          ({ rule, state, period, subject }) =>
            rule === 'budget.crossed' &&
            state === 'met' &&
            !told.has(`crossed/${period}/${subject}`),
        );
        expect(missed.map(({ period, subject }) => `${period} ${subject}`)).toEqual([]);
      }),
      { numRuns: target.name === 'postgres' ? 5 : 20 },
    );
  });

  test('two evaluations of the same facts: one is kept, the other knows that it is not', async () => {
    const ledger = await target.open();
    await addUsage(ledger, START, { usd: 600 });
    const channel: Channel = { name: 'a', send: async () => ({ ok: true }) };
    const [one, two] = ['one', 'two'].map((name) => processOn(ledger, name, () => START, channel));
    const results = await Promise.all([one!.engine.evaluate(START), two!.engine.evaluate(START)]);
    expect(results.filter(({ committed }) => committed).length).toBeGreaterThanOrEqual(1);
    const rows = await ledger.db
      .selectFrom('notices')
      .select('id')
      .where('channel', '=', 'a')
      .execute();
    expect(rows).toHaveLength(1);
  });

  test('a delivery is taken by one holder, and comes back when its holder is gone', async () => {
    const ledger = await target.open();
    await addUsage(ledger, START, { usd: 600 });
    const channel: Channel = { name: 'a', send: async () => ({ ok: true }) };
    await processOn(ledger, 'one', () => START, channel).engine.evaluate(START);
    const outbox = outboxStore(ledger.db);
    const claim = (holder: string, now: number) =>
      outbox.claim({ channel: 'a', now, holder, until: now + MICROS_PER_MINUTE, limit: 10 });
    const taken = await Promise.all([claim('one', START), claim('two', START)]);
    expect(taken.map((list) => list.length).sort()).toEqual([0, 1]);
    expect(await claim('three', START + MICROS_PER_MINUTE)).toHaveLength(1);
  });

  test('a channel that hangs delays no other', async () => {
    const ledger = await target.open();
    await addUsage(ledger, START, { usd: 600 });
    const sent: string[] = [];
    let release = () => {};
    const hanging: Channel = {
      name: 'a',
      send: () =>
        new Promise((resolve) => {
          release = () => resolve({ ok: true });
        }),
    };
    const healthy: Channel = {
      name: 'b',
      send: async ({ id }) => {
        sent.push(id);
        return { ok: true };
      },
    };
    const { engine } = processOn(ledger, 'one', () => START, hanging);
    const { notices } = await engine.dryRun(START);
    await alertStore(ledger.db, { tellSinks: false }).commit({
      version: 0,
      at: START,
      monthNano: 0,
      states: [],
      notices: notices.map((notice) => ({ notice, channels: ['a', 'b'] })),
    });
    const delivery = createDelivery({
      store: outboxStore(ledger.db),
      channels: [hanging, healthy],
      clock: { now: () => START, monotonic: () => START },
      random: () => 0.5,
      log: LOG,
      holder: 'one',
      linkOf: () => 'http://127.0.0.1/',
    });
    const first = delivery.deliverDue();
    // The second call leaves the busy channel alone, so it ends.
    await delivery.deliverDue();
    while (sent.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toHaveLength(1);
    release();
    await first;
  });

  test('a slot of a job is taken once, and again when its holder is gone', async () => {
    const ledger = await target.open();
    const runs = jobRunStore(ledger.db);
    const claim = (holder: string) =>
      runs.claim({ job: 'report', slot: START, holder, now: START, until: START + 100 });
    expect((await Promise.all([claim('one'), claim('two')])).sort()).toEqual([false, true]);
    const again = (now: number) =>
      runs.reclaim({ job: 'report', holder: 'three', now, until: now + 100, maxAttempts: 2 });
    expect(await again(START + 50)).toEqual([]);
    expect(await again(START + 100)).toEqual([START]);
    await runs.finish({ job: 'report', slot: START, at: START + 150, error: null, retryAt: START });
    expect(await again(START + 1_000)).toEqual([]);
    expect(await runs.lastSlot('report')).toBe(START);
    expect(await runs.lastSlot('other')).toBeNull();
  });

  test('a lease has one holder until it ends or is given back', async () => {
    const leases = leaseStore((await target.open()).db);
    const take = (holder: string, now: number) =>
      leases.acquire({ name: 'alerts', holder, now, until: now + 100 });
    expect(await take('one', START)).toBe(true);
    expect(await take('two', START + 50)).toBe(false);
    expect(await take('one', START + 50)).toBe(true);
    expect(await take('two', START + 150)).toBe(true);
    await leases.release('alerts', 'two');
    expect(await take('one', START + 151)).toBe(true);
  });
});
