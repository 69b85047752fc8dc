/**
 * How fast requests go through journal and ledger, and how much room they take:
 * `npm exec -- node test/bench/ledger.bench.ts [requests]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClosedRequest } from '../../src/core/request-record.ts';
import { MICROS_PER_HOUR } from '../../src/core/units.ts';
import { openJournal } from '../../src/journal/segment-journal.ts';
import { createIntake } from '../../src/ledger/intake.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { listRequests } from '../../src/ledger/queries/requests.ts';
import { usage } from '../../src/ledger/queries/rollups.ts';
import { runRetention } from '../../src/ledger/retention.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { markSettled } from '../support/ledger/mark-settled.ts';
import { SAMPLE_START, samplePrice, sampleTraffic } from '../support/ledger/sample-requests.ts';

const count = Number(process.argv[2] ?? 200_000);
const folder = mkdtempSync(join(tmpdir(), 'tripmeter-bench-'));
const file = join(folder, 'ledger.db');
const dir = join(folder, 'journal');

/** Prints wall and CPU time of `work`, per item. */
async function measured(name: string, items: number, work: () => unknown): Promise<void> {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const used = process.cpuUsage(cpu);
  const perItem = (us: number) => (us / items).toFixed(2).padStart(12);
  console.log(
    `${name.padEnd(46)}${perItem((performance.now() - wall) * 1_000)} µs${perItem(used.user + used.system)} µs CPU`,
  );
}

async function writeJournal(requests: readonly ClosedRequest[]): Promise<void> {
  const journal = openJournal({
    ...{ dir, durability: 'process', onFailure: 'forward', instance: 'bench', clock: systemClock },
  });
  for (const [index, request] of requests.entries()) {
    journal.append({ type: 'opened', request });
    journal.append({ type: 'closed', request });
    if (index % 16 === 15) await new Promise(setImmediate);
  }
  journal.close();
}

async function main(): Promise<void> {
  const requests = [...sampleTraffic(count)];
  await measured('journal: opened + closed, 16 a turn', count, () => writeJournal(requests));
  const ledger = await openLedger({ kind: 'sqlite', file });
  const journals = dir;
  const intake = createIntake({ ledger, journals, price: samplePrice, clock: systemClock });
  await measured('intake: row, roll-up, offset', count, async () => {
    while (!(await intake.step()).caughtUp);
  });
  intake.close();
  await ledger.upkeep.checkpoint();
  const { bytes } = await ledger.upkeep.size();
  console.log(`${'size'.padEnd(46)}${(bytes / count).toFixed(1).padStart(12)} bytes a request`);
  const all = { from: SAMPLE_START, to: SAMPLE_START + 10_000 * MICROS_PER_HOUR };
  const page = { limit: 50 };
  await measured('list: newest 50', 1, () => listRequests(ledger.db, page));
  await measured('list: 50 of one outcome', 1, () =>
    listRequests(ledger.db, { ...page, outcome: 'client_abort' }),
  );
  await measured('usage: everything by endpoint, from roll-ups', 1, () =>
    usage(ledger.db, { ...all, by: ['endpoint'] }),
  );
  await ledger.close();
  await measured('open a ledger with these rows', 1, async () => {
    await (await openLedger({ kind: 'sqlite', file })).close();
  });
  const old = await openLedger({ kind: 'sqlite', file });
  await markSettled(old);
  await measured('retention: delete and give back', count, async () => {
    const keepUs = { requests: -1e15 };
    const settings = { ledger: old, clock: systemClock, keepUs, budgetUs: 60e6 };
    const { deleted } = await runRetention(settings);
    if (deleted !== count) throw new Error(`${deleted} of ${count} requests were deleted`);
  });
  await old.close();
}

await main().finally(() => rmSync(folder, { recursive: true }));
