import { expect, test } from 'vitest';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../../../src/core/units.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import { usage } from '../../../src/ledger/queries/rollups.ts';
import { rebuildRollups } from '../../../src/ledger/rebuild-rollups.ts';
import { runRetention } from '../../../src/ledger/retention.ts';
import { verifyLedger } from '../../../src/ledger/verify.ts';
import { StillClock } from '../../support/journal/journal-kit.ts';
import { SAMPLE_START, samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';
import { describeStores, type TestStore } from '../../support/ledger/stores.ts';

/** 1,000 requests over 20 hours, and a clock that stands where the first half is too old. */
async function aged(target: TestStore) {
  const ledger = await target.open();
  const requests = [...sampleTraffic(1_000, { everyUs: 72_000_000 })];
  await importRequests(requests, { ledger, price: samplePrice });
  const clock = new StillClock();
  clock.at = SAMPLE_START + 10 * MICROS_PER_HOUR + 30 * 60_000_000 + 90 * MICROS_PER_DAY;
  const cutoff = SAMPLE_START + 10 * MICROS_PER_HOUR;
  const old = requests.filter((request) => request.startedAt < cutoff).length;
  return { ledger, clock, old, keepUs: { requests: 90 * MICROS_PER_DAY } };
}

describeStores('retention', (target) => {
  test('deletes whole hours in batches and keeps the roll-ups', async () => {
    const { ledger, clock, old, keepUs } = await aged(target);
    const result = await runRetention({ ledger, clock, keepUs, batchRows: 64 });
    expect(result).toMatchObject({ deleted: old, rowsLeft: 0, done: true });
    const left = await ledger.db.selectFrom('requests').select('seq').execute();
    expect(left).toHaveLength(1_000 - old);
    const window = { from: SAMPLE_START, to: SAMPLE_START + MICROS_PER_DAY };
    expect((await usage(ledger.db, { ...window, by: [] }))[0]?.sums.requests).toBe(1_000);
  });

  test('deletes old runs of jobs, but keeps those of the last quarter', async () => {
    const { ledger, clock } = await aged(target);
    const run = {
      status: 'done',
      holder: 'h',
      claimed_until: 0,
      attempts: 1,
      error: null,
    } as const;
    const days = [0, 50, 99, 102, 300];
    const rows = days.map((day) => {
      const slot = clock.at - day * MICROS_PER_DAY;
      return { ...run, job: 'evaluate', slot, started_at: slot, finished_at: slot };
    });
    await ledger.db.insertInto('job_runs').values(rows).execute();
    await runRetention({ ledger, clock, keepUs: { requests: MICROS_PER_DAY } });
    const left = await ledger.db.selectFrom('job_runs').select('slot').execute();
    const ages = left.map(({ slot }) => Math.round((clock.at - slot) / MICROS_PER_DAY));
    expect(ages.sort((a, b) => a - b)).toEqual([0, 50, 99]);
  });

  test('stops when its time is up, says what is left, and goes on the next time', async () => {
    const { ledger, clock, old, keepUs } = await aged(target);
    let elapsed = 0;
    const ticking = { now: clock.now, monotonic: () => 600_000 * ++elapsed };
    const first = await runRetention({ ledger, clock: ticking, keepUs, batchRows: 100 });
    expect(first.deleted).toBeGreaterThan(0);
    expect(first.rowsLeft).toBe(old - first.deleted);
    expect(first.done).toBe(false);
    const second = await runRetention({ ledger, clock, keepUs, batchRows: 100 });
    expect(second).toMatchObject({ deleted: old - first.deleted, rowsLeft: 0, done: true });
  });

  test('leaves a ledger that verifies and whose roll-ups a rebuild does not lose', async () => {
    const { ledger, clock, keepUs } = await aged(target);
    await runRetention({ ledger, clock, keepUs });
    expect(await verifyLedger({ ledger })).toEqual([]);
    await rebuildRollups(ledger);
    const window = { from: SAMPLE_START, to: SAMPLE_START + MICROS_PER_DAY };
    expect((await usage(ledger.db, { ...window, by: [] }))[0]?.sums.requests).toBe(1_000);
    expect(await verifyLedger({ ledger })).toEqual([]);
  });

  test.runIf(target.name !== 'postgres')('gives the space back', async () => {
    const { ledger, clock, keepUs } = await aged(target);
    const before = await ledger.upkeep.size();
    clock.advance(MICROS_PER_DAY);
    await runRetention({ ledger, clock, keepUs });
    const after = await ledger.upkeep.size();
    expect(after.freeBytes).toBe(0);
    // 1,000 rows, of which each takes more than 100 bytes.
    expect(before.bytes - after.bytes).toBeGreaterThan(100_000);
  });
});
