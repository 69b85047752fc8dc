import { expect, onTestFinished, test } from 'vitest';
import type { ReportBench } from '../../support/report/report-bench.ts';
import type { SampleSpan } from '../../support/report/sample-history.ts';
import { instant, sampleReportBench } from '../../support/report/sample-report.ts';

interface View {
  readonly from: string;
  readonly to: string;
  readonly late: boolean;
  readonly verdict: { readonly title: string };
  readonly keyFigures: readonly {
    readonly label: string;
    readonly value: unknown;
    readonly note: string;
  }[];
  readonly actions: readonly { readonly kind: string; readonly text: string }[];
  readonly sections: readonly {
    readonly id: string;
    readonly sentences: readonly string[];
    readonly tables: readonly {
      readonly id: string;
      readonly rows: readonly (readonly {
        readonly text: string;
        readonly value?: number | string | null;
      }[])[];
    }[];
  }[];
}

async function benchOf(span: SampleSpan, settings: object = {}): Promise<ReportBench> {
  const bench = await sampleReportBench(settings, span);
  onTestFinished(() => bench.close());
  return bench;
}

async function viewOf(bench: ReportBench, week: string, now: string): Promise<View> {
  const { out, err, code } = await bench.run(['report', '--week', week, '--json'], instant(now));
  expect(code, err).toBe(0);
  return JSON.parse(out) as View;
}

const sentencesOf = (view: View, id: string) =>
  view.sections.find((section) => section.id === id)?.sentences.join(' ') ?? '';
const tableOf = (view: View, id: string) =>
  view.sections.flatMap(({ tables }) => tables).find((table) => table.id === id)?.rows ?? [];

const SPAN = {
  from: instant('2026-11-02T00:00:00Z'),
  to: instant('2026-11-16T00:00:00Z'),
  pace: 0.2,
};

test('a ledger without any request still gives a report that says so', async () => {
  const bench = await benchOf({ ...SPAN, to: SPAN.from + 1 });
  const view = await viewOf(bench, '2026-W47', '2026-11-23T09:00:00Z');
  expect(view.verdict.title).toBe('STAY ON MODAL');
  expect(sentencesOf(view, 'usage')).toBe('No request was recorded this week.');
  expect(view.keyFigures.map(({ value }) => value)).toEqual([
    '0.000000000',
    '0.000000000',
    0,
    null,
  ]);
  expect(tableOf(view, 'days')).toHaveLength(7);
  const html = await bench.run(
    ['report', '--week', '2026-W47', '--out', 'r.html'],
    instant('2026-11-23T09:00:00Z'),
  );
  expect(html.code).toBe(0);
});

test('a week in which nothing happened says so, and what the week before was', async () => {
  const bench = await benchOf(SPAN);
  const view = await viewOf(bench, '2026-W47', '2026-11-23T09:00:00Z');
  expect(sentencesOf(view, 'usage')).toBe('No request was recorded this week.');
  expect(tableOf(view, 'usage')[0]?.[2]?.value).toBeGreaterThan(100);
  expect(sentencesOf(view, 'changes')).toContain('Requests fell by 100 %.');
});

test('the first week has nothing to compare with and claims no change', async () => {
  const bench = await benchOf({ ...SPAN, from: instant('2026-11-09T00:00:00Z') });
  const view = await viewOf(bench, '2026-W46', '2026-11-16T09:00:00Z');
  expect(sentencesOf(view, 'changes')).toBe(
    'This is the first week on record: there is nothing to compare it with.',
  );
  expect(view.keyFigures[0]?.note).toBe('no week before');
  expect(tableOf(view, 'usage').map((row) => row[3]?.text)).toEqual(['new', 'new', '–', '–']);
});

test('the week in which clocks go back has 169 hours and seven days that add up', async () => {
  const span = {
    from: instant('2026-10-12T00:00:00Z'),
    to: instant('2026-10-27T00:00:00Z'),
    pace: 0.2,
  };
  const bench = await benchOf(span, { timezone: 'Europe/Berlin' });
  const view = await viewOf(bench, '2026-W43', '2026-10-26T09:00:00Z');
  expect([view.from, view.to]).toEqual([
    '2026-10-18T22:00:00.000000Z',
    '2026-10-25T23:00:00.000000Z',
  ]);
  const days = tableOf(view, 'days');
  expect(days.map(([day]) => day?.text)).toEqual(
    [19, 20, 21, 22, 23, 24, 25].map((day) => `2026-10-${day}`),
  );
  const total = days.reduce((sum, row) => sum + Number(row[1]?.value), 0);
  expect(total).toBe(tableOf(view, 'usage')[0]?.[1]?.value);
});

