import { reportView } from '../../alerts/weekly-report/report-view.ts';
import { reportListPage } from '../../dashboards/web/report-list-page.ts';
import type { ReportPages } from '../api/routes/reports.ts';
import { instantText, isoInstant } from '../core/measure-text.ts';
import type { Clock } from '../ports/clock.ts';
import type { Reports } from './reports-of.ts';

/** What the admin port shows of reports: the same value as the mail, dressed for browsers and scripts. */
export function reportPages(
  reports: Reports,
  { clock, zone }: { readonly clock: Clock; readonly zone: string },
): ReportPages {
  return {
    view: async (period) => reportView(await reports.read(period, clock.now())),
    page: async (period) => {
      // Charts and their library come with the first page that shows them.
      const { reportPage } = await import('../../alerts/weekly-report/report-page.ts');
      return reportPage(await reports.read(period, clock.now()));
    },
    list: async () =>
      (await reports.list(clock.now())).map(({ period, kind, sentAt }) => ({
        ...{ period, kind },
        sentAt: sentAt === null ? null : isoInstant(sentAt),
      })),
    listPage: async () =>
      reportListPage(
        (await reports.list(clock.now())).map(({ period, kind, sentAt }) => ({
          ...{ period, kind },
          sent: sentAt === null ? null : instantText(sentAt, zone),
        })),
      ),
  };
}
