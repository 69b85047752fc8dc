import { z } from 'zod';
import { escapeHtml } from '../../../alerts/escape-html.ts';
import { messageOf } from '../../../alerts/message.ts';
import { instantText, measureText } from '../../core/measure-text.ts';
import { MICROS_PER_DAY } from '../../core/units.ts';
import type { Evidence } from '../../core/verdict.ts';
import { wallClockText } from '../../core/zoned-time.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { findNotice, type ListedNotice, listNotices } from '../../ledger/queries/alerts.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Route, type RouteReply, route } from '../route.ts';

export interface NoticePageParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly zone: string;
}

/** The pages that a notice's link opens: plain HTML, no script. */
export function noticePages({ ledger: { db }, clock, zone }: NoticePageParts): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/notices',
      summary: 'Notices of the last 90 days, as a page.',
      query: z.strictObject({}),
      response: z.string(),
      handle: async () => {
        const from = clock.now() - 90 * MICROS_PER_DAY;
        return page('Notices', listHtml(await listNotices(db, { from, limit: 200 }), zone));
      },
    }),
    route({
      method: 'GET',
      path: '/notices/:key',
      summary: 'One notice with its evidence and its deliveries, as a page.',
      query: z.strictObject({}),
      response: z.string(),
      handle: async (_query, { params }) => {
        const found = await findNotice(db, params.key ?? '');
        if (found !== null) return page(found.notice.verdict.title, noticeHtml(found));
        return page('No such notice', '<p><a href="/notices">All notices</a></p>', 404);
      },
    }),
  ];
}

const STYLE =
  ':root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}' +
  'table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .9rem .25rem 0;text-align:left;vertical-align:top}' +
  'th{font-weight:600}td:first-child{color:gray;white-space:nowrap}';

function page(title: string, body: string, status = 200): RouteReply {
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)} · tripmeter</title>`;
  return {
    status,
    contentType: 'text/html; charset=utf-8',
    body: `<!doctype html><html lang="en"><head>${head}<style>${STYLE}</style></head><body>${body}</body></html>`,
  };
}

function listHtml(notices: readonly ListedNotice[], zone: string): string {
  if (notices.length === 0) return '<h1>Notices</h1><p>Nothing was told in the last 90 days.</p>';
  const rows = notices.map(({ key, notice, deliveries, acknowledgedBy }) => [
    escapeHtml(wallClockText(notice.at, zone)),
    notice.severity,
    `<a href="/notices/${encodeURIComponent(key)}">${escapeHtml(notice.verdict.headline)}</a>`,
    escapeHtml(deliveries.map(({ channel, status }) => `${channel} ${status}`).join(', ')),
    escapeHtml(acknowledgedBy ?? ''),
  ]);
  const titles = [`At (${escapeHtml(zone)})`, 'Severity', 'What', 'Delivery', 'Seen by'];
  return `<h1>Notices</h1>${table(rows, titles)}`;
}

function noticeHtml({ key, notice, deliveries, acknowledgedBy }: ListedNotice): string {
  const message = messageOf({ id: key, notice, link: '', test: false });
  const { zone } = notice.verdict;
  const ways = deliveries.map((each) => [
    escapeHtml(each.channel),
    each.status,
    `${each.attempts} attempt(s)`,
    each.deliveredAt === null ? '' : escapeHtml(instantText(each.deliveredAt, zone)),
    escapeHtml(each.lastError ?? ''),
  ]);
  const seen =
    acknowledgedBy === null
      ? `Not seen by anybody yet: <code>tripmeter alerts ack ${escapeHtml(key)}</code>`
      : `Seen by ${escapeHtml(acknowledgedBy)}.`;
  return (
    `<h1>${escapeHtml(message.title)}</h1>` +
    table(message.lines.map(({ name, text }) => [escapeHtml(name), escapeHtml(text)])) +
    notice.verdict.evidence.map((each) => seriesHtml(each, zone)).join('') +
    `<h2>Deliveries</h2>${ways.length === 0 ? '<p>No channel takes this severity.</p>' : table(ways)}` +
    `<p>${seen}</p><p><a href="/notices">All notices</a> · <a href="/api/v1/status">Status</a></p>`
  );
}

/** A series as a table: the numbers behind the verdict, day by day. */
function seriesHtml(evidence: Evidence, zone: string): string {
  if (evidence.kind !== 'series' || evidence.points.length === 0) return '';
  const rows = evidence.points.map(({ at, value }) => [
    escapeHtml(wallClockText(at, zone)),
    escapeHtml(measureText(value, evidence.unit)),
  ]);
  return `<h2>${escapeHtml(evidence.name)}</h2>${table(rows)}`;
}

function table(rows: readonly (readonly string[])[], titles: readonly string[] = []): string {
  const head = titles.map((title) => `<th>${title}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`);
  return `<table>${head === '' ? '' : `<tr>${head}</tr>`}${body.join('')}</table>`;
}
