import { overviewPage } from '../../dashboards/web/overview-page.ts';
import { spendPage } from '../../dashboards/web/spend-page.ts';
import type { WebPages } from '../api/routes/pages.ts';
import { monthWindow, windowOfLabel } from '../core/zoned-time.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import type { Clock } from '../ports/clock.ts';
import { readSpend, spendView } from '../status/spend-view.ts';
import type { Status } from '../status/status.ts';
import { noticePagesOf } from './notice-pages-of.ts';

const ROWS = 100;

/** The admin port's pages: what the API says, for people. */
export function webPagesOf(given: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly zone: string;
  readonly status: () => Promise<Status>;
}): WebPages {
  const { ledger, clock, zone, status } = given;
  const notices = noticePagesOf({ ledger, clock, zone });
  return {
    overview: async () => overviewPage(await status()),
    spend: async (month, by) => {
      const window = month === null ? monthWindow(clock.now(), zone) : windowOfLabel(month, zone);
      const breakdown = { by, limit: ROWS };
      return spendPage(spendView(await readSpend(ledger, { window, zone, breakdown })));
    },
    notices: () => notices.list(),
    notice: (key) => notices.one(key),
  };
}
