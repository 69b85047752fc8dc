import { expect, test } from 'vitest';
import { createDelivery } from '../../../alerts/delivery.ts';
import { MICROS_PER_DAY, MICROS_PER_MINUTE } from '../../../src/core/units.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { alertStore } from '../../../src/ledger/queries/alerts.ts';
import { jobRunStore } from '../../../src/ledger/queries/job-runs.ts';
import { leaseStore } from '../../../src/ledger/queries/leases.ts';
import { outboxStore } from '../../../src/ledger/queries/outbox.ts';
import type { Channel, SendResult } from '../../../src/ports/channel.ts';
import { ALERT_RULES } from '../../../src/wiring/alert-rules.ts';
import { describeStores } from '../../support/ledger/stores.ts';
import { processOn } from '../../support/timeline/process-on.ts';
import { addUsage } from '../../support/timeline/world.ts';

const START = Date.UTC(2026, 2, 28, 12) * 1_000;
const LOG = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const RULES = ALERT_RULES.filter(({ id }) => id === 'budget.crossed');

const processNow = (ledger: Ledger, holder: string, channel: Channel) =>
  processOn(ledger, { holder, now: () => START, channels: [channel], rules: RULES });

/** A channel that takes everything, and what it took. */
function recording() {
  const sent: string[] = [];
  const channel: Channel = {
    name: 'a',
    send: async ({ id }) => {
      sent.push(id);
      return { ok: true };
    },
  };
  return { channel, sent };
}

/** A channel that answers when it is released. */
function held(result: SendResult) {
  let release = () => {};
  let take = () => {};
  const taken = new Promise<void>((resolve) => {
    take = resolve;
  });
  const channel: Channel = {
    name: 'a',
    send: () =>
      new Promise((resolve) => {
        release = () => resolve(result);
        take();
      }),
  };
  return { channel, taken, release: () => release() };
}

describeStores('deliveries', (target) => {
  test('two evaluations of the same facts: one is kept, the other knows that it is not', async () => {
    const ledger = await target.open();
    await addUsage(ledger, START, { usd: 600 });
    const channel: Channel = { name: 'a', send: async () => ({ ok: true }) };
    const [one, two] = ['one', 'two'].map((name) => processNow(ledger, name, channel));
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
    await processNow(ledger, 'one', channel).engine.evaluate(START);
    const outbox = outboxStore(ledger.db);
    const claim = (holder: string, now: number) =>
      outbox.claim({ channel: 'a', now, holder, until: now + MICROS_PER_MINUTE, limit: 10 });
    const taken = await Promise.all([claim('one', START), claim('two', START)]);
    expect(taken.map((list) => list.length).sort()).toEqual([0, 1]);
    expect(await claim('three', START + MICROS_PER_MINUTE)).toHaveLength(1);
  });

  test('what an office had taken when it died is sent by one of the others, once, when its claim ends', async () => {
    const ledger = await target.open();
    await addUsage(ledger, START, { usd: 600 });
    const { channel, sent } = recording();
    let now = START;
    const offices = ['two', 'three'].map((holder) =>
      processOn(ledger, { holder, now: () => now, channels: [channel], rules: RULES }),
    );
    await offices[0]?.engine.evaluate(START);
    const until = START + 5 * MICROS_PER_MINUTE;
    const dying = { channel: 'a', now: START, holder: 'one', until, limit: 10 };
    expect(await outboxStore(ledger.db).claim(dying)).toHaveLength(1);
    const deliver = () => Promise.all(offices.map(({ delivery }) => delivery.deliverDue()));
    now = until - 1;
    await deliver();
    expect(sent).toEqual([]);
    now = until;
    await deliver();
    expect(sent).toHaveLength(1);
    now += MICROS_PER_DAY;
    await deliver();
    expect(sent).toHaveLength(1);
  });

  test.each([
    ['a failure', { ok: false, retryable: true, error: 'reset', retryAfterUs: null }],
    ['a refusal', { ok: false, retryable: false, error: '550', retryAfterUs: null }],
    ['a success', { ok: true }],
  ] as const)(
    '%s that an office hears of after its claim leaves what another sent as it is',
    async (...late) => {
      const [, result] = late;
      const ledger = await target.open();
      await addUsage(ledger, START, { usd: 600 });
      const { channel, sent } = recording();
      const slow = held(result);
      let now = START;
      const officeWith = (holder: string, over: Channel) =>
        processOn(ledger, { holder, now: () => now, channels: [over], rules: RULES });
      const asleep = officeWith('one', slow.channel);
      const awake = officeWith('two', channel);
      await asleep.engine.evaluate(START);
      const sleeping = asleep.delivery.deliverDue();
      await slow.taken;
      now = START + 5 * MICROS_PER_MINUTE;
      await awake.delivery.deliverDue();
      expect(sent).toHaveLength(1);
      slow.release();
      await sleeping;
      now += MICROS_PER_DAY;
      await awake.delivery.deliverDue();
      expect(sent).toHaveLength(1);
      const rows = await ledger.db
        .selectFrom('notices')
        .select(['status', 'delivered_at', 'last_error'])
        .where('channel', '=', 'a')
        .execute();
      expect(rows).toEqual([
        { status: 'delivered', delivered_at: START + 5 * MICROS_PER_MINUTE, last_error: null },
      ]);
    },
  );

  test('a failure that an office hears of after its claim takes nothing from who sends it now', async () => {
    const ledger = await target.open();
    await addUsage(ledger, START, { usd: 600 });
    const asleep = held({ ok: false, retryable: true, error: 'reset', retryAfterUs: null });
    const working = held({ ok: true });
    const { channel, sent } = recording();
    let now = START;
    const officeWith = (holder: string, over: Channel) =>
      processOn(ledger, { holder, now: () => now, channels: [over], rules: RULES });
    const one = officeWith('one', asleep.channel);
    await one.engine.evaluate(START);
    const sleeping = one.delivery.deliverDue();
    await asleep.taken;
    now = START + 5 * MICROS_PER_MINUTE;
    const sending = officeWith('two', working.channel).delivery.deliverDue();
    await working.taken;
    asleep.release();
    await sleeping;
    now += 2 * MICROS_PER_MINUTE;
    await officeWith('three', channel).delivery.deliverDue();
    expect(sent).toEqual([]);
    working.release();
    await sending;
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
    const { engine } = processNow(ledger, 'one', hanging);
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
