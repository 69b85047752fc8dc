import { type Html, html } from '../../src/core/html.ts';
import { webPage, webTable } from './page.ts';

export interface NoticeRow {
  readonly key: string;
  /** Wall clock, in words. */
  readonly at: string;
  readonly severity: string;
  readonly headline: string;
  readonly deliveries: string;
  readonly acknowledgedBy: string | null;
}

/** What was told of late, newest first. */
export function noticeListPage(rows: readonly NoticeRow[], zone: string): string {
  const body =
    rows.length === 0
      ? html`<p>Nothing was told in the last 90 days.</p>`
      : webTable(
          [`At (${zone})`, 'Severity', 'What', 'Delivery', 'Seen by'],
          rows.map((row) => [
            row.at,
            row.severity,
            html`<a href="/notices/${encodeURIComponent(row.key)}">${row.headline}</a>`,
            row.deliveries,
            row.acknowledgedBy ?? '',
          ]),
        );
  return webPage({ title: 'Notices', path: '/notices', body });
}

export interface NoticePageFacts {
  readonly key: string;
  readonly title: string;
  readonly lines: readonly { readonly name: string; readonly text: string }[];
  /** The numbers behind the verdict. */
  readonly series: readonly { readonly name: string; readonly points: readonly Cells[] }[];
  readonly deliveries: readonly Cells[];
  readonly acknowledgedBy: string | null;
}

type Cells = readonly string[];

/** What a notice's link opens: the notice with its evidence and its deliveries. */
export function noticePage(facts: NoticePageFacts): string {
  const { title, key, lines, series, deliveries, acknowledgedBy } = facts;
  const body: Html[] = [
    webTable(
      [],
      lines.map(({ name, text }) => [name, text]),
    ),
    ...series.flatMap((each) => [html`<h2>${each.name}</h2>`, webTable([], each.points)]),
    html`<h2>Deliveries</h2>`,
    deliveries.length === 0
      ? html`<p>No channel takes this severity.</p>`
      : webTable(['Channel', 'State', 'Attempts', 'Delivered', 'Last error'], deliveries),
    acknowledgedBy === null
      ? html`<p>Not seen by anybody yet: <code>tripmeter alerts ack ${key}</code></p>`
      : html`<p>Seen by ${acknowledgedBy}.</p>`,
  ];
  return webPage({ title, path: `/notices/${encodeURIComponent(key)}`, body });
}

export function noNoticePage(): string {
  const body = html`<p>Perhaps it is older than what is kept. <a href="/notices">Notices of the last 90 days</a></p>`;
  return webPage({ title: 'No such notice', path: '', body });
}
