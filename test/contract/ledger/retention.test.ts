import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../../../src/core/units.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { exportRequests } from '../../../src/ledger/queries/export.ts';
import { recordCostChanges } from '../../../src/ledger/queries/export-feeds.ts';
import { ledgerExportSource } from '../../../src/ledger/queries/export-source.ts';
import { usage } from '../../../src/ledger/queries/rollups.ts';
import { rebuildRollups } from '../../../src/ledger/rebuild-rollups.ts';
import { runRetention } from '../../../src/ledger/retention.ts';
import { verifyLedger } from '../../../src/ledger/verify.ts';
import { StillClock, temporaryFolder } from '../../support/journal/journal-kit.ts';
import { markSettled } from '../../support/ledger/mark-settled.ts';
import { SAMPLE_START, samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';
import { describeStores, type TestStore } from '../../support/ledger/stores.ts';

/** 1,000 requests over 20 hours, and a clock that stands where the first half is too old. */
async function aged(target: TestStore) {
  const ledger = await target.open();
  const requests = [...sampleTraffic(1_000, { everyUs: 72_000_000 })];
  await importRequests(requests, { ledger, price: samplePrice });
  await markSettled(ledger);
  const clock = new StillClock();
  clock.at = SAMPLE_START + 10 * MICROS_PER_HOUR + 30 * 60_000_000 + 90 * MICROS_PER_DAY;
  const cutoff = SAMPLE_START + 10 * MICROS_PER_HOUR;
  const old = requests.filter((request) => request.startedAt < cutoff).length;
  return { ledger, clock, old, keepUs: { requests: 90 * MICROS_PER_DAY } };
}

async function oldestStart({ db }: Ledger): Promise<number> {
  const row = await db
    .selectFrom('requests')
    .select('started_at')
    .orderBy('started_at')
    .executeTakeFirstOrThrow();
  return row.started_at;
}

async function findSeqOf({ db }: Ledger, seq: number): Promise<boolean> {
  const row = await db
    .selectFrom('requests')
    .select('seq')
    .where('seq', '=', seq)
    .executeTakeFirst();
  return row !== undefined;
}

async function idsBefore({ db }: Ledger, until: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const { request } of exportRequests(db, { until })) ids.push(request.id);
  return ids.sort();
}

async function archivedIds(file: string): Promise<string[]> {
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
  return rows.map((row) => String(row.id)).sort();
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

  test('never deletes a request that is not settled, nor a younger one, and says so', async () => {
    const { ledger, clock, keepUs } = await aged(target);
    const from = SAMPLE_START + 3 * MICROS_PER_HOUR;
    const unsettled = await ledger.db
      .selectFrom('requests')
      .select(['seq', 'started_at'])
      .where('started_at', '>', from)
      .orderBy('started_at')
      .executeTakeFirstOrThrow();
    await ledger.db.deleteFrom('request_costs').where('seq', '=', unsettled.seq).execute();
    const held = await runRetention({ ledger, clock, keepUs });
    expect(held.heldBy).toMatchObject({
      from: unsettled.started_at,
      reason: expect.stringContaining('not settled'),
    });
    expect(await oldestStart(ledger)).toBeGreaterThanOrEqual(from);
    expect(await oldestStart(ledger)).toBeLessThanOrEqual(unsettled.started_at);
    await markSettled(ledger);
    expect(await runRetention({ ledger, clock, keepUs })).toMatchObject({ heldBy: null });
    expect(await oldestStart(ledger)).toBeGreaterThan(from);
  });

  test('never deletes what a configured sink has not taken, its changes of costs included', async () => {
    const { ledger, clock, old, keepUs } = await aged(target);
    const sinks = [{ name: 'honeycomb', backfillUs: 365 * MICROS_PER_DAY }];
    const options = { ledger, clock, keepUs, sinks };
    expect((await runRetention(options)).deleted).toBe(0);
    const source = ledgerExportSource(ledger.db);
    const requests = { sink: 'honeycomb', stream: 'requests' } as const;
    const costs = { sink: 'honeycomb', stream: 'costs' } as const;
    await source.advance(requests, 100, 0);
    await source.advance(costs, 0, 0);
    const partly = await runRetention(options);
    expect(partly.heldBy?.reason).toContain('honeycomb');
    expect(partly.deleted).toBeGreaterThan(0);
    expect(partly.deleted).toBeLessThanOrEqual(100);
    await source.advance(requests, 1_000, 0);
    const change = { state: 'settled', totalNano: 1, previousNano: null } as const;
    await recordCostChanges(ledger.db, [{ ...change, requestSeq: 150 }], 0);
    await runRetention(options);
    expect(await findSeqOf(ledger, 150)).toBe(true);
    await source.advance(costs, 1, 0);
    expect(await runRetention(options)).toMatchObject({ heldBy: null, rowsLeft: 0 });
    const rows = await ledger.db.selectFrom('requests').select('seq').execute();
    expect(rows).toHaveLength(1_000 - old);
  });

  test('a sink that has not begun holds what is young enough for it, and no more', async () => {
    const { ledger, clock, old, keepUs } = await aged(target);
    const sinks = [{ name: 'new', backfillUs: 7 * MICROS_PER_DAY }];
    expect((await runRetention({ ledger, clock, keepUs, sinks })).deleted).toBe(old);
  });

  test('writes whole days to Parquet before they go, and no row twice', async () => {
    const { ledger, clock, keepUs } = await aged(target);
    const archive = join(temporaryFolder(), 'archive');
    const dayEnd = (Math.floor(SAMPLE_START / MICROS_PER_DAY) + 1) * MICROS_PER_DAY;
    expect((await runRetention({ ledger, clock, keepUs, archive })).deleted).toBe(0);
    clock.at = dayEnd + 90 * MICROS_PER_DAY;
    const before = await idsBefore(ledger, dayEnd);
    let elapsed = 0;
    // Time runs out after the file is written and one batch is gone.
    const cut = { now: clock.now, monotonic: () => (elapsed++ < 3 ? 0 : 10_000_000) };
    await runRetention({ ledger, clock: cut, keepUs, archive, batchRows: 100 });
    const last = await runRetention({ ledger, clock, keepUs, archive, batchRows: 100 });
    expect(last).toMatchObject({ rowsLeft: 0 });
    expect(last.deleted).toBeGreaterThan(0);
    expect(await idsBefore(ledger, dayEnd)).toEqual([]);
    const files = readdirSync(archive);
    expect(files).toHaveLength(1);
    expect(await archivedIds(join(archive, files[0] ?? ''))).toEqual(before);
  });

  test('deletes nothing when the archive cannot be written', async () => {
    const { ledger, clock, keepUs } = await aged(target);
    const file = join(temporaryFolder(), 'a-file');
    writeFileSync(file, '');
    clock.advance(MICROS_PER_DAY);
    await expect(
      runRetention({ ledger, clock, keepUs, archive: join(file, 'archive') }),
    ).rejects.toThrow();
    expect(await idsBefore(ledger, Number.MAX_SAFE_INTEGER)).toHaveLength(1_000);
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
