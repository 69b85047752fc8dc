import type { EpochMicros } from '../core/units.ts';
import type { LedgerTransaction } from '../ledger/prepared-query.ts';
import {
  PAGE_ROWS,
  type RowPlace,
  type SettlementRow,
  settlementRows,
} from '../ledger/queries/settlement-rows.ts';

export interface SettlementPage {
  readonly rows: readonly SettlementRow[];
  /** Start of what comes next: every request that started before it has been given. `null`: the end. */
  readonly next: EpochMicros | null;
}

/** The requests of `[from, to)` by start, page by page. */
export async function* settlementPages(
  db: LedgerTransaction,
  window: {
    readonly from: EpochMicros;
    readonly to: EpochMicros;
    readonly endpoints: readonly number[];
  },
): AsyncGenerator<SettlementPage> {
  const { to, endpoints } = window;
  let after: RowPlace = { startedAt: window.from, uid: '' };
  for (;;) {
    const page = wholeInstants(await settlementRows(db, { after, to, endpoints }));
    const last = page.rows.at(-1);
    if (last === undefined) return;
    yield page;
    after = { startedAt: last.started_at, uid: last.uid };
  }
}

/**
 * The rows of a page without its last instant, which the next page has whole: `next` is that instant. A
 * page that is not full, or has one instant only, is taken as it is.
 */
function wholeInstants(page: readonly SettlementRow[]): SettlementPage {
  const last = page.at(-1)?.started_at;
  const first = page[0]?.started_at;
  if (page.length < PAGE_ROWS || last === undefined || last === first) {
    return { rows: page, next: null };
  }
  return {
    rows: page.slice(
      0,
      page.findIndex((row) => row.started_at === last),
    ),
    next: last,
  };
}
