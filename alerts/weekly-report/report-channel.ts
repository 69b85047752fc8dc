import type { Notice } from '../../src/core/notice.ts';
import { type EpochMicros, MICROS_PER_DAY } from '../../src/core/units.ts';
import { textEvidence } from '../../src/core/verdict.ts';
import type { Channel, SendResult } from '../../src/ports/channel.ts';
import { recipientHash } from './recipient-hash.ts';
import type { Report } from './report.ts';
import { subjectOf } from './report-heading.ts';

/** A report is worth reading until the next one is due. */
const DEAD_AFTER_US = 7 * MICROS_PER_DAY;

export interface ReportChannelSettings {
  readonly to: string;
  /** The report of a period as it was kept. */
  readonly read: (period: string) => Promise<Report>;
  /** Sends once. Never rejects. */
  readonly send: (report: Report, to: string) => Promise<SendResult>;
}

/**
 * Delivers reports to one recipient. One channel each, so that the outbox holds one delivery for each period and
 * recipient, and whoever got it gets it no second time.
 */
export function reportChannel({ to, read, send }: ReportChannelSettings): Channel {
  return {
    name: reportChannelName(to),
    deadAfterUs: DEAD_AFTER_US,
    send: async ({ notice }) => {
      try {
        return await send(await read(notice.period), to);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return { ok: false, retryable: true, error: message, retryAfterUs: null };
      }
    },
  };
}

/** No address: names of channels are shown and logged. */
export function reportChannelName(to: string): string {
  return `report-${recipientHash(to)}`;
}

/** What the outbox holds of a report: its period is its key. */
export function reportNotice(report: Report, now: EpochMicros): Notice {
  const { kind, period, zone, verdict, late } = report;
  const rule = `report.${kind}`;
  return {
    rule,
    period: period.label,
    subject: '',
    kind: 'report',
    severity: 'info',
    at: now,
    changed: late ? 'Sent late: the service was down when it was due.' : '',
    covers: [],
    expiresAt: null,
    verdict: {
      rule,
      period: period.label,
      subject: '',
      title: kind === 'weekly' ? 'Weekly report' : 'Quarterly checkpoint',
      headline: subjectOf(report),
      state: 'met',
      value: verdict.triggersMet,
      threshold: verdict.triggers,
      unit: 'count',
      window: period,
      zone,
      since: null,
      until: null,
      reason: verdict.line,
      evidence: verdict.why.map((reason, index) => textEvidence(`Why ${index + 1}`, reason)),
      nextStep: `Read it: tripmeter report --${kind === 'weekly' ? 'week' : 'quarter'} ${period.label}`,
    },
  };
}
