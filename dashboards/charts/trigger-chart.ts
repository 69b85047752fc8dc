import { barX, type Markish, text, tickX } from '@observablehq/plot';
import { measureText } from '../../src/core/measure-text.ts';
import type { RuleState, Verdict } from '../../src/core/verdict.ts';
import { type Chart, type ChartFrame, drawChart, emptyChart } from './chart.ts';
import { COLORS, FAINT, MUTED } from './chart-theme.ts';
import { cleanText } from './clean-text.ts';
import { textWidth } from './text-width.ts';

/** The part of a verdict that is drawn. */
export type TriggerRow = Pick<Verdict, 'title' | 'state' | 'value' | 'threshold' | 'unit'>;

const STATES: Record<RuleState, { readonly text: string; readonly color: string }> = {
  insufficient_data: { text: 'not enough data', color: COLORS.grey },
  not_met: { text: 'not met', color: COLORS.blue },
  approaching: { text: 'approaching', color: COLORS.amber },
  pending: { text: 'over, not sustained yet', color: COLORS.amber },
  met: { text: 'met', color: COLORS.red },
  cleared: { text: 'cleared', color: COLORS.teal },
  unknown: { text: 'unknown', color: COLORS.grey },
};

const ROW_HEIGHT = 52;
/** The scale goes a quarter beyond the threshold; what is over that is cut. */
const END = 1.25;

/** How far each trigger is from its threshold, which is the same line for all. */
export function triggerChart(rows: readonly TriggerRow[], frame: ChartFrame): Chart {
  const alt = rows.map(sentenceOf).join(' ') || 'No triggers configured.';
  const words = { title: 'Triggers', alt };
  if (rows.length === 0) {
    return emptyChart(frame, words, 'No triggers configured');
  }
  const at = (_: TriggerRow, index: number) => index;
  return drawChart(frame, words, {
    height: rows.length * ROW_HEIGHT + 32,
    marginLeft: 12,
    marginRight: 12,
    marginTop: 24,
    marginBottom: 8,
    x: { domain: [0, END], axis: null },
    y: { type: 'band', domain: rows.map((_, index) => index), axis: null, padding: 0 },
    color: { type: 'identity' },
    marks: [
      barX(rows, { y: at, x: () => END, ...BAR, fillOpacity: FAINT }),
      barX(rows, { y: at, x: ratioOf, fill: (row: TriggerRow) => STATES[row.state].color, ...BAR }),
      tickX(rows, { y: at, x: () => 1, strokeWidth: 1.5, insetTop: 23, insetBottom: 11 }),
      text(['threshold'], {
        x: () => 1,
        frameAnchor: 'top',
        dy: -10,
        fillOpacity: MUTED,
        fontSize: frame.theme.fontSize - 1,
      }),
      ...rowTexts(rows, frame),
    ],
  });
}

const BAR = { insetTop: 26, insetBottom: 14 } as const;

/** `null`, nothing to compare, has no bar; a declared requirement that is met has a whole one. */
function ratioOf({ value, threshold, state }: TriggerRow): number {
  if (value === null || threshold === null) {
    return state === 'met' ? 1 : 0;
  }
  if (threshold <= 0) {
    return value > threshold ? END : 0;
  }
  return Math.min(END, Math.max(0, value / threshold));
}

function rowTexts(rows: readonly TriggerRow[], frame: ChartFrame): Markish[] {
  const base = { y: (_: TriggerRow, index: number) => index, dy: -13 } as const;
  const { fontSize } = frame.theme;
  const title = (row: TriggerRow) =>
    cleanText(row.title, Math.floor((frame.width * 0.5) / (fontSize * 0.56)));
  // On a narrow page the figures give way; they are in the table beside the chart.
  const status = (row: TriggerRow) => {
    const whole = `${figuresOf(row)}${STATES[row.state].text}`;
    const width = (textWidth(title(row)) * 1.1 + textWidth(whole) + 2) * fontSize;
    return width < frame.width - 24 ? whole : STATES[row.state].text;
  };
  return [
    text(rows, {
      ...base,
      frameAnchor: 'left',
      textAnchor: 'start',
      text: title,
      fontWeight: 'bold',
    }),
    text(rows, {
      ...base,
      frameAnchor: 'right',
      textAnchor: 'end',
      text: status,
    }),
  ];
}

/** `103,400 of 100,000 requests · `. */
function figuresOf({ value, threshold, unit }: TriggerRow): string {
  if (value === null || threshold === null) {
    return '';
  }
  if (threshold <= 0) {
    return `${measureText(value, unit)} · `;
  }
  const bound = measureText(threshold, unit);
  const figure = measureText(value, unit);
  const suffix = / [a-z]+$/.exec(bound)?.[0] ?? '';
  const short = suffix !== '' && figure.endsWith(suffix) ? figure.slice(0, -suffix.length) : figure;
  return `${short} of ${bound} · `;
}

function sentenceOf(row: TriggerRow): string {
  return `${cleanText(row.title, 60)}: ${figuresOf(row)}${STATES[row.state].text}.`;
}
