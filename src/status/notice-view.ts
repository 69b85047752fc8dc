import { isoInstant } from '../core/measure-text.ts';
import type { ListedNotice } from '../ledger/queries/alerts.ts';

/** A notice as scripts read it, on the command line and in the API. */
export function noticeView({
  key,
  notice,
  deliveries,
  acknowledgedAt,
  acknowledgedBy,
}: ListedNotice) {
  return {
    key,
    at: isoInstant(notice.at),
    rule: notice.rule,
    period: notice.period,
    subject: notice.subject,
    kind: notice.kind,
    severity: notice.severity,
    headline: notice.verdict.headline,
    reason: notice.verdict.reason,
    covers: notice.covers,
    acknowledgedAt: orNull(acknowledgedAt),
    acknowledgedBy,
    deliveries: deliveries.map((each) => ({
      ...each,
      nextAt: orNull(each.nextAt),
      deliveredAt: orNull(each.deliveredAt),
    })),
  };
}

function orNull(at: number | null): string | null {
  return at === null ? null : isoInstant(at);
}
