import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noticeKey } from '../../../src/core/notice.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../../../src/core/units.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { foldIncidents } from '../../../src/ledger/queries/incidents.ts';
import { outboxStore } from '../../../src/ledger/queries/outbox.ts';
import type { Channel } from '../../../src/ports/channel.ts';
import { ALERT_RULES } from '../../../src/wiring/alert-rules.ts';
import { describeStores } from '../../support/ledger/stores.ts';
import { processOn } from '../../support/timeline/process-on.ts';
import { addRequests, addUsage, billHour } from '../../support/timeline/world.ts';

const START = Date.UTC(2026, 2, 28, 12) * 1_000;
const CHANNELS = ['steady', 'shaky'];

type Step =
  | { readonly type: 'spend'; readonly usd: number; readonly lateHours: number }
  | { readonly type: 'bill'; readonly usd: number; readonly hoursAgo: number }
  | { readonly type: 'requests'; readonly count: number; readonly failing: boolean }
  | { readonly type: 'clock'; readonly minutes: number }
  | { readonly type: 'evaluate'; readonly both: boolean }
  | { readonly type: 'shaky'; readonly up: boolean }
  /** The process ends with deliveries in its hands, and comes back. */
  | { readonly type: 'crash' };

const one = <T extends string>(type: T) => fc.constant(type);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    ...{ type: one('spend'), usd: fc.integer({ min: 1, max: 900 }) },
    lateHours: fc.integer({ min: 0, max: 60 }),
  }),
  fc.record({
    ...{ type: one('bill'), usd: fc.integer({ min: 0, max: 900 }) },
    hoursAgo: fc.integer({ min: 0, max: 60 }),
  }),
  fc.record({
    ...{ type: one('requests'), count: fc.integer({ min: 1, max: 5 }), failing: fc.boolean() },
  }),
  fc.record({ type: one('clock'), minutes: fc.integer({ min: -1_500, max: 3_000 }) }),
  fc.record({ type: one('evaluate'), both: fc.boolean() }),
  fc.record({ type: one('shaky'), up: fc.boolean() }),
  fc.record({ type: one('crash') }),
);

