import { dot, lineY, type Markish, ruleY, text } from '@observablehq/plot';
import { durationText } from '../../src/core/measure-text.ts';
import type { EpochMicros, Micros } from '../../src/core/units.ts';
import { type Chart, type ChartFrame, drawChart, emptyChart } from './chart.ts';
import { COLORS, MUTED } from './chart-theme.ts';
import { roomFor } from './text-width.ts';
import { dayText, timeAxis, wallDate } from './time-axis.ts';
import { durationSteps, valueAxis } from './value-axis.ts';

export interface LatencyChartData {
  readonly zone: string;
  /** Ascending; a point without requests has `null` and interrupts the lines. */
  readonly points: readonly {
    readonly at: EpochMicros;
    readonly p50Us: Micros | null;
    readonly p95Us: Micros | null;
  }[];
  readonly objectiveUs: Micros | null;
}

interface Point {
  readonly date: Date;
  readonly us: number;
}

const HEIGHT = 220;
const SERIES = [
  { key: 'p95Us', name: 'p95', color: COLORS.violet },
  { key: 'p50Us', name: 'median', color: COLORS.blue },
] as const;

/** Median and 95th percentile of the duration, each named where its line ends, with the objective. */
export function latencyChart(data: LatencyChartData, frame: ChartFrame): Chart {
  const words = { title: 'Latency', alt: altOf(data) };
  const known = data.points
    .flatMap(({ p50Us, p95Us }) => [p50Us, p95Us])
    .filter((us) => us !== null);
  const [first, last] = [data.points[0], data.points.at(-1)];
  if (known.length === 0 || first === undefined || last === undefined) {
    return emptyChart(frame, words, 'No latency measured yet');
  }
  const top = Math.max(...known, data.objectiveUs ?? 0) * 1.1;
  const [start, end] = [wallDate(first.at, data.zone), wallDate(last.at, data.zone)];
  const steps = durationSteps(top);
  const { fontSize } = frame.theme;
  const single = start.getTime() === end.getTime();
  const domain = single ? [dayFrom(start, -1), dayFrom(end, 1)] : [start, end];
  return drawChart(frame, words, {
    height: HEIGHT,
    marginLeft: roomFor(steps.map(axisDuration), fontSize),
    marginRight: roomFor(['59.99 min'], fontSize),
    marginTop: 18,
    marginBottom: 28,
    x: { type: 'utc', domain },
    y: { domain: [0, top] },
    marks: [
      ...valueAxis(frame, steps, axisDuration),
      timeAxis(frame, domain[0] ?? start, domain[1] ?? end),
      ruleY([0], { strokeOpacity: 0.35 }),
      ...objectiveMarks(data, frame, top),
      ...seriesMarks(data, frame, top),
    ],
  });
}

function seriesMarks(data: LatencyChartData, frame: ChartFrame, top: number): Markish[] {
  const lines = SERIES.map(({ key, name, color }) => {
    const points = data.points.map((point) => ({
      date: wallDate(point.at, data.zone),
      us: point[key] ?? Number.NaN,
    }));
    return { name, color, points, last: points.filter(({ us }) => !Number.isNaN(us)).at(-1) };
  });
  const dense = data.points.length > 90;
  const [upper, lower] = lines;
  const gap = (upper?.last?.us ?? top) - (lower?.last?.us ?? 0);
  // Two lines of text each: closer ends than that are spread.
  const spread = gap / top < 0.2 ? frame.theme.fontSize * 1.1 : 0;
  return lines.flatMap(({ name, color, points, last }, index) => [
    lineY(points, { x: 'date', y: 'us', stroke: color, strokeWidth: dense ? 1.5 : 2.5 }),
    dot(isolated(points), { x: 'date', y: 'us', fill: color, r: dense ? 1 : 2.5 }),
    ...(last === undefined
      ? []
      : endLabel({ last, name, color, frame, dy: index === 0 ? -spread : spread })),
  ]);
}

