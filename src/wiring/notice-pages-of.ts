import { messageOf } from '../../alerts/message.ts';
import {
  type NoticePageFacts,
  type NoticeRow,
  noNoticePage,
  noticeListPage,
  noticePage,
} from '../../dashboards/web/notice-pages.ts';
import { instantText, measureText } from '../core/measure-text.ts';
import { MICROS_PER_DAY } from '../core/units.ts';
import type { Evidence } from '../core/verdict.ts';
import { wallClockText } from '../core/zoned-time.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { findNotice, type ListedNotice, listNotices } from '../ledger/queries/alerts.ts';
import type { Clock } from '../ports/clock.ts';

export interface NoticePages {
  list(): Promise<string>;
  /** `found`: whether there is such a notice; the page says so otherwise. */
  one(key: string): Promise<{ readonly page: string; readonly found: boolean }>;
}

const LISTED = { us: 90 * MICROS_PER_DAY, rows: 200 };

/** Notices as the ledger has them, in words. */
export function noticePagesOf(given: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly zone: string;
}): NoticePages {
  const { clock, zone } = given;
  const { db } = given.ledger;
  return {
    list: async () => {
      const from = clock.now() - LISTED.us;
      const notices = await listNotices(db, { from, limit: LISTED.rows });
      return noticeListPage(
        notices.map((notice) => rowOf(notice, zone)),
        zone,
      );
    },
    one: async (key) => {
      const notice = await findNotice(db, key);
      return notice === null
        ? { page: noNoticePage(), found: false }
        : { page: noticePage(factsOf(notice)), found: true };
    },
  };
}

function rowOf({ key, notice, deliveries, acknowledgedBy }: ListedNotice, zone: string): NoticeRow {
  return {
    key,
    at: wallClockText(notice.at, zone),
    severity: notice.severity,
    headline: notice.verdict.headline,
    deliveries: deliveries.map(({ channel, status }) => `${channel} ${status}`).join(', '),
    acknowledgedBy,
  };
}

function factsOf({ key, notice, deliveries, acknowledgedBy }: ListedNotice): NoticePageFacts {
  const message = messageOf({ id: key, notice, link: '', test: false });
  const { zone, evidence } = notice.verdict;
  return {
    key,
    title: message.title,
    lines: message.lines,
    series: evidence.flatMap((each) => seriesOf(each, zone)),
    deliveries: deliveries.map((each) => [
      each.channel,
      each.status,
      String(each.attempts),
      each.deliveredAt === null ? '' : instantText(each.deliveredAt, zone),
      each.lastError ?? '',
    ]),
    acknowledgedBy,
  };
}

function seriesOf(evidence: Evidence, zone: string): NoticePageFacts['series'] {
  if (evidence.kind !== 'series' || evidence.points.length === 0) return [];
  const { name, unit, points } = evidence;
  return [
    {
      name,
      points: points.map(({ at, value }) => [wallClockText(at, zone), measureText(value, unit)]),
    },
  ];
}
