import { type Markish, rectY, ruleY, text } from '@observablehq/plot';
import { grouped } from '../../src/core/measure-text.ts';
import { MICROS_PER_DAY } from '../../src/core/units.ts';
import type { ZonedWindow } from '../../src/core/zoned-time.ts';
import { type Chart, type ChartFrame, drawChart, emptyChart } from './chart.ts';
import { COLORS } from './chart-theme.ts';
import { legendAbove } from './legend.ts';
import { roomFor } from './text-width.ts';
import { dayText, timeAxis, wallDate } from './time-axis.ts';
import { axisCount, roundSteps, valueAxis } from './value-axis.ts';

export interface RequestsChartData {
  readonly zone: string;
  /** Days without gaps, ascending. */
  readonly days: readonly {
    readonly day: ZonedWindow;
    readonly succeeded: number;
    readonly failed: number;
  }[];
}

interface Bar {
  readonly from: Date;
  readonly to: Date;
  readonly low: number;
  readonly high: number;
}

const HEIGHT = 200;
const LEGEND = [
  { name: 'succeeded', color: COLORS.blue },
  { name: 'failed', color: COLORS.red },
];

/** Requests of each day as bars, failed ones on top; the busiest day is named. */
export function requestsChart(data: RequestsChartData, frame: ChartFrame): Chart {
  const words = { title: 'Requests per day', alt: altOf(data) };
  const first = data.days[0];
  const last = data.days.at(-1);
  if (first === undefined || last === undefined) {
    return emptyChart(frame, words, 'No requests on record yet');
  }
  const bars = (low: (index: number) => number, high: (index: number) => number): Bar[] =>
    data.days.map(({ day }, index) => ({
      from: wallDate(day.start, data.zone),
      to: wallDate(day.end, data.zone),
      low: low(index),
      high: high(index),
    }));
  const ok = (index: number) => data.days[index]?.succeeded ?? 0;
  const all = (index: number) => ok(index) + (data.days[index]?.failed ?? 0);
  const most = Math.max(...data.days.map((_, index) => all(index)), 1);
  const steps = roundSteps(most);
  const marginLeft = roomFor(steps.map(axisCount), frame.theme.fontSize);
  const legend = legendAbove(LEGEND, frame, { marginLeft, gap: 26 });
  const inset = data.days.length > 60 ? 0 : 1.5;
  const end = wallDate(last.day.end, data.zone);
  // Few days stay bars: the scale always holds a fortnight.
  const fortnight = last.day.end - 14 * MICROS_PER_DAY;
  const start = wallDate(Math.min(first.day.start, fortnight), data.zone);
  const bar = { x1: 'from', x2: 'to', y1: 'low', y2: 'high', inset: 0, insetLeft: inset } as const;
  const failedBars = bars(ok, all).filter(({ low, high }) => high > low);
  return drawChart(frame, words, {
    height: HEIGHT + legend.height,
    marginLeft,
    marginRight: 16,
    marginTop: legend.height + 4,
    marginBottom: 28,
    x: { type: 'utc', domain: [start, end] },
    y: { domain: [0, most] },
    marks: [
      ...valueAxis(frame, steps, axisCount),
      timeAxis(frame, start, wallDate(last.day.start, data.zone)),
      rectY(
        bars(() => 0, ok),
        { ...bar, insetRight: inset, fill: COLORS.blue },
      ),
      rectY(failedBars, { ...bar, insetRight: inset, fill: COLORS.red }),
      ruleY([0], { strokeOpacity: 0.35 }),
      peakLabel(data, all, most),
      ...legend.marks,
    ],
  });
}

function peakLabel(data: RequestsChartData, all: (index: number) => number, most: number): Markish {
  const index = data.days.findIndex((_, at) => all(at) === most);
  const window = data.days[index]?.day;
  const peaks = window === undefined ? [] : [window];
  const share = 1 - (data.days.length - 1 - index) / Math.max(13, data.days.length - 1);
  return text(peaks, {
    x: ({ start, end }: ZonedWindow) => wallDate((start + end) / 2, data.zone),
    y: () => most,
    text: ({ start }: ZonedWindow) => `${grouped(most)} on ${dayText(wallDate(start, data.zone))}`,
    textAnchor: share < 0.15 ? 'start' : share > 0.85 ? 'end' : 'middle',
    dy: -9,
    fontWeight: 'bold',
  });
}

function altOf({ days }: RequestsChartData): string {
  const first = days[0];
  const last = days.at(-1);
  if (first === undefined || last === undefined) {
    return 'No requests on record yet.';
  }
  const failed = days.reduce((sum, day) => sum + day.failed, 0);
  const total = days.reduce((sum, day) => sum + day.succeeded, failed);
  const span = [first, last].map(({ day }) => day.label);
  const mean = grouped(Math.round(total / days.length));
  return `Requests per day from ${span.join(' to ')}: ${grouped(total)} in all, ${mean} a day, ${grouped(failed)} failed.`;
}
