import type { EndpointSettings } from '../../../src/core/endpoint.ts';
import { uuidv7 } from '../../../src/core/ids.ts';
import { createPriceBook } from '../../../src/core/price-book/price-book.ts';
import { provisionalCost } from '../../../src/core/provisional-cost.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import { createSettlement, type Settlement } from '../../../src/cost/settle.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import {
  CURRENT_ATTRIBUTION,
  CURRENT_STATE,
  CURRENT_TOTAL,
  currentCost,
  requestsWithCosts,
} from '../../../src/ledger/queries/request-costs.ts';
import { A100, closedRequest, SECOND } from './records.ts';

/** A Monday, 00:00 UTC: instants of these tests are seconds from here. */
export const MONDAY = Date.UTC(2026, 10, 16) * 1_000;

export interface Settling {
  /** Puts requests into the ledger with their provisional cost, as intake does. */
  add(...requests: readonly ClosedRequest[]): Promise<void>;
  readonly settlement: Settlement;
  /** Settles up to a number of seconds. */
  settleAt(second: number): ReturnType<Settlement['run']>;
  readonly clock: { now(): number; monotonic(): number };
  setNow(second: number): void;
}

export function settling(
  ledger: Ledger,
  endpoints: readonly EndpointSettings[] = [A100],
): Settling {
  const priceBook = createPriceBook();
  let now = MONDAY + 40 * 86_400 * SECOND;
  const clock = { now: () => now, monotonic: () => now };
  const settlement = createSettlement({ ledger, endpoints, priceBook, clock });
  const byName = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
  return {
    add: async (...requests) => {
      await importRequests(requests, {
        ledger,
        price: (closed) => provisionalCost(closed, byName.get(closed.endpoint) ?? A100, priceBook),
      });
    },
    settlement,
    settleAt: (second) => settlement.run({ until: MONDAY + Math.round(second * SECOND) }),
    clock,
    setNow: (second) => {
      now = MONDAY + second * SECOND;
    },
  };
}

let ids = 0;

/** A request in [`from`, `to`) seconds after `MONDAY`. */
export function requestAt(
  span: readonly [number, number],
  differences: Partial<ClosedRequest> = {},
): ClosedRequest {
  const startedAt = MONDAY + Math.round(span[0] * SECOND);
  ids += 1;
  const id = uuidv7(startedAt, ids.toString(16).padStart(16, '0'));
  return closedRequest(span, { startedAt, id, ...differences });
}

const FIGURES = ['gpu_us', 'exec_nano', 'overhead_nano', 'low_nano', 'high_nano'] as const;

/** Everything that settlement derives, without numbers that depend on the order of its runs. */
export async function derived(ledger: Ledger) {
  const { db } = ledger;
  const sessions = await db
    .selectFrom('container_sessions')
    .selectAll()
    .orderBy('started_at')
    .orderBy('busy_us')
    .orderBy('idle_us')
    .execute();
  const hours = await db
    .selectFrom('spend_hours')
    .selectAll()
    .orderBy('hour')
    .orderBy('endpoint_id')
    .execute();
  const costs = await db
    .selectFrom('cost_hours')
    .selectAll()
    .where('requests', '>', 0)
    .orderBy('hour')
    .orderBy('endpoint_id')
    .orderBy('operation_id')
    .orderBy('failed')
    .execute();
  const requests = await requestsWithCosts(db)
    .select(['uid', 'costs.exec_us', CURRENT_ATTRIBUTION.as('attribution')])
    .select([CURRENT_STATE.as('cost_state'), CURRENT_TOTAL.as('total_nano')])
    .select(FIGURES.map((name) => currentCost(name).as(name)))
    .orderBy('started_at')
    .orderBy('uid')
    .execute();
  return { sessions: sessions.map(({ id: _, ...session }) => session), hours, costs, requests };
}