test('a week with an outage names the incidents, their length and what failed', async () => {
  const outage = { from: instant('2026-11-11T10:00:00Z'), to: instant('2026-11-11T13:00:00Z') };
  const bench = await benchOf({ ...SPAN, pace: 0.5, outage });
  const view = await viewOf(bench, '2026-W46', '2026-11-16T09:00:00Z');
  const incidents = tableOf(view, 'incidents');
  expect(incidents.length).toBeGreaterThan(0);
  expect(new Set(incidents.map((row) => row[1]?.text))).toEqual(new Set(['modal no container']));
  const longest = Math.max(...incidents.map((row) => Number(row[3]?.value)));
  expect(longest).toBeGreaterThan(2 * 3_600);
  expect(longest).toBeLessThan(5 * 3_600);
  expect(view.actions[0]).toMatchObject({ kind: 'alarm' });
  expect(view.actions[0]?.text).toMatch(
    /^Incidents of .+ \(over\): [\d,]+ requests failed, for up to/,
  );
  const next = await viewOf(bench, '2026-W45', '2026-11-16T09:00:00Z');
  expect(tableOf(next, 'incidents')).toEqual([]);
});

test('a week that is not over is told up to now, and one that has not begun not at all', async () => {
  const bench = await benchOf(SPAN);
  const now = '2026-11-12T12:00:00Z';
  const view = await viewOf(bench, '2026-W46', now);
  expect(tableOf(view, 'days')).toHaveLength(4);
  const text = await bench.run(['report', '--week', '2026-W46'], instant(now));
  expect(text.out).toContain('The week is not over: figures up to 2026-11-12 12:00 UTC.');
  const next = await bench.run(['report', '--week', '2026-W47'], instant(now));
  expect(next).toMatchObject({ code: 2, err: 'tripmeter: 2026-W47 has not begun\n' });
});

test('what came after a week does not change its verdicts and its month', async () => {
  const early = await benchOf(SPAN);
  const before = await viewOf(early, '2026-W45', '2026-11-09T09:00:00Z');
  const after = await viewOf(early, '2026-W45', '2026-11-30T09:00:00Z');
  const shown = ({ keyFigures, sections, verdict }: View) => ({
    ...{ keyFigures, verdict },
    sections: sections.filter(({ id }) => id !== 'quality' && id !== 'projection'),
  });
  expect(shown(after)).toEqual(shown(before));
});

test('a quarter gives its checkpoint on the same model, with the projection drawn', async () => {
  const span = {
    from: instant('2026-07-06T00:00:00Z'),
    to: instant('2026-10-01T00:00:00Z'),
    pace: 0.05,
  };
  const bench = await benchOf(span);
  const now = instant('2026-10-01T10:00:00Z');
  const { out, code, err } = await bench.run(['report', '--quarter', '2026-Q3', '--json'], now);
  expect(code, err).toBe(0);
  const view = JSON.parse(out) as View & { readonly kind: string };
  expect(view.kind).toBe('checkpoint');
  expect(view.from).toBe('2026-07-01T00:00:00.000000Z');
  expect(tableOf(view, 'days')).toHaveLength(92);
  expect(tableOf(view, 'go-no-go')).toHaveLength(5);
  await bench.run(['report', '--quarter', '2026-Q3', '--out', 'q.html'], now);
});

test('a year of history gives the same report of its last week as six weeks of it', async () => {
  const to = instant('2026-11-23T00:00:00Z');
  const bench = await benchOf({ from: to - 366 * 86_400_000_000, to, pace: 0.02 });
  const view = await viewOf(bench, '2026-W47', '2026-11-23T09:00:00Z');
  expect(tableOf(view, 'go-no-go')[2]?.[1]?.text).toBe('YES');
  expect(tableOf(view, 'days')).toHaveLength(7);
  expect(Number(tableOf(view, 'usage')[0]?.[1]?.value)).toBeGreaterThan(50);
}, 60_000);

test('flags and files that cannot be used are named', async () => {
  const bench = await benchOf({ ...SPAN, to: SPAN.from + 1 });
  const now = instant('2026-11-16T09:00:00Z');
  const bad = async (...args: string[]) => (await bench.run(['report', ...args], now)).err;
  expect(await bad('--week', '2026-11')).toContain('write a week 2026-W47 or a quarter 2026-Q4');
  expect(await bad('--week', '2026-W60')).toContain('2026-W60');
  expect(await bad('--out', 'report.pdf')).toContain('end it in .html, .txt, .csv, .json, .eml');
  expect(await bad('--send')).toContain('add channels.email');
  expect(await bad('--week', '2026-W46', '--out', 'no/such/folder/r.html')).toContain(
    'cannot write',
  );
});
