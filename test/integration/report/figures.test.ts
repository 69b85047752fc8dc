import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { squeezed, tablesOf, visibleTexts } from '../../support/report/read-html.ts';
import type { ReportBench } from '../../support/report/report-bench.ts';
import { SAMPLE_NOW, sampleReportBench } from '../../support/report/sample-report.ts';

interface ViewCell {
  readonly text: string;
  readonly value?: number | string | null;
  readonly unit?: string;
}
interface View {
  readonly period: string;
  readonly verdict: { readonly title: string; readonly line: string };
  readonly keyFigures: readonly (ViewCell & { readonly label: string; readonly note: string })[];
  readonly sections: readonly {
    readonly id: string;
    readonly sentences: readonly string[];
    readonly tables: readonly {
      readonly id: string;
      readonly caption: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly ViewCell[])[];
    }[];
  }[];
}

let bench: ReportBench;
let parts: { html: string; text: string; csv: Record<string, string>[]; view: View };

beforeAll(async () => {
  bench = await sampleReportBench();
  const written = async (extension: string) => {
    const args = ['report', '--week', '2026-W47', '--out', `r.${extension}`];
    const { code, err } = await bench.run(args, SAMPLE_NOW);
    expect(code, err).toBe(0);
    return readFileSync(join(bench.dir, `r.${extension}`), 'utf8');
  };
  const json = await bench.run(['report', '--week', '2026-W47', '--json'], SAMPLE_NOW);
  parts = {
    html: await written('html'),
    text: await written('txt'),
    csv: parse(await written('csv'), { columns: true }),
    view: JSON.parse(json.out) as View,
  };
}, 60_000);

afterAll(() => bench.close());

const cells = () =>
  parts.view.sections.flatMap(({ tables }) => tables.flatMap(({ rows }) => rows.flat()));

test('every table of the API is in the HTML, cell for cell', () => {
  const shown = parts.view.sections
    .flatMap(({ tables }) => tables)
    .filter(({ rows }) => rows.length > 0)
    .map(({ caption, columns, rows }) => ({
      caption,
      rows: [columns, ...rows.map((row) => row.map(({ text }) => squeezed(text)))],
    }));
  expect(tablesOf(parts.html)).toEqual(shown);
  expect(cells().filter((cell) => cell.value != null).length).toBeGreaterThan(100);
});

test('every number that the HTML shows is in the text part, in the CSV and in the API', () => {
  const others = {
    text: squeezed(parts.text),
    csv: squeezed(parts.csv.map((row) => Object.values(row).join(' ')).join(' ')),
    api: squeezed(JSON.stringify(parts.view)),
  };
  const numbers = new Set(
    visibleTexts(parts.html)
      .filter((text) => !text.startsWith('Days and weeks are') && !text.startsWith('Week 2026'))
      .flatMap((text) => text.match(/[-+±]?\$?\d[\d,.:]*\d|\d/g) ?? []),
  );
  expect(numbers.size).toBeGreaterThan(150);
  for (const [name, other] of Object.entries(others)) {
    const missing = [...numbers].filter((number) => !other.includes(number));
    expect(missing, `numbers of the HTML that are not in the ${name}`).toEqual([]);
  }
});

test('every sentence of the HTML is in the text part, in the CSV and in the API', () => {
  const text = squeezed(parts.text);
  for (const { sentences } of parts.view.sections) {
    for (const sentence of sentences) {
      expect(text).toContain(squeezed(sentence));
      expect(
        parts.csv.some(({ shown }) => shown === sentence),
        sentence,
      ).toBe(true);
      expect(visibleTexts(parts.html)).toContain(squeezed(sentence));
    }
  }
});

test('the CSV carries the exact value beside the text of every cell of the API', () => {
  const rows = parts.csv.filter(({ table }) => table !== '');
  const expected = parts.view.sections.flatMap(({ id, tables }) =>
    tables.flatMap((table) =>
      table.rows.flatMap((row) =>
        row.map((cell, index) => ({
          section: id,
          table: table.id,
          column: table.columns[index],
          value: cell.value == null ? '' : String(cell.value),
          unit: cell.unit ?? '',
        })),
      ),
    ),
  );
  expect(
    rows.map(({ section, table, column, value, unit }) => ({
      section,
      table,
      column,
      value,
      unit,
    })),
  ).toEqual(expected);
});

test('a dollar figure reads as its exact value rounded to cents', () => {
  const dollars = cells().filter(({ unit, value }) => unit === 'usd' && value != null);
  expect(dollars.length).toBeGreaterThan(30);
  for (const { text, value } of dollars) {
    const shown = Number(text.replaceAll(/[$,]/g, ''));
    expect(Math.abs(shown - Number(value)), text).toBeLessThanOrEqual(
      Math.abs(shown) >= 0.1 ? 0.005 : 0.0000005,
    );
  }
});

test('the days add up to the week, and the lines of the money to the dollars spent', () => {
  const table = (id: string) =>
    parts.view.sections.flatMap(({ tables }) => tables).find((one) => one.id === id);
  const total = (id: string, column: string) => {
    const found = table(id);
    const index = found?.columns.indexOf(column) ?? -1;
    return (found?.rows ?? []).map((row) => Number(row[index]?.value ?? 0));
  };
  const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
  expect(sum(total('days', 'Requests'))).toBe(Number(table('usage')?.rows[0]?.[1]?.value));
  const money = total('money', 'This week');
  expect(sum(money.slice(0, -1))).toBeCloseTo(money.at(-1) ?? 0, 8);
  expect(sum(total('days', 'Spent'))).toBeCloseTo(money.at(-1) ?? 0, 8);
});
