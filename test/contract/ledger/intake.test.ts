import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { OpenedRequest } from '../../../src/core/request-record.ts';
import { WRITE_POINTS, type WritePoint } from '../../../src/core/write-points.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import { createIntake, type IntakeSettings } from '../../../src/ledger/intake.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { findRequest, listRequests } from '../../../src/ledger/queries/requests.ts';
import { rebuildRollups } from '../../../src/ledger/rebuild-rollups.ts';
import { verifyLedger } from '../../../src/ledger/verify.ts';
import type { ParkedRequest } from '../../../src/ports/journal.ts';
import {
  append,
  StillClock,
  temporaryFolder,
  testJournal,
} from '../../support/journal/journal-kit.ts';
import {
  SAMPLE_START,
  sampleClosed,
  sampleOpened,
  samplePrice,
  sampleTraffic,
} from '../../support/ledger/sample-requests.ts';
import { describeStores } from '../../support/ledger/stores.ts';

function intakeOf(ledger: Ledger, dir: string, over: Partial<IntakeSettings> = {}) {
  const settings = { ledger, journals: dir, price: samplePrice, clock: new StillClock() };
  return createIntake({ ...settings, ...over });
}

async function drain(ledger: Ledger, dir: string, over: Partial<IntakeSettings> = {}) {
  const intake = intakeOf(ledger, dir, over);
  let requests = 0;
  for (;;) {
    const step = await intake.step();
    requests += step.requests;
    if (step.caughtUp) break;
  }
  intake.close();
  return requests;
}

async function count(ledger: Ledger, table: 'requests' | 'open_requests'): Promise<number> {
  const row = await ledger.db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll().as('rows'))
    .executeTakeFirstOrThrow();
  return Number(row.rows);
}

function parkedOf(request: OpenedRequest): ParkedRequest {
  return {
    ...{ request, functionCallId: 'fc-1', legs: 1, parkedAtUs: 150_000_000, sentUs: 300 },
    ...{ overheadUs: 50, execEstimateUs: 150_000_000, bytesIn: 10, bytesOut: 0 },
  };
}

