import { html } from '../../src/core/html.ts';
import { webPage, webTable } from './page.ts';

export interface ReportListRow {
  readonly period: string;
  readonly kind: string;
  /** When it was sent, in words; `null`: not yet. */
  readonly sent: string | null;
}

/** Weeks and quarters, each a link to its report. */
export function reportListPage(rows: readonly ReportListRow[]): string {
  const body =
    rows.length === 0
      ? html`<p>Nothing is on record yet.</p>`
      : webTable(
          ['Period', 'Kind', 'Sent'],
          rows.map(({ period, kind, sent }) => [
            html`<a href="/reports/${encodeURIComponent(period)}">${period}</a>`,
            kind,
            sent ?? 'not sent',
          ]),
        );
  return webPage({ title: 'Reports', path: '/reports', body });
}
