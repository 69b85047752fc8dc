import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  DARK,
  LIGHT,
  type Pair,
  type ReportTheme,
} from '../../../alerts/weekly-report/report-theme.ts';
import { documentOf, textOf } from '../../support/report/read-html.ts';
import { SAMPLE_NOW, sampleReportBench } from '../../support/report/sample-report.ts';

async function sampleHtml(): Promise<string> {
  const bench = await sampleReportBench();
  onTestFinished(() => bench.close());
  await bench.run(['report', '--week', '2026-W47', '--out', 'r.html'], SAMPLE_NOW);
  return readFileSync(join(bench.dir, 'r.html'), 'utf8');
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast({ ink, ground }: Pair): number {
  const [light = 0, dark = 0] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const pairsOf = ({ ink, muted, card, tile, page, verdict, action }: ReportTheme): Pair[] => [
  ...[card, tile, page].flatMap((ground) => [ink, muted].map((each) => ({ ink: each, ground }))),
  ...Object.values(verdict),
  ...Object.values(action),
];

test.each([
  ['light', LIGHT],
  ['dark', DARK],
])('every text of the %s colours has a contrast of 4.5:1 or more', (_, theme) => {
  for (const pair of pairsOf(theme)) {
    expect(contrast(pair), JSON.stringify(pair)).toBeGreaterThanOrEqual(4.5);
  }
});

test('the contrast is computed as WCAG does: black on white is 21:1', () => {
  expect(contrast({ ink: '#000000', ground: '#ffffff' })).toBeCloseTo(21, 5);
  expect(contrast({ ink: '#777777', ground: '#ffffff' })).toBeCloseTo(4.48, 2);
});

test('the page uses no colour but those whose contrast was checked', async () => {
  const html = (await sampleHtml()).replace(/data:[^"]+/g, '');
  const used = new Set(html.match(/#[0-9a-f]{6}\b/g));
  const known = new Set(
    [LIGHT, DARK].flatMap((theme) => [
      ...pairsOf(theme).flatMap(({ ink, ground }) => [ink, ground]),
      theme.rule,
    ]),
  );
  expect([...used].filter((colour) => !known.has(colour))).toEqual([]);
  expect(used.size).toBeGreaterThan(15);
});

test('every picture has an alternative text with the figures, and its figures are in a table as well', async () => {
  const document = documentOf(await sampleHtml());
  const alts = [...document.querySelectorAll('img')].map(
    (image) => image.getAttribute('alt') ?? '',
  );
  expect(alts).toHaveLength(5);
  for (const alt of alts) {
    expect(alt.length).toBeGreaterThan(60);
    expect(alt).toMatch(/\d/);
  }
  const spent = /: (\$[\d.,]+\d)\./.exec(alts[0] ?? '')?.[1] ?? 'none';
  const cells = [...document.querySelectorAll('td')].map(textOf);
  expect(cells).toContain(spent);
});

test('tables of data have captions and headers with a scope; tables for layout say so', async () => {
  const document = documentOf(await sampleHtml());
  for (const table of document.querySelectorAll('table')) {
    if (table.getAttribute('role') === 'presentation') {
      expect(table.querySelector(':scope > thead, :scope > caption')).toBe(null);
      continue;
    }
    expect(textOf(table.querySelector('caption'))).not.toBe('');
    const columns = [...table.querySelectorAll('thead th')];
    expect(columns.every((head) => head.getAttribute('scope') === 'col')).toBe(true);
    for (const row of table.querySelectorAll('tbody tr')) {
      const cells = [...row.querySelectorAll('th,td')];
      expect(cells).toHaveLength(columns.length);
      expect(cells[0]?.getAttribute('scope')).toBe('row');
    }
  }
});

test('the reading order is verdict, figures, actions, then the sections of the contract', async () => {
  const document = documentOf(await sampleHtml());
  expect(document.documentElement.getAttribute('lang')).toBe('en');
  const headings = [...document.querySelectorAll('h1,h2')].map(textOf);
  expect(headings).toEqual([
    'STAY ON MODAL',
    'Spend in 2026-11',
    'Migration triggers',
    'Emergencies, incidents and alerts',
    'Requests and reliability',
    'Latency',
    'Where the money went',
    'The largest savings',
    'Metered against billed',
    'Go/no-go',
    'Projection',
    'Changes since the week before',
    'How good these figures are',
  ]);
  const text = textOf(document.querySelector('body'));
  const places = ['STAY ON MODAL', 'Spent this week', 'Alarm', 'Change', 'Spend in 2026-11'].map(
    (words) => text.indexOf(words),
  );
  expect(places.every((place) => place >= 0)).toBe(true);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});
