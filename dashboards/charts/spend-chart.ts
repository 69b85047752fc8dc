import { areaY, dot, lineY, type Markish, ruleX, ruleY, text } from '@observablehq/plot';
import type { Forecast } from '../../src/core/forecast.ts';
import { usdText } from '../../src/core/measure-text.ts';
import { type EpochMicros, NANO_PER_USD, type NanoUsd } from '../../src/core/units.ts';
import type { ZonedWindow } from '../../src/core/zoned-time.ts';
import { type Chart, type ChartFrame, drawChart } from './chart.ts';
import { COLORS, MUTED } from './chart-theme.ts';
import { roomFor, textWidth } from './text-width.ts';
import { dayText, timeAxis, wallDate } from './time-axis.ts';
import { axisUsd, roundSteps, valueAxis } from './value-axis.ts';

type MonthForecast = Pick<Forecast, 'nano' | 'lowNano' | 'highNano' | 'ahead'>;

/** Spend of a month against its thresholds. */
export interface SpendChartData {
  readonly zone: string;
  readonly month: ZonedWindow;
  readonly now: EpochMicros;
  /** Spend of the month up to `at`, ascending; the month's start with 0 is added. */
  readonly spent: readonly { readonly at: EpochMicros; readonly nano: NanoUsd }[];
  readonly forecast: MonthForecast | null;
  readonly thresholdsNano: readonly NanoUsd[];
}

interface Point {
  readonly date: Date;
  readonly usd: number;
}
interface BandPoint extends Point {
  readonly low: number;
  readonly high: number;
}

const HEIGHT = 260;

/** The month's spend as a line, the forecast as its broken continuation in an 80 % band, thresholds in place. */
export function spendChart(data: SpendChartData, frame: ChartFrame): Chart {
  const start = wallDate(data.month.start, data.zone);
  const end = wallDate(data.month.end, data.zone);
  const spent = spentPoints(data, start);
  const last = spent.at(-1) ?? { date: start, usd: 0 };
  const ahead = aheadPoints(data, last);
  const thresholds = data.thresholdsNano.map((nano) => nano / NANO_PER_USD).sort((a, b) => a - b);
  const reached = Math.max(last.usd, ...ahead.map((point) => point.high));
  const next = thresholds.find((usd) => usd > reached);
  const top = Math.max(next ?? reached, reached, 1) * 1.12;
  const shown = thresholds.filter((usd) => usd <= top);
  const steps = stepsBeside(shown, top);
  const { fontSize } = frame.theme;
  const marginLeft = roomFor(steps.map(axisUsd), fontSize);
  const marginRight = data.forecast === null ? 30 : roomFor(forecastLines(data.forecast), fontSize);
  const plotWidth = frame.width - marginLeft - marginRight;
  return drawChart(
    frame,
    { title: `Spend in ${data.month.label}`, alt: altOf(data) },
    {
      height: HEIGHT,
      marginLeft,
      marginRight,
      marginTop: 14,
      marginBottom: 28,
      x: { type: 'utc', domain: [start, end] },
      y: { domain: [0, top] },
      marks: [
        ...valueAxis(frame, steps, axisUsd),
        timeAxis(frame, start, end),
        ...thresholdMarks(frame, shown, { last, data, top }),
        ...bandMarks(ahead),
        areaY(spent, { x: 'date', y: 'usd', fill: COLORS.blue, fillOpacity: 0.1 }),
        lineY(spent, { x: 'date', y: 'usd', stroke: COLORS.blue, strokeWidth: 2.5 }),
        ruleX([start], { strokeOpacity: 0.35 }),
        ruleY([0], { strokeOpacity: 0.35 }),
        ...endMarks(frame, { last, ahead, data, top, plotWidth }),
      ],
    },
  );
}

/** A grid line that would run beside a threshold only clutters. */
function stepsBeside(thresholds: readonly number[], top: number): number[] {
  return roundSteps(top).filter(
    (step) => step === 0 || thresholds.every((usd) => Math.abs(usd - step) > top * 0.03),
  );
}

function spentPoints(data: SpendChartData, start: Date): Point[] {
  const points = data.spent.map(({ at, nano }) => ({
    date: wallDate(at, data.zone),
    usd: nano / NANO_PER_USD,
  }));
  return [{ date: start, usd: 0 }, ...points];
}

/** Expected spend day by day; the band opens in proportion to what is expected by then. */
function aheadPoints(data: SpendChartData, last: Point): BandPoint[] {
  const { forecast } = data;
  if (forecast === null) {
    return [];
  }
  const total = forecast.ahead.reduce((sum, day) => sum + day.nano, 0);
  let sum = 0;
  const points = forecast.ahead.map((day) => {
    sum += day.nano;
    const share = total === 0 ? 1 : sum / total;
    const at = (endNano: NanoUsd) => last.usd + (endNano / NANO_PER_USD - last.usd) * share;
    return {
      date: wallDate(day.day.end, data.zone),
      usd: at(forecast.nano),
      low: at(forecast.lowNano),
      high: at(forecast.highNano),
    };
  });
  return [{ ...last, low: last.usd, high: last.usd }, ...points];
}

function bandMarks(ahead: readonly BandPoint[]): Markish[] {
  return [
    areaY(ahead, { x: 'date', y1: 'low', y2: 'high', fill: COLORS.blue, fillOpacity: 0.2 }),
    lineY(ahead, {
      x: 'date',
      y: 'usd',
      stroke: COLORS.blue,
      strokeDasharray: '5 4',
      strokeWidth: 2,
    }),
  ];
}