describeStores('intake', (target) => {
  test('shows a request as open until its end has been written, then as closed', async () => {
    const ledger = await target.open();
    const dir = temporaryFolder();
    const journal = testJournal(dir);
    const opened = sampleOpened();
    await append(journal, { type: 'opened', request: opened });
    await drain(ledger, dir);
    expect(await findRequest(ledger.db, opened.id)).toMatchObject({
      state: 'open',
      costState: null,
    });
    expect((await listRequests(ledger.db, { state: 'open' })).requests).toHaveLength(1);
    await append(journal, { type: 'closed', request: sampleClosed({ ...opened }) });
    await drain(ledger, dir);
    journal.close();
    expect(await findRequest(ledger.db, opened.id)).toMatchObject({
      state: 'closed',
      outcome: 'ok',
    });
    expect(await count(ledger, 'open_requests')).toBe(0);
  });

  test('takes the same segments in twice and doubles nothing', async () => {
    const ledger = await target.open();
    const dir = temporaryFolder();
    const copy = join(temporaryFolder(), 'copy');
    const journal = testJournal(dir);
    for (const request of sampleTraffic(50)) {
      await append(journal, { type: 'opened', request }, { type: 'closed', request });
    }
    journal.close();
    cpSync(dir, copy, { recursive: true });
    expect(await drain(ledger, dir)).toBe(50);
    await ledger.db.deleteFrom('journal_offsets').execute();
    expect(await drain(ledger, copy)).toBe(0);
    expect(await count(ledger, 'requests')).toBe(50);
    expect(await count(ledger, 'open_requests')).toBe(0);
    expect(await verifyLedger({ ledger, journals: [copy] })).toEqual([]);
  });

  test('closes what a dead process left open, with a bounded duration and a wide high bound', async () => {
    const ledger = await target.open();
    const dir = temporaryFolder();
    const first = testJournal(dir);
    const opened = sampleOpened();
    await append(first, { type: 'opened', request: opened });
    await append(first, { type: 'alive', at: SAMPLE_START + 7_000_000 });
    first.close();
    const clock = new StillClock();
    clock.advance(3_600_000_000);
    testJournal(dir, { clock }).close();
    await drain(ledger, dir, { crashGraceUs: 120_000_000 });
    const view = await findRequest(ledger.db, opened.id);
    expect(view).toMatchObject({
      outcome: 'crash_recovered',
      errorClass: 'crash',
      paid: 'unknown',
    });
    expect(view).toMatchObject({ durationMs: 7_000, tokensIn: null, status: null });
    expect(view?.costUsd.exec).toBe('0.004858000');
    expect(view?.costUsd.high).toBe('0.129778000');
    expect(await count(ledger, 'open_requests')).toBe(0);
  });

  test('keeps a parked request open over a restart, until its end arrives', async () => {
    const ledger = await target.open();
    const dir = temporaryFolder();
    const first = testJournal(dir);
    const kept = sampleOpened();
    await append(first, { type: 'opened', request: kept });
    await append(first, { type: 'parked', parked: parkedOf(kept) });
    first.close();
    const second = testJournal(dir);
    expect(second.resumed.map((parked) => parked.request.id)).toEqual([kept.id]);
    await drain(ledger, dir);
    expect(await findRequest(ledger.db, kept.id)).toMatchObject({ state: 'open', legs: 1 });
    await append(second, { type: 'closed', request: sampleClosed({ ...kept, legs: 2 }) });
    second.close();
    await drain(ledger, dir);
    expect(await findRequest(ledger.db, kept.id)).toMatchObject({ outcome: 'ok', legs: 2 });
  });

  const deaths = WRITE_POINTS.filter((point) => point.startsWith('intake.')).flatMap((point) =>
    (target.name === 'postgres' ? [2] : [1, 2, 3]).map((time) => ({ point, time })),
  );

  test.each(deaths)(
    'is before or after, never between, when it dies at $point, time $time',
    async (death) => {
      const ledger = await target.open();
      const dir = temporaryFolder();
      const journal = testJournal(dir, { segmentBytes: 6_000 });
      for (const request of sampleTraffic(40)) {
        await append(journal, { type: 'opened', request }, { type: 'closed', request });
      }
      const dangling = sampleOpened({ startedAt: SAMPLE_START + 9 });
      await append(journal, { type: 'opened', request: dangling });
      let passed = 0;
      const writePoint = (name: WritePoint) => {
        if (name === death.point && ++passed === death.time) throw new Error(`died at ${name}`);
      };
      await expect(drain(ledger, dir, { writePoint, batchSize: 15 })).rejects.toThrow('died');
      await drain(ledger, dir, { batchSize: 15 });
      journal.close();
      expect(await count(ledger, 'requests')).toBe(40);
      expect(await count(ledger, 'open_requests')).toBe(1);
      expect(await verifyLedger({ ledger, journals: [dir] })).toEqual([]);
    },
  );

  test('goes on with the same intake after a failed step', async () => {
    const ledger = await target.open();
    const dir = temporaryFolder();
    const journal = testJournal(dir);
    for (const request of sampleTraffic(10)) await append(journal, { type: 'closed', request });
    journal.close();
    let failures = 1;
    const intake = intakeOf(ledger, dir, {
      writePoint: (name) => {
        if (name === 'intake.offset-written' && failures-- > 0) throw new Error('ledger away');
      },
    });
    await expect(intake.step()).rejects.toThrow('ledger away');
    expect(await intake.step()).toMatchObject({ requests: 10 });
    intake.close();
    expect(await verifyLedger({ ledger })).toEqual([]);
  });

  test('deletes a segment once the ledger has it, and never the newest', async () => {
    const ledger = await target.open();
    const dir = temporaryFolder();
    const journal = testJournal(dir, { segmentBytes: 4_000 });
    for (const request of sampleTraffic(60)) await append(journal, { type: 'closed', request });
    const before = readdirSync(dir).filter((name) => name.endsWith('.log'));
    expect(before.length).toBeGreaterThan(3);
    const intake = intakeOf(ledger, dir);
    expect(intake.backlog()).toMatchObject({ segments: before.length });
    while (!(await intake.step()).caughtUp);
    expect(readdirSync(dir).filter((name) => name.endsWith('.log'))).toEqual([before.at(-1)]);
    expect(intake.backlog()).toEqual({ segments: 1, bytes: 0 });
    intake.close();
    journal.close();
    expect(await count(ledger, 'requests')).toBe(60);
  });

  test('starts anew with a journal whose folder was emptied', async () => {
    const ledger = await target.open();
    const dir = temporaryFolder();
    const first = testJournal(dir, { segmentBytes: 2_000 });
    const requests = [...sampleTraffic(40)];
    const before = requests.slice(0, 30);
    const after = requests.slice(30);
    for (const request of before) await append(first, { type: 'closed', request });
    first.close();
    await drain(ledger, dir);
    for (const name of readdirSync(dir)) rmSync(join(dir, name));
    const second = testJournal(dir);
    for (const request of after) await append(second, { type: 'closed', request });
    second.close();
    await drain(ledger, dir);
    expect(await count(ledger, 'requests')).toBe(40);
  });

  test('keeps its roll-ups right while an import and a rebuild go on beside it', async () => {
    const ledger = await target.open();
    const dir = temporaryFolder();
    const journal = testJournal(dir);
    const intake = intakeOf(ledger, dir);
    const requests = [...sampleTraffic(60)];
    const stepWith = async (part: typeof requests) => {
      for (const request of part) await append(journal, { type: 'closed', request });
      await intake.step();
    };
    await stepWith(requests.slice(0, 20));
    await importRequests(requests.slice(15, 40), { ledger, price: samplePrice });
    await stepWith(requests.slice(40, 50));
    await ledger.db.updateTable('rollup_hours').set({ requests: 1 }).execute();
    await rebuildRollups(ledger);
    await stepWith(requests.slice(50));
    intake.close();
    journal.close();
    expect(await count(ledger, 'requests')).toBe(60);
    expect(await verifyLedger({ ledger })).toEqual([]);
  });

  test('takes several journals into one ledger', async () => {
    const ledger = await target.open();
    const dirs = [temporaryFolder(), temporaryFolder()];
    for (const [index, dir] of dirs.entries()) {
      const journal = testJournal(dir);
      for (const request of sampleTraffic(20, { seed: index + 5 })) {
        await append(journal, { type: 'closed', request });
      }
      journal.close();
    }
    const intake = createIntake({
      ...{ ledger, journals: dirs, price: samplePrice, clock: new StillClock() },
    });
    expect(await intake.step()).toMatchObject({ requests: 40 });
    intake.close();
  });
});
