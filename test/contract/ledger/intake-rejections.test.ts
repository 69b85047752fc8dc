import { expect, test } from 'vitest';
import { createIntake, type IntakeSettings } from '../../../src/ledger/intake.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { verifyLedger } from '../../../src/ledger/verify.ts';
import {
  append,
  StillClock,
  temporaryFolder,
  testJournal,
} from '../../support/journal/journal-kit.ts';
import { samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';
import { describeStores } from '../../support/ledger/stores.ts';

async function journalOf(count: number, poison: (index: number) => object) {
  const dir = temporaryFolder();
  const journal = testJournal(dir);
  const requests = [...sampleTraffic(count)].map((request, index) => ({
    ...request,
    ...poison(index),
  }));
  for (const request of requests) await append(journal, { type: 'closed', request });
  journal.close();
  return { dir, requests };
}

async function drain(ledger: Ledger, dir: string, over: Partial<IntakeSettings> = {}) {
  const rejected: string[] = [];
  const intake = createIntake({
    ...{ ledger, journals: dir, price: samplePrice, clock: new StillClock() },
    onRejected: ({ requestId }) => rejected.push(requestId),
    ...over,
  });
  let taken = 0;
  for (let steps = 0; steps < 200; steps += 1) {
    const { requests, caughtUp } = await intake.step();
    taken += requests;
    if (caughtUp) break;
  }
  intake.close();
  return { taken, rejected };
}

describeStores('a record that the ledger refuses', (target) => {
  test('is set aside, whole and with the reason; every other one is taken in', async () => {
    const ledger = await target.open();
    const { dir, requests } = await journalOf(60, (index) =>
      index === 37 ? { bytesIn: 2e19 } : {},
    );
    const bad = requests[37];
    const price: IntakeSettings['price'] = (closed) => {
      if (closed.id === bad?.id) throw new RangeError('no price for so many bytes');
      return samplePrice(closed);
    };
    const { taken, rejected } = await drain(ledger, dir, { price });
    expect(taken).toBe(59);
    expect(rejected).toEqual([bad?.id]);
    const rows = await ledger.db.selectFrom('intake_rejected').selectAll().execute();
    expect(rows).toMatchObject([{ request_id: bad?.id, reason: 'no price for so many bytes' }]);
    expect(JSON.parse(rows[0]?.payload ?? '')).toMatchObject({ id: bad?.id, bytesIn: 2e19 });
    expect(await verifyLedger({ ledger, journals: [dir] })).toEqual([]);
    expect(await drain(ledger, dir)).toEqual({ taken: 0, rejected: [] });
  });

  test('may be refused by the database itself', async () => {
    const ledger = await target.open();
    const { dir, requests } = await journalOf(9, (index) =>
      index % 4 === 3 ? { outcome: 'none-such' } : {},
    );
    const { taken, rejected } = await drain(ledger, dir);
    expect(rejected).toEqual([requests[3]?.id, requests[7]?.id]);
    expect(taken).toBe(7);
  });

  test('is not what a ledger that is away leads to: everything is tried again', async () => {
    const ledger = await target.open();
    const { dir } = await journalOf(5, () => ({}));
    let away = true;
    const price: IntakeSettings['price'] = (closed) => {
      if (away) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      return samplePrice(closed);
    };
    const settings = { ledger, journals: dir, price, clock: new StillClock() };
    const intake = createIntake(settings);
    for (let attempt = 0; attempt < 3; attempt += 1) await expect(intake.step()).rejects.toThrow();
    away = false;
    expect(await intake.step()).toMatchObject({ requests: 5 });
    intake.close();
  });

  test('takes absurd token counts for unknown', async () => {
    const ledger = await target.open();
    const { dir } = await journalOf(1, () => ({ tokensIn: 9e15, tokensOut: 10 }));
    expect((await drain(ledger, dir)).taken).toBe(1);
    const row = await ledger.db
      .selectFrom('requests')
      .select(['tokens_in', 'tokens_out'])
      .execute();
    expect(row).toEqual([{ tokens_in: null, tokens_out: 10 }]);
  });
});

describeStores('two offices at one journal', (target) => {
  test('take each record in once; one that was overtaken reads its place anew', async () => {
    const ledger = await target.open();
    const { dir } = await journalOf(20, () => ({}));
    let first = true;
    const make = (mayTakeIn: () => Promise<boolean>) =>
      createIntake({
        ...{ ledger, journals: dir, price: samplePrice, clock: new StillClock() },
        ...{ batchSize: 5, mayTakeIn },
      });
    const one = make(async () => first);
    const two = make(async () => !first);
    expect((await one.step()).entries).toBe(5);
    expect(await two.step()).toEqual({ entries: 0, requests: 0, caughtUp: true });
    first = false;
    expect((await two.step()).entries).toBe(5);
    // It slept over the end of its turn and believes to have it still.
    const late = make(async () => true);
    expect((await late.step()).entries).toBe(5);
    expect(await two.step().catch((error: Error) => error.message)).toContain('another office');
    expect((await two.step()).entries).toBe(5);
    while (!(await two.step()).caughtUp);
    const rows = await ledger.db.selectFrom('requests').select('seq').execute();
    expect(rows).toHaveLength(20);
    expect(await verifyLedger({ ledger, journals: [dir] })).toEqual([]);
    for (const intake of [one, two, late]) intake.close();
  });
});