/** A day between two empty ones is no line; without a dot it would not be seen. */
function isolated(points: readonly Point[]): Point[] {
  const empty = (index: number) => Number.isNaN(points[index]?.us ?? Number.NaN);
  return points.filter((_, index) => !empty(index) && empty(index - 1) && empty(index + 1));
}

interface EndLabel {
  readonly last: Point;
  readonly name: string;
  readonly color: string;
  readonly frame: ChartFrame;
  readonly dy: number;
}

function endLabel({ last, name, color, frame, dy }: EndLabel): Markish[] {
  const at = { x: 'date', y: 'us', textAnchor: 'start', dx: 9 } as const;
  const { fontSize } = frame.theme;
  return [
    dot([last], { x: 'date', y: 'us', fill: color, r: 4 }),
    text([last], {
      ...at,
      text: () => durationText(last.us),
      dy: dy - fontSize * 0.55,
      fontWeight: 'bold',
    }),
    text([last], {
      ...at,
      text: () => name,
      dy: dy + fontSize * 0.6,
      fontSize: fontSize - 1,
      fillOpacity: MUTED,
    }),
  ];
}

function objectiveMarks(data: LatencyChartData, frame: ChartFrame, top: number): Markish[] {
  const values = data.objectiveUs === null ? [] : [data.objectiveUs];
  const place = quietPlace(data, top);
  const side = frame.theme.fontSize * 0.75;
  return [
    ruleY(values, { stroke: COLORS.amber, strokeWidth: 1.5, strokeDasharray: '2 3' }),
    text(values, {
      frameAnchor: place.anchor,
      y: (us: number) => us,
      text: (us: number) => `objective ${durationText(us)}`,
      dx: place.anchor === 'left' ? 6 : 0,
      dy: place.above ? -side : side,
      fontWeight: 'bold',
    }),
  ];
}

interface Place {
  readonly anchor: 'left' | 'middle' | 'right';
  readonly above: boolean;
}

/** Where beside its line the objective can be named over the least data. */
function quietPlace({ points, objectiveUs }: LatencyChartData, top: number): Place {
  const objective = objectiveUs ?? 0;
  const height = top * 0.12;
  const anchors = ['left', 'middle', 'right'] as const;
  const places = anchors.flatMap((anchor, third) => [
    { anchor, third, above: true },
    { anchor, third, above: false },
  ]);
  const conflicts = ({ third, above }: { third: number; above: boolean }) =>
    points
      .slice(Math.floor((third * points.length) / 3), Math.ceil(((third + 1) * points.length) / 3))
      .flatMap(({ p50Us, p95Us }) => [p50Us, p95Us])
      .filter((us) => {
        const distance = us === null ? Number.POSITIVE_INFINITY : us - objective;
        return above ? distance >= 0 && distance <= height : distance <= 0 && distance >= -height;
      }).length;
  return places.sort((a, b) => conflicts(a) - conflicts(b))[0] ?? { anchor: 'left', above: true };
}

function axisDuration(us: Micros): string {
  return us === 0 ? '0' : durationText(us);
}

function dayFrom(date: Date, days: number): Date {
  return new Date(date.getTime() + days * 86_400_000);
}

function altOf({ points, zone, objectiveUs }: LatencyChartData): string {
  const last = points.findLast((point) => point.p95Us !== null);
  if (last === undefined) {
    return 'No latency measured yet.';
  }
  const [median, p95] = [last.p50Us, last.p95Us].map((us) =>
    us === null ? 'unknown' : durationText(us),
  );
  const objective = objectiveUs === null ? '' : ` Objective: ${durationText(objectiveUs)}.`;
  const slowest = Math.max(...points.map((point) => point.p95Us ?? 0));
  const day = dayText(wallDate(last.at, zone));
  return `Latency on ${day}: median ${median}, 95th percentile ${p95}. Highest 95th percentile shown: ${durationText(slowest)}.${objective}`;
}
