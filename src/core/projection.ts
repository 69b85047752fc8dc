import type { ProjectionSettings } from './alert-settings.ts';
import type { NanoUsd } from './units.ts';

/** Monthly cost as a function of requests a month: points, ascending, with straight lines between. */
export type CostCurve = readonly { readonly requests: number; readonly nano: NanoUsd }[];

export interface Projection {
  /** Measured volume: requests of the last 30 days. */
  readonly requests: number;
  readonly rows: readonly ProjectionRow[];
  /** Smallest volume from which the multi-cloud costs no more than Modal as measured; `null`: none. */
  readonly breakEvenRequests: number | null;
  /** The same against the report's cost per request. */
  readonly linearBreakEvenRequests: number | null;
  readonly oneTimeNano: NanoUsd;
  /** At today's volume; negative: the migration costs more each month. */
  readonly monthlySavingNano: NanoUsd;
  /** One-time effort ÷ monthly saving; `null`: never. */
  readonly paybackMonths: number | null;
  readonly sensitivity: readonly SensitivityRow[];
}

export interface ProjectionRow {
  readonly requests: number;
  /** Modal by its measured curve, `null` when nothing was measured. */
  readonly modalNano: NanoUsd | null;
  readonly modalLinearNano: NanoUsd;
  readonly multiCloudNano: NanoUsd;
}

export interface SensitivityRow {
  readonly volumeFactor: number;
  /** Factor on Modal's prices. */
  readonly priceFactor: number;
  readonly modalNano: NanoUsd;
  readonly multiCloudNano: NanoUsd;
  readonly paybackMonths: number | null;
}

/** The report's three scenarios. */
export const SCENARIO_VOLUMES = [10_000, 100_000, 1_000_000] as const;
const FACTORS = [0.5, 1, 1.5] as const;

/** What staying and leaving cost, from `measured` (`null`: use the report's cost per request) and the configuration. */
export function project(
  requests: number,
  measured: CostCurve | null,
  settings: ProjectionSettings,
): Projection {
  const linear = linearCurve(settings.linearPerRequestNano);
  const modal = measured ?? linear;
  const multi = multiCloudCurve(settings);
  const oneTimeNano =
    Math.round(settings.migrationHours * settings.hourlyNano) + settings.delayCostNano;
  const saving = (volume: number, price: number) =>
    Math.round(costAt(modal, volume) * price) - costAt(multi, volume);
  const monthlySavingNano = saving(requests, 1);
  return {
    requests,
    rows: [requests, ...SCENARIO_VOLUMES].map((volume) => ({
      requests: volume,
      modalNano: measured === null ? null : costAt(measured, volume),
      modalLinearNano: costAt(linear, volume),
      multiCloudNano: costAt(multi, volume),
    })),
    breakEvenRequests: breakEven(modal, multi),
    linearBreakEvenRequests: breakEven(linear, multi),
    oneTimeNano,
    monthlySavingNano,
    paybackMonths: paybackMonths(oneTimeNano, monthlySavingNano),
    sensitivity: FACTORS.flatMap((volumeFactor) =>
      FACTORS.map((priceFactor) => {
        const volume = Math.round(requests * volumeFactor);
        return {
          volumeFactor,
          priceFactor,
          modalNano: Math.round(costAt(modal, volume) * priceFactor),
          multiCloudNano: costAt(multi, volume),
          paybackMonths: paybackMonths(oneTimeNano, saving(volume, priceFactor)),
        };
      }),
    ),
  };
}

/** The same cost for every request. */
export function linearCurve(perRequestNano: NanoUsd): CostCurve {
  return [
    { requests: 0, nano: 0 },
    { requests: 1_000_000, nano: perRequestNano * 1_000_000 },
  ];
}

/** Fixed parts, plus usage that starts at nothing and follows the configured points. */
export function multiCloudCurve(settings: ProjectionSettings): CostCurve {
  const fixed = settings.fixed.reduce((sum, part) => sum + part.nano, 0);
  return [{ requests: 0, nano: 0 }, ...settings.usage].map(({ requests, nano }) => ({
    requests,
    nano: fixed + nano,
  }));
}

/** Cost at a volume; beyond the last point its last line goes on, before the first point it is the first's. */
export function costAt(curve: CostCurve, requests: number): NanoUsd {
  return Math.round(exactCostAt(curve, requests));
}

function exactCostAt(curve: CostCurve, requests: number): number {
  const last = curve.length - 1;
  const found = curve.findIndex((point) => point.requests >= requests);
  const index = found === -1 ? last : found;
  const right = curve[index];
  const left = curve[index - 1];
  if (right === undefined) return 0;
  if (left === undefined) return right.nano;
  const slope = (right.nano - left.nano) / (right.requests - left.requests);
  return left.nano + slope * (requests - left.requests);
}

/**
 * Smallest whole volume above 0 at which `alternative` costs no more than `current`. Both are straight between
 * the points of either, so one look at each piece is enough.
 */
export function breakEven(current: CostCurve, alternative: CostCurve): number | null {
  const corners = [...new Set([...current, ...alternative].map((point) => point.requests))]
    .filter((requests) => requests >= 0)
    .sort((a, b) => a - b);
  const last = corners.at(-1) ?? 0;
  // The last piece has no end; a thousandfold of it is as good as none.
  corners.push(Math.max(last, 1) * 1_000);
  const gap = (requests: number) =>
    exactCostAt(alternative, requests) - exactCostAt(current, requests);
  let left = Math.max(1, corners[0] ?? 1);
  if (gap(left) <= 0) return left;
  for (const right of corners) {
    if (right <= left) continue;
    if (gap(right) <= 0) {
      return Math.ceil(left + (gap(left) / (gap(left) - gap(right))) * (right - left));
    }
    left = right;
  }
  return null;
}

function paybackMonths(oneTimeNano: NanoUsd, monthlySavingNano: NanoUsd): number | null {
  return monthlySavingNano > 0 ? oneTimeNano / monthlySavingNano : null;
}