/** Two processes over one ledger, two channels of which one comes and goes, and a clock that jumps. */
class World {
  readonly confirmed: { readonly channel: string; readonly key: string }[] = [];
  readonly #ledger: Ledger;
  #now = START;
  #latest = START;
  #up = true;
  #generation = 0;
  #processes: ReturnType<typeof processOn>[];

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#processes = this.#start();
  }

  async take(step: Step): Promise<void> {
    switch (step.type) {
      case 'spend':
        return addUsage(this.#ledger, this.#now - step.lateHours * MICROS_PER_HOUR, step);
      case 'bill':
        return billHour(this.#ledger, this.#now - step.hoursAgo * MICROS_PER_HOUR, step.usd);
      case 'requests':
        return addRequests(this.#ledger, this.#now, { ...step, endpoint: 'generate' });
      case 'clock':
        this.#now += step.minutes * MICROS_PER_MINUTE;
        this.#latest = Math.max(this.#latest, this.#now);
        return;
      case 'evaluate':
        return this.evaluate(step.both);
      case 'shaky':
        this.#up = step.up;
        return;
      case 'crash':
        return this.#crash();
    }
  }

  async evaluate(both: boolean): Promise<void> {
    const active = both ? this.#processes : this.#processes.slice(0, 1);
    await foldIncidents(this.#ledger.db, { minFailures: 3, since: 0 });
    await Promise.all(active.map(({ engine }) => engine.evaluate(this.#now)));
    await Promise.all(active.map(({ delivery }) => delivery.deliverDue()));
  }

  /** Everything that can be delivered is: claims of the dead end, pauses pass, the shaky channel is up. */
  async settle(): Promise<void> {
    this.#up = true;
    await this.evaluate(true);
    // The clock was set back now and then: what happened, and what is to be tried again, may lie ahead of it.
    const { latest } = await this.#ledger.db
      .selectFrom('notices')
      .select((eb) => eb.fn.max('next_at').as('latest'))
      .executeTakeFirstOrThrow();
    this.#now = Math.max(this.#latest, latest ?? 0) + MICROS_PER_HOUR;
    for (let round = 0; round < 3; round += 1) {
      await this.evaluate(true);
      this.#now += MICROS_PER_HOUR;
    }
  }

  dryRun() {
    const [first] = this.#processes;
    if (first === undefined) throw new Error('there is always a process');
    return first.engine.dryRun(this.#now);
  }

  #start(): ReturnType<typeof processOn>[] {
    return [0, 1].map((index) =>
      processOn(this.#ledger, {
        holder: `${index}-${this.#generation}`,
        now: () => this.#now,
        channels: CHANNELS.map((name) => this.#channel(name)),
        rules: ALERT_RULES,
      }),
    );
  }

  #channel(name: string): Channel {
    return {
      name,
      send: async ({ notice }) => {
        if (name === 'shaky' && !this.#up) {
          return { ok: false, retryable: true, error: 'away', retryAfterUs: null };
        }
        this.confirmed.push({ channel: name, key: noticeKey(notice) });
        return { ok: true };
      },
    };
  }

  async #crash(): Promise<void> {
    const until = this.#now + 5 * MICROS_PER_MINUTE;
    for (const channel of CHANNELS) {
      const holder = `dead-${this.#generation}`;
      const claim = { channel, now: this.#now, holder, until, limit: 20 };
      await outboxStore(this.#ledger.db).claim(claim);
    }
    this.#generation += 1;
    this.#processes = this.#start();
  }
}

/** PostgreSQL commits thousands of small transactions: seconds, but a minute while a machine is busy. */
const PATIENCE_MS = 180_000;

describeStores('notices', (target) => {
  test(
    'one notice for each key and channel, whatever the order of evaluations, restarts, clock steps and late data',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 30 }), async (steps) => {
          const ledger = await target.open();
          const world = new World(ledger);
          for (const step of steps) await world.take(step);
          await world.settle();
          const told = world.confirmed.map(({ channel, key }) => `${key} by ${channel}`);
          expect(told).toEqual([...new Set(told)]);
          expect(told.toSorted()).toEqual((await owed(ledger)).toSorted());
          expect(await missed(ledger, world)).toEqual([]);
        }),
        { numRuns: target.name === 'postgres' ? 6 : 25 },
      );
    },
    PATIENCE_MS,
  );
});

/** What was recorded has to reach each channel, but for what was given up after a day. */
async function owed({ db }: Ledger): Promise<string[]> {
  const rows = await db.selectFrom('notices').selectAll().orderBy('id').execute();
  const records = rows.filter(({ status }) => status === 'recorded').map(noticeKey);
  expect(records).toEqual([...new Set(records)]);
  const dead = rows.filter(({ status }) => status === 'dead');
  for (const { channel, created_at, last_error } of dead) {
    expect({ channel, last_error }).toEqual({ channel: 'shaky', last_error: 'away' });
    expect(created_at).toBeLessThan(START + 60 * MICROS_PER_DAY);
  }
  const given = new Set(dead.map((row) => `${noticeKey(row)} by ${row.channel}`));
  return records
    .flatMap((key) => CHANNELS.map((channel) => `${key} by ${channel}`))
    .filter((each) => !given.has(each));
}

/** Thresholds that are crossed now and were told neither by themselves nor by a higher one. */
async function missed({ db }: Ledger, world: World): Promise<string[]> {
  const rows = await db
    .selectFrom('notices')
    .select(['rule', 'period', 'subject', 'kind'])
    .where('channel', '=', 'ledger')
    .execute();
  const known = new Set(rows.map(noticeKey));
  const { verdicts } = await world.dryRun();
  return verdicts
    .filter(({ rule, state }) => rule === 'budget.crossed' && state === 'met')
    .map(({ rule, period, subject }) => noticeKey({ rule, period, subject, kind: 'crossed' }))
    .filter((key) => !known.has(key));
}
