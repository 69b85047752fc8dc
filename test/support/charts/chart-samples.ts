import type { LatencyChartData } from '../../../dashboards/charts/latency-chart.ts';
import type { MoneyChartData } from '../../../dashboards/charts/money-chart.ts';
import type { ProjectionChartData } from '../../../dashboards/charts/projection-chart.ts';
import type { RequestsChartData } from '../../../dashboards/charts/requests-chart.ts';
import type { TriggerRow } from '../../../dashboards/charts/trigger-chart.ts';
import { MICROS_PER_DAY, NANO_PER_USD } from '../../../src/core/units.ts';
import { daysBetween } from '../../../src/core/zoned-time.ts';

const START = Date.parse('2026-10-28T00:00:00Z') * 1_000;

/** A wave from 0 to 1 with a weekly rhythm, the same at every run. */
function wave(index: number): number {
  return (0.6 + 0.3 * Math.sin(index / 5)) * (index % 7 > 4 ? 0.4 : 1);
}

export function requestsSample(count: number, zone = 'UTC'): RequestsChartData {
  const days = daysBetween(START, START + count * MICROS_PER_DAY - 1, zone);
  return {
    zone,
    days: days.map((day, index) => ({
      day,
      succeeded: Math.round(4_200 * wave(index)),
      failed: index % 6 === 2 ? Math.round(900 * wave(index)) : 20,
    })),
  };
}

export function latencySample(
  count: number,
  objectiveUs: number | null = 30_000_000,
): LatencyChartData {
  const points = Array.from({ length: count }, (_, index) => {
    const empty = index % 11 === 7 || index % 11 === 9;
    return {
      at: START + index * MICROS_PER_DAY,
      p50Us: empty ? null : Math.round(16_000_000 * (0.8 + wave(index) / 2)),
      p95Us: empty ? null : Math.round(38_000_000 * (0.7 + wave(index) / 2)),
    };
  });
  return { zone: 'UTC', points, objectiveUs };
}

const usd = (dollars: number) => Math.round(dollars * NANO_PER_USD);

export function moneySample(): MoneyChartData {
  return {
    rows: [
      {
        label: 'generate',
        parts: {
          busy: usd(214.2),
          cold: usd(61),
          idle: usd(388.4),
          failed: usd(22),
          unexplained: usd(9),
        },
      },
      {
        label: 'qwen-80b-generate',
        parts: { busy: usd(96), cold: usd(33), idle: usd(120), standing: usd(88) },
      },
      { label: 'shared-kimi', parts: { tokens: usd(14.5) } },
    ],
  };
}

export function triggerSample(): TriggerRow[] {
  const row = (
    title: string,
    state: TriggerRow['state'],
    rest: Omit<TriggerRow, 'title' | 'state'>,
  ) => ({
    title,
    state,
    ...rest,
  });
  return [
    row('Scale', 'approaching', { value: 86_400, threshold: 100_000, unit: 'requests' }),
    row('Egress', 'not_met', { value: usd(41.2), threshold: usd(500), unit: 'nano_usd' }),
    row('Latency', 'insufficient_data', { value: null, threshold: null, unit: 'us' }),
    row('Compliance', 'not_met', { value: 0, threshold: 0, unit: 'count' }),
    row('Cost', 'met', { value: usd(2_412.5), threshold: usd(2_000), unit: 'nano_usd' }),
  ];
}

export function projectionSample(): ProjectionChartData {
  const curve = (points: readonly (readonly [number, number])[]) =>
    points.map(([requests, dollars]) => ({ requests, nano: usd(dollars) }));
  return {
    modal: curve([
      [1_000, 58],
      [10_000, 190],
      [57_000, 640],
      [100_000, 980],
      [300_000, 2_600],
      [1_000_000, 7_900],
    ]),
    multiCloud: curve([
      [1_000, 145],
      [10_000, 190],
      [100_000, 540],
      [1_000_000, 3_140],
    ]),
    modalLinear: curve([
      [1_000, 6.5],
      [1_000_000, 6_500],
    ]),
    projection: { requests: 86_400, breakEvenRequests: 10_000 },
  };
}
