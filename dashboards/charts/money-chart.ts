import { barX, type Markish, ruleX, text } from '@observablehq/plot';
import { usdText } from '../../src/core/measure-text.ts';
import type { NanoUsd } from '../../src/core/units.ts';
import { type Chart, type ChartFrame, drawChart, emptyChart } from './chart.ts';
import { COLORS, FAINT } from './chart-theme.ts';
import { cleanText } from './clean-text.ts';
import { legendAbove } from './legend.ts';

/** What a dollar was spent on, in drawing order, and how it looks. */
const MONEY_PARTS = {
  busy: { name: 'busy', color: COLORS.blue },
  cold: { name: 'cold start', color: COLORS.violet },
  idle: { name: 'idle', color: COLORS.amber },
  standing: { name: 'standing', color: COLORS.teal },
  tokens: { name: 'tokens', color: COLORS.cyan },
  failed: { name: 'failed', color: COLORS.red },
  unexplained: { name: 'unexplained', color: COLORS.grey },
} as const;
type MoneyPart = keyof typeof MONEY_PARTS;

/** A bar: an endpoint, or everything. Parts that are missing are 0. */
interface MoneyRow {
  readonly label: string;
  readonly parts: Readonly<Partial<Record<MoneyPart, NanoUsd>>>;
}

export interface MoneyChartData {
  readonly rows: readonly MoneyRow[];
}

const MAX_ROWS = 8;
const ROW_HEIGHT = 50;
const PARTS = Object.keys(MONEY_PARTS) as MoneyPart[];

/** Where the money went: a stacked bar for each row, largest first, the parts' totals in the legend. */
export function moneyChart(data: MoneyChartData, frame: ChartFrame): Chart {
  const rows = foldedRows(data.rows);
  const words = { title: 'Where the money went', alt: altOf(rows) };
  const most = Math.max(0, ...rows.map(drawnTotal));
  if (most === 0) {
    return emptyChart(frame, words, 'Nothing spent yet');
  }
  const total = rows.reduce((sum, row) => sum + drawnTotal(row), 0);
  const used = PARTS.filter((part) => rows.some((row) => drawn(row, part) > 0));
  const entries = used.map((part) => {
    const nano = rows.reduce((sum, row) => sum + drawn(row, part), 0);
    const { name, color } = MONEY_PARTS[part];
    return { name: `${name} ${percent(nano / total)}`, color };
  });
  const legend = legendAbove(entries, frame, { marginLeft: 12, gap: 8 });
  return drawChart(frame, words, {
    height: legend.height + rows.length * ROW_HEIGHT + 14,
    marginLeft: 12,
    marginRight: 12,
    marginTop: legend.height + 4,
    marginBottom: 10,
    x: { domain: [0, most], axis: null },
    y: { type: 'band', domain: rows.map((_, index) => index), axis: null, padding: 0 },
    marks: [
      barX(rows, { y: (_: MoneyRow, i: number) => i, x: () => most, ...BAR, fillOpacity: FAINT }),
      barX(segmentsOf(rows), { y: 'row', x1: 'from', x2: 'to', fill: 'color', ...BAR }),
      ruleX([0], { strokeOpacity: 0 }),
      ...rowTexts(rows, frame),
      ...legend.marks,
    ],
    color: { type: 'identity' },
  });
}

/** The bar lies in the lower half of its band, under the row's name. */
const BAR = { insetTop: 25, insetBottom: 5 } as const;

function rowTexts(rows: readonly MoneyRow[], frame: ChartFrame): Markish[] {
  const room = Math.floor((frame.width * 0.66) / (frame.theme.fontSize * 0.56));
  const base = { y: (_: MoneyRow, index: number) => index, dy: -13 } as const;
  return [
    text(rows, {
      ...base,
      frameAnchor: 'left',
      textAnchor: 'start',
      text: ({ label }: MoneyRow) => cleanText(label, room),
    }),
    text(rows, {
      ...base,
      frameAnchor: 'right',
      textAnchor: 'end',
      text: (row: MoneyRow) => usdText(exactTotal(row)),
      fontWeight: 'bold',
    }),
  ];
}

function segmentsOf(rows: readonly MoneyRow[]) {
  return rows.flatMap((row, index) => {
    let from = 0;
    return PARTS.map((part) => {
      const to = from + drawn(row, part);
      const segment = { row: index, from, to, color: MONEY_PARTS[part].color };
      from = to;
      return segment;
    }).filter((segment) => segment.to > segment.from);
  });
}

/** A residual may be negative: it lowers the total and has no length. */
function drawn(row: MoneyRow, part: MoneyPart): number {
  return Math.max(0, row.parts[part] ?? 0);
}

function drawnTotal(row: MoneyRow): number {
  return PARTS.reduce((sum, part) => sum + drawn(row, part), 0);
}

function exactTotal(row: MoneyRow): NanoUsd {
  return PARTS.reduce((sum, part) => sum + (row.parts[part] ?? 0), 0);
}

/** The largest rows; the others become one. */
function foldedRows(rows: readonly MoneyRow[]): MoneyRow[] {
  const sorted = [...rows].sort((a, b) => exactTotal(b) - exactTotal(a));
  if (sorted.length <= MAX_ROWS) {
    return sorted;
  }
  const rest = sorted.slice(MAX_ROWS - 1);
  const parts = Object.fromEntries(
    PARTS.map((part) => [part, rest.reduce((sum, row) => sum + (row.parts[part] ?? 0), 0)]),
  );
  return [...sorted.slice(0, MAX_ROWS - 1), { label: `${rest.length} more`, parts }];
}

function percent(share: number): string {
  return share > 0 && share < 0.01 ? '<1 %' : `${Math.round(share * 100)} %`;
}

function altOf(rows: readonly MoneyRow[]): string {
  const lines = rows.map((row) => {
    const parts = PARTS.filter((part) => (row.parts[part] ?? 0) !== 0).map(
      (part) => `${MONEY_PARTS[part].name} ${usdText(row.parts[part] ?? 0)}`,
    );
    return `${cleanText(row.label, 60)}: ${usdText(exactTotal(row))} (${parts.join(', ')}).`;
  });
  return ['Where the money went.', ...lines].join(' ');
}
