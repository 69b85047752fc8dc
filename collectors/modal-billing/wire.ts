import { z } from 'zod';
import type { BillingRow } from '../../src/core/billing-row.ts';
import { type Micros, type NanoUsd, parseUsd } from '../../src/core/units.ts';
import { CollectorError } from '../collector-error.ts';

const amounts = z.record(z.string(), z.string());

/** `WorkspaceBillingReportItem` as the generated client gives it. */
const reportItem = z.object({
  objectId: z.string(),
  description: z.string(),
  environmentName: z.string(),
  interval: z.date(),
  cost: z.string(),
  tags: amounts,
  costByResource: amounts,
});

/**
 * The rows of one item of the report: one per resource, or a single one when it is not split. They sum
 * exactly to the item's cost: what the split leaves over gets a row of its own, or, below a nano-dollar a
 * resource, goes to the largest.
 * @throws CollectorError `bad_data`.
 */
export function rowsOfItem(message: unknown, intervalUs: Micros): BillingRow[] {
  const parsed = reportItem.safeParse(message);
  if (!parsed.success) {
    throw unreadable(z.prettifyError(parsed.error));
  }
  const item = parsed.data;
  const common = {
    objectId: item.objectId,
    description: item.description,
    environment: item.environmentName,
    intervalStart: item.interval.getTime() * 1_000,
    intervalUs,
    tags: item.tags,
  };
  const total = amountOf(item.cost);
  const shares = Object.entries(item.costByResource).map(
    ([resource, cost]) => [resource, amountOf(cost)] as const,
  );
  return balanced(shares, total).map(([resource, costNano]) => ({ ...common, resource, costNano }));
}

type Share = readonly [resource: string | null, costNano: NanoUsd];

/** Name of the row that holds what Modal's split leaves over. */
const UNSPLIT_RESOURCE = 'Other';

function balanced(shares: readonly Share[], total: NanoUsd): readonly Share[] {
  if (shares.length === 0) {
    return [[null, total]];
  }
  const rest = total - shares.reduce((sum, [, cost]) => sum + cost, 0);
  if (Math.abs(rest) > shares.length) {
    return [...shares, [UNSPLIT_RESOURCE, rest]];
  }
  const largest = shares.reduce((best, share) => (share[1] > best[1] ? share : best));
  return shares.map((share) => (share === largest ? [share[0], share[1] + rest] : share));
}

function amountOf(text: string): NanoUsd {
  try {
    return parseUsd(text);
  } catch (error) {
    throw unreadable(`cost ${JSON.stringify(text)} is not a decimal amount`, error);
  }
}

function unreadable(why: string, cause?: unknown): CollectorError {
  return new CollectorError(
    'bad_data',
    `a row of Modal's billing report cannot be read, so none of this window was used: ${why}`,
    { cause },
  );
}
