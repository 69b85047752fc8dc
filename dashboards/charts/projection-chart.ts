import { axisX, dot, line, type Markish, ruleX, text } from '@observablehq/plot';
import { grouped, usdText } from '../../src/core/measure-text.ts';
import type { CostCurve, Projection } from '../../src/core/projection.ts';
import { NANO_PER_USD } from '../../src/core/units.ts';
import { type Chart, type ChartFrame, drawChart, emptyChart } from './chart.ts';
import { COLORS, MUTED } from './chart-theme.ts';
import { roomFor, textWidth } from './text-width.ts';
import { axisCount, axisUsd, valueAxis } from './value-axis.ts';

/** Monthly cost by volume, on Modal and elsewhere. */
export interface ProjectionChartData {
  /** As measured; empty when nothing was. */
  readonly modal: CostCurve;
  readonly multiCloud: CostCurve;
  /** The report's cost per request × volume, for comparison. */
  readonly modalLinear: CostCurve;
  readonly projection: Pick<Projection, 'requests' | 'breakEvenRequests'>;
}

interface Point {
  readonly requests: number;
  readonly usd: number;
}

const HEIGHT = 280;

/** Two lines on logarithmic scales, named at their ends, with today's volume and the break-even. */
export function projectionChart(data: ProjectionChartData, frame: ChartFrame): Chart {
  const words = { title: 'Cost per month by volume', alt: altOf(data) };
  const lines = [
    { name: 'Modal', points: pointsOf(data.modal), color: COLORS.blue, dash: 'none' },
    { name: 'multi-cloud', points: pointsOf(data.multiCloud), color: COLORS.amber, dash: 'none' },
    { name: perRequest(data), points: pointsOf(data.modalLinear), color: COLORS.grey, dash: '3 4' },
  ].filter(({ points }) => points.length > 0);
  const all = lines.flatMap(({ points }) => points);
  if (all.length === 0) {
    return emptyChart(frame, words, 'Nothing to project from yet');
  }
  const x = decades(all.map(({ requests }) => requests));
  const y = decades(all.map(({ usd }) => usd));
  const { fontSize } = frame.theme;
  const marginLeft = roomFor(y.ticks.map(axisUsd), fontSize);
  const marginRight = roomFor(
    lines.map(({ name }) => name),
    fontSize,
  );
  return drawChart(frame, words, {
    height: HEIGHT,
    marginLeft,
    marginRight,
    marginTop: 26,
    marginBottom: 52,
    x: { type: 'log', domain: x.domain },
    y: { type: 'log', domain: y.domain },
    marks: [
      ...valueAxis(frame, y.ticks, axisUsd),
      axisX(x.ticks, {
        tickFormat: axisCount,
        label: null,
        tickSize: 4,
        strokeOpacity: 0.35,
        fillOpacity: MUTED,
        fontSize: frame.theme.fontSize - 1,
      }),
      text(['requests a month'], {
        frameAnchor: 'bottom',
        dy: 42,
        fillOpacity: MUTED,
        fontSize: frame.theme.fontSize - 1,
      }),
      ...todayMarks(data, x.domain, frame),
      ...lines.map(({ points, color, dash }) =>
        line(points, {
          x: 'requests',
          y: 'usd',
          stroke: color,
          strokeWidth: dash === 'none' ? 2.5 : 1.5,
          strokeDasharray: dash,
        }),
      ),
      ...endNames(lines, y.domain, frame),
      ...breakEvenMarks(data, frame, {
        domain: x.domain,
        width: frame.width - marginLeft - marginRight,
      }),
    ],
  });
}

/** Name of the straight comparison: `$0.0065 each`. */
function perRequest({ modalLinear }: ProjectionChartData): string {
  const last = modalLinear.at(-1);
  return last === undefined ? '' : `${usdText(last.nano / last.requests)} each`;
}

interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

