import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createReportBench, type ReportBench } from '../../support/report/report-bench.ts';
import { sampleHistory } from '../../support/report/sample-history.ts';
import { instant, SAMPLE_NOW } from '../../support/report/sample-report.ts';
import type { BillRow } from '../../support/sandbox/bill.ts';

const SPAN = {
  from: instant('2026-11-09T00:00:00Z'),
  to: instant('2026-11-23T00:00:00Z'),
  pace: 0.2,
};
const HISTORY = sampleHistory(SPAN);
const BILL = HISTORY.bill;

interface Section {
  readonly id: string;
  readonly sentences: readonly string[];
  readonly tables: readonly {
    readonly id: string;
    readonly rows: readonly (readonly { readonly text: string; readonly value?: unknown }[])[];
  }[];
}

async function filledBench(): Promise<ReportBench> {
  const bench = await createReportBench();
  onTestFinished(() => bench.close());
  await bench.fill(HISTORY.requests, SPAN.to + 1_800_000_000);
  return bench;
}

async function importBill(bench: ReportBench, rows: readonly BillRow[]): Promise<void> {
  writeFileSync(join(bench.dir, 'bill.json'), JSON.stringify(rows));
  const { code, err } = await bench.run(['billing', 'import', 'bill.json'], SAMPLE_NOW);
  expect(code, err).toBe(0);
}

async function sectionsOf(bench: ReportBench) {
  const args = ['report', '--week', '2026-W47'];
  const { out, err, code } = await bench.run([...args, '--json'], SAMPLE_NOW);
  expect(code, err).toBe(0);
  const sections = (JSON.parse(out) as { readonly sections: readonly Section[] }).sections;
  const find = (id: string) => sections.find((one) => one.id === id);
  const text = (await bench.run(args, SAMPLE_NOW)).out.replaceAll(/\s+/g, ' ');
  return {
    billed: find('billed')?.sentences.join(' ') ?? '',
    table: find('billed')?.tables[0]?.rows.map((row) => Number(row[1]?.value)) ?? [],
    money: find('money')?.tables[0]?.rows ?? [],
    quality: find('quality')?.sentences.join(' ') ?? '',
    text,
  };
}

const inWeek = ({ interval_start }: BillRow) => interval_start >= '2026-11-16';
const dollarsOf = (rows: readonly BillRow[]) =>
  rows.reduce((sum, { cost }) => sum + Number(cost), 0);

test('without a bill the report says that every figure is metered, and how to import one', async () => {
  const { billed, table, quality } = await sectionsOf(await filledBench());
  expect(billed).toContain("Modal's bill covers no hour of this week yet");
  expect(billed).toContain('tripmeter billing import FILE');
  expect(table).toEqual([]);
  expect(quality).not.toContain('The bill is late');
});

test('metered against billed is what was imported, in section, text and money', async () => {
  const bench = await filledBench();
  await importBill(bench, BILL);
  const { billed, table, money, text } = await sectionsOf(bench);
  const [metered = 0, bill = 0, difference = 0] = table;
  expect(bill).toBeCloseTo(dollarsOf(BILL.filter(inWeek)), 4);
  expect(bill - metered).toBeCloseTo(difference, 8);
  expect(Math.abs(difference / metered)).toBeLessThan(0.02);
  expect(billed).toMatch(/^The bill covers (\d+) of \1 hours with spend: \$[\d.]+ billed/);
  expect(text).toContain(billed);
  const unexplained = money.find(([title]) => title?.text.startsWith('Unexplained'));
  expect(Number(unexplained?.[1]?.value)).toBeCloseTo(difference, 8);
});

test('a bill that has come only halfway is called late, with the hours that it lacks', async () => {
  const bench = await filledBench();
  await importBill(
    bench,
    BILL.filter(({ interval_start }) => interval_start < '2026-11-19'),
  );
  const { billed, quality, text } = await sectionsOf(bench);
  const [, covered = '', all = ''] = /^The bill covers (\d+) of (\d+) hours/.exec(billed) ?? [];
  expect(Number(covered)).toBeGreaterThan(20);
  expect(Number(covered)).toBeLessThan(Number(all));
  const late = `The bill is late: ${Number(all) - Number(covered)} hours with spend are metered only.`;
  expect(quality).toContain(late);
  expect(text).toContain(late);
});

test('a bill that differs corrects settled hours, and the report says by how much', async () => {
  const bench = await filledBench();
  const before = await sectionsOf(bench);
  expect(before.quality).not.toContain('corrected');
  const dearer = BILL.map((row) => ({
    ...row,
    cost: (Number(row.cost) * 1.25).toFixed(9),
  }));
  await importBill(bench, dearer);
  const { quality, table } = await sectionsOf(bench);
  expect(quality).toMatch(/\d+ settled hours were corrected, by \$[\d.]+ together\./);
  const [, dollars] = /corrected, by \$([\d.]+) together/.exec(quality) ?? [];
  expect(Number(dollars)).toBeCloseTo(table[2] ?? 0, 1);
});

test('hours in which nobody watched are named with their length', async () => {
  const bench = await filledBench();
  const looks = ['2026-11-17T00:00', '2026-11-17T05:30', '2026-11-17T05:31'].map((minute) => {
    const slot = instant(`${minute}:00Z`);
    return {
      ...{ job: 'alerts', slot, status: 'done' as const, holder: 'one', claimed_until: slot },
      ...{ attempts: 1, started_at: slot, finished_at: slot, error: null },
    };
  });
  await bench.ledger.db.insertInto('job_runs').values(looks).execute();
  const { quality, text } = await sectionsOf(bench);
  const gap = 'Nobody watched from 2026-11-17 00:00 to 2026-11-17 05:30 (5.5 h)';
  expect(quality).toContain(gap);
  expect(text).toContain(gap);
});