function thresholdMarks(
  frame: ChartFrame,
  thresholds: readonly number[],
  { last, data, top }: Pick<Ends, 'last' | 'data' | 'top'>,
): Markish[] {
  const { fontSize } = frame.theme;
  const color = (usd: number) => (usd <= last.usd ? COLORS.red : COLORS.amber);
  const isEarly = shareOfMonth(data, last.date) < 0.3;
  return [
    ruleY(thresholds, { stroke: color, strokeWidth: 1.5, strokeDasharray: '2 3' }),
    text(named(thresholds, (top * 1.3 * fontSize) / (HEIGHT - 42)), {
      // Where the line has not come to yet.
      frameAnchor: isEarly ? 'right' : 'left',
      textAnchor: isEarly ? 'end' : 'start',
      y: (usd: number) => usd,
      text: (usd: number) => `${axisUsd(usd)}${usd <= last.usd ? ' crossed' : ''}`,
      dx: isEarly ? -6 : 6,
      dy: -(fontSize * 0.62),
      fontWeight: 'bold',
    }),
  ];
}

/** Thresholds with room for their names: from the highest down, each at least `least` below the one before. */
function named(thresholds: readonly number[], least: number): number[] {
  const chosen: number[] = [];
  for (const usd of thresholds.toReversed()) {
    if ((chosen.at(-1) ?? Number.POSITIVE_INFINITY) - usd >= least) {
      chosen.push(usd);
    }
  }
  return chosen;
}

function shareOfMonth({ month, zone }: SpendChartData, date: Date): number {
  const [start, end] = [month.start, month.end].map((at) => Number(wallDate(at, zone)));
  return (Number(date) - (start ?? 0)) / ((end ?? 1) - (start ?? 0));
}

interface Ends {
  readonly last: Point;
  readonly ahead: readonly BandPoint[];
  readonly data: SpendChartData;
  readonly top: number;
  readonly plotWidth: number;
}

/** What was spent, and what the forecast is, written where the lines end. */
function endMarks(frame: ChartFrame, ends: Ends): Markish[] {
  const { last, ahead, data, top } = ends;
  const end = ahead.at(-1);
  const spent = `${usdText(Math.round(last.usd * NANO_PER_USD))} spent`;
  const line = frame.theme.fontSize * 1.2;
  // A block of three lines hangs from its point; near the axis it stands on it.
  const lift = end !== undefined && end.usd < top * 0.2 ? -2 * line : -line * 0.5;
  const forecast =
    end === undefined || data.forecast === null
      ? []
      : [label(frame, end, forecastLines(data.forecast), lift)];
  return [
    dot([last], { x: 'date', y: 'usd', fill: COLORS.blue, r: 4 }),
    text([last], {
      x: 'date',
      y: 'usd',
      text: () => spent,
      fontWeight: 'bold',
      ...placeOfSpent(frame, ends, spent),
    }),
    ...forecast,
  ];
}

/**
 * The line comes from below left, so the label goes above left. Where there is no room or a threshold's name is in
 * the way it goes to the right, below the forecast.
 */
function placeOfSpent(frame: ChartFrame, { last, data, top, plotWidth }: Ends, spent: string) {
  const { fontSize } = frame.theme;
  const wide = (label: string) => textWidth(label) * 1.1 * fontSize;
  const share = shareOfMonth(data, last.date);
  const left = plotWidth * share - wide(spent);
  const height = (usd: number) => (usd / top) * (HEIGHT - 42);
  const isNear = data.thresholdsNano.some(
    (nano) => Math.abs(height(nano / NANO_PER_USD) - height(last.usd)) < 2.2 * fontSize,
  );
  if (left > (isNear && share >= 0.3 ? wide('$1,000 crossed') + 8 : 0)) {
    return { textAnchor: 'end', dx: 2, dy: -1.2 * fontSize } as const;
  }
  const isHigh = data.forecast !== null && height(last.usd) > 1.4 * fontSize;
  return { textAnchor: 'start', dx: 10, dy: (isHigh ? 0.9 : -0.5) * fontSize } as const;
}

/** `$1,670.13`, `expected`, `$1,512–$1,860`. */
function forecastLines({ nano, lowNano, highNano }: MonthForecast): string[] {
  const range = [lowNano, highNano].map((bound) => axisUsd(Math.round(bound / NANO_PER_USD)));
  return [usdText(nano), 'expected', range.join('–')];
}

/** Lines of text to the right of a point: the first in bold, the others small. */
function label(frame: ChartFrame, point: Point, lines: readonly string[], dy: number): Markish {
  const size = frame.theme.fontSize;
  return lines.map((line, index) =>
    text([point], {
      x: 'date',
      y: 'usd',
      text: () => line,
      textAnchor: 'start',
      dx: 9,
      dy: dy + index * size * 1.2,
      fontWeight: index === 0 ? 'bold' : 'normal',
      fontSize: index === 0 ? size : size - 1,
      fillOpacity: index === 0 ? 1 : MUTED,
    }),
  );
}

function altOf({ month, now, zone, spent, forecast, thresholdsNano }: SpendChartData): string {
  const last = spent.at(-1)?.nano ?? 0;
  const day = dayText(wallDate(now, zone));
  const crossed = thresholdsNano.filter((nano) => nano <= last).map(usdText);
  const open = thresholdsNano.filter((nano) => nano > last).map(usdText);
  const expected =
    forecast === null
      ? 'No forecast yet.'
      : `Forecast for the month: ${usdText(forecast.nano)}, 80 % band ${usdText(forecast.lowNano)} to ${usdText(forecast.highNano)}.`;
  const limits = [
    crossed.length > 0 ? `Crossed: ${crossed.join(', ')}.` : '',
    open.length > 0 ? `Not crossed: ${open.join(', ')}.` : '',
  ];
  return [`Spend in ${month.label} up to ${day}: ${usdText(last)}.`, expected, ...limits]
    .filter((sentence) => sentence !== '')
    .join(' ');
}
