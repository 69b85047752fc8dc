import { isoInstant } from '../core/measure-text.ts';
import type { SpendLines } from '../core/period-facts.ts';
import { MICROS_PER_SECOND, type NanoUsd, usdString } from '../core/units.ts';
import type { ZonedWindow } from '../core/zoned-time.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import {
  type CostDimension,
  costBy,
  costOfRequests,
  type RequestCosts,
} from '../ledger/queries/cost.ts';
import {
  type SettledSpend,
  type Spend,
  spendByEndpoint,
  spendOf,
} from '../ledger/queries/spend.ts';

export type EndpointSpend = SettledSpend & { readonly endpoint: string | null };
export type NamedCosts = RequestCosts & { readonly name: string | null };

/** What requests are added up by, the dearest so many. */
export interface CostBreakdown {
  readonly by: CostDimension;
  readonly limit: number;
}

/** A period's spend, and, when asked for, what its requests cost by endpoint, operation, client or group. */
export interface PeriodSpend {
  readonly window: ZonedWindow;
  readonly zone: string;
  readonly spend: Spend;
  readonly endpoints: readonly EndpointSpend[];
  readonly costs: {
    readonly by: CostDimension;
    readonly total: RequestCosts;
    readonly rows: readonly NamedCosts[];
  } | null;
}

export async function readSpend(
  { db }: Ledger,
  given: {
    readonly window: ZonedWindow;
    readonly zone: string;
    readonly breakdown: CostBreakdown | null;
  },
): Promise<PeriodSpend> {
  const { window, zone, breakdown } = given;
  const period = { from: window.start, to: window.end };
  return {
    ...{ window, zone },
    spend: await spendOf(db, period),
    endpoints: await spendByEndpoint(db, period),
    costs:
      breakdown === null
        ? null
        : {
            by: breakdown.by,
            total: await costOfRequests(db, period),
            rows: (await costBy(db, breakdown.by, period)).slice(0, breakdown.limit),
          },
  };
}

/** The lines of a spend, in the order in which they are shown, with what each is. */
export const SPEND_LINES: readonly {
  readonly key: keyof SpendLines;
  readonly name: string;
  readonly meaning: string;
}[] = [
  { key: 'busyNano', name: 'busy', meaning: 'requests that succeeded' },
  { key: 'failedNano', name: 'failed', meaning: 'requests that failed' },
  { key: 'coldNano', name: 'cold', meaning: 'cold starts' },
  { key: 'idleNano', name: 'idle', meaning: 'containers waiting for requests' },
  { key: 'standingNano', name: 'standing', meaning: 'minContainers kept warm' },
  { key: 'tokensNano', name: 'tokens', meaning: 'endpoints billed by tokens' },
  { key: 'residualNano', name: 'residual', meaning: 'billed beyond the model' },
];

/** `tripmeter spend --json` and `/api/v1/spend`: amounts are decimal strings of dollars. */
export function spendView({ window, zone, spend, endpoints, costs }: PeriodSpend) {
  return {
    month: window.label,
    timezone: zone,
    from: isoInstant(window.start),
    to: isoInstant(window.end),
    usd: usdString(spend.totalNano),
    provisionalUsd: usdString(spend.provisionalNano),
    ...settledView(spend),
    endpoints: endpoints.map((each) => ({
      endpoint: each.endpoint,
      usd: usdString(each.effectiveNano),
      ...settledView(each),
    })),
    ...(costs === null
      ? {}
      : {
          by: costs.by,
          requestCosts: costView(costs.total),
          breakdown: costs.rows.map((row) => ({ name: row.name, ...costView(row) })),
        }),
  };
}

export function linesView(lines: SpendLines): Record<string, string> {
  return Object.fromEntries(
    SPEND_LINES.map(({ key, name }) => [`${name}Usd`, usdString(lines[key])]),
  );
}

function settledView(spend: SettledSpend) {
  return {
    effectiveUsd: usdString(spend.effectiveNano),
    modelledUsd: usdString(spend.modelledNano),
    billedUsd: usdOrNull(spend.billedNano),
    lowUsd: usdString(spend.lowNano),
    highUsd: usdString(spend.highNano),
    lines: linesView(spend.lines),
    gpuSeconds: spend.gpuUs / MICROS_PER_SECOND,
    unpriced: spend.unpriced,
  };
}

/** What requests cost that started in the period. Idle time of standing containers is not theirs. */
function costView(costs: RequestCosts) {
  const { requests, successes, provisional, unpriced } = costs;
  return {
    ...{ requests, successes, provisional, unpriced },
    usd: usdString(costs.totalNano),
    execUsd: usdString(costs.execNano),
    overheadUsd: usdString(costs.overheadNano),
    tokensUsd: usdString(costs.tokensNano),
    failedUsd: usdString(costs.failedNano),
    perRequestUsd: requests === 0 ? null : usdString(Math.round(costs.totalNano / requests)),
    perSuccessUsd: usdOrNull(costs.perSuccessNano),
    gpuSeconds: costs.gpuUs / MICROS_PER_SECOND,
  };
}

function usdOrNull(nano: NanoUsd | null): string | null {
  return nano === null ? null : usdString(nano);
}
