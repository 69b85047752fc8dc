import { z } from 'zod';
import { windowOfLabel, type ZonedWindow } from '../../core/zoned-time.ts';
import { COST_DIMENSIONS } from '../../ledger/queries/cost.ts';
import { type CostBreakdown, type PeriodSpend, spendView } from '../../status/spend-view.ts';
import { problem } from '../problem.ts';
import { type Route, route } from '../route.ts';

export interface SpendSource {
  readonly zone: string;
  readonly thisMonth: () => ZonedWindow;
  readonly read: (window: ZonedWindow, breakdown: CostBreakdown | null) => Promise<PeriodSpend>;
}

/** The same object as `tripmeter spend --json`. */
export function spendRoutes(source: SpendSource): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/spend',
      summary: 'Dollars of a period by line and endpoint, and what requests cost by `by`.',
      query: z.strictObject({
        month: z.string().optional().describe('2026-11, 2026-W47, 2026-11-24 or 2026-Q4.'),
        by: z.enum(COST_DIMENSIONS).optional(),
        limit: z.coerce.number().int().min(1).max(1_000).default(100),
      }),
      response: z.looseObject({
        month: z.string(),
        usd: z.string(),
        lines: z.record(z.string(), z.string()),
        endpoints: z.array(z.looseObject({})),
        breakdown: z.array(z.looseObject({})).optional(),
      }),
      handle: async ({ month, by, limit }) => {
        const window = windowOf(source, month);
        if ('detail' in window) return problem(400, window.detail);
        const breakdown = by === undefined ? null : { by, limit };
        return { json: spendView(await source.read(window, breakdown)) };
      },
    }),
  ];
}

function windowOf(
  { zone, thisMonth }: SpendSource,
  label: string | undefined,
): ZonedWindow | { readonly detail: string } {
  if (label === undefined) return thisMonth();
  try {
    return windowOfLabel(label, zone);
  } catch (error) {
    return { detail: `month ${error instanceof Error ? error.message : String(error)}` };
  }
}