/** Names at the lines' ends, pushed apart where they would cover each other. */
function endNames(
  lines: readonly Line[],
  domain: readonly [number, number],
  frame: ChartFrame,
): Markish[] {
  const plotHeight = HEIGHT - 78;
  const scale = plotHeight / Math.log10(domain[1] / domain[0]);
  const least = frame.theme.fontSize * 1.25;
  let above = Number.NEGATIVE_INFINITY;
  return lines
    .map(({ name, points }) => ({ name, end: points.at(-1) ?? { requests: 1, usd: 1 } }))
    .sort((a, b) => b.end.usd - a.end.usd)
    .map(({ name, end }) => {
      const natural = Math.log10(domain[1] / end.usd) * scale;
      const placed = Math.max(natural, above + least);
      above = placed;
      return text([end], {
        x: 'requests',
        y: 'usd',
        text: () => name,
        textAnchor: 'start',
        dx: 8,
        dy: placed - natural,
        fontWeight: 'bold',
      });
    });
}

function todayMarks(
  { projection }: ProjectionChartData,
  domain: readonly [number, number],
  frame: ChartFrame,
): Markish[] {
  const { requests } = projection;
  const shown = requests >= domain[0] && requests <= domain[1] ? [requests] : [];
  return [
    ruleX(shown, { strokeOpacity: 0.5, strokeDasharray: '2 3' }),
    text(shown, {
      x: (value: number) => value,
      frameAnchor: 'top',
      dy: -11,
      text: (value: number) => `now ${grouped(Math.round(value))}`,
      fontSize: frame.theme.fontSize - 1,
      fillOpacity: MUTED,
    }),
  ];
}

function breakEvenMarks(
  data: ProjectionChartData,
  frame: ChartFrame,
  scale: { readonly domain: readonly [number, number]; readonly width: number },
): Markish[] {
  const requests = data.projection.breakEvenRequests;
  const usd = requests === null ? null : valueAt(pointsOf(data.multiCloud), requests);
  if (requests === null || usd === null) {
    return [];
  }
  const points = [{ requests, usd }];
  const name = `break-even ${grouped(Math.round(requests))}`;
  const { fontSize } = frame.theme;
  const [low, high] = scale.domain;
  const left = (scale.width * Math.log(requests / low)) / Math.log(high / low);
  // The lines rise to the right: free are above left and, where that has no room, below right.
  const place =
    left > textWidth(name) * 1.1 * fontSize + 9
      ? ({ textAnchor: 'end', dx: -9, dy: -0.8 * fontSize } as const)
      : ({ textAnchor: 'start', dx: 6, dy: 1.3 * fontSize } as const);
  return [
    dot(points, { x: 'requests', y: 'usd', r: 4.5, fill: 'currentColor' }),
    text(points, { x: 'requests', y: 'usd', text: () => name, fontWeight: 'bold', ...place }),
  ];
}

/** Straight between the points, as the curve is meant. */
function valueAt(points: readonly Point[], requests: number): number | null {
  const next = points.findIndex((point) => point.requests >= requests);
  const [a, b] = [points[next - 1], points[next]];
  if (b === undefined) {
    return null;
  }
  if (a === undefined) {
    return b.requests === requests ? b.usd : null;
  }
  return a.usd + ((b.usd - a.usd) * (requests - a.requests)) / (b.requests - a.requests);
}

/** A logarithmic scale has no zero: points at it are left out. */
function pointsOf(curve: CostCurve): Point[] {
  return curve
    .map(({ requests, nano }) => ({ requests, usd: nano / NANO_PER_USD }))
    .filter(({ requests, usd }) => requests > 0 && usd > 0);
}

/** A domain around the values, and its powers of ten, halved where there is room. */
function decades(values: readonly number[]): { domain: [number, number]; ticks: number[] } {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const domain: [number, number] = [low / 1.15, high * 1.15];
  const factors = high / low < 200 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    ticks.push(...factors.map((factor) => factor * 10 ** power));
  }
  return { domain, ticks: ticks.filter((tick) => tick >= domain[0] && tick <= domain[1]) };
}

function altOf({ modal, multiCloud, projection }: ProjectionChartData): string {
  const { requests, breakEvenRequests } = projection;
  const end = (name: string, curve: CostCurve) => {
    const last = curve.at(-1);
    return last === undefined
      ? ''
      : `${name}: ${usdText(last.nano)} at ${grouped(last.requests)} requests.`;
  };
  const crossing =
    breakEvenRequests === null
      ? 'The lines do not cross.'
      : `They cross at ${grouped(Math.round(breakEvenRequests))} requests a month.`;
  return [
    `Cost per month by volume; now ${grouped(Math.round(requests))} requests a month.`,
    end('Modal', modal),
    end('Multi-cloud', multiCloud),
    crossing,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}
