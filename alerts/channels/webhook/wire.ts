import { isoInstant } from '../../../src/core/measure-text.ts';
import type { OutgoingNotice } from '../../../src/ports/channel.ts';
import type { Message } from '../../message.ts';

/** Body of a webhook: type, time and data as Standard Webhooks recommends. Money in nano-dollars. */
export function webhookBody({ notice, link, test }: OutgoingNotice, message: Message) {
  const { verdict } = notice;
  return {
    type: `tripmeter.${test ? 'test' : `${notice.rule}.${notice.kind}`}`,
    timestamp: isoInstant(notice.at),
    data: {
      title: message.title,
      rule: notice.rule,
      kind: notice.kind,
      period: notice.period,
      subject: notice.subject,
      severity: notice.severity,
      state: verdict.state,
      value: verdict.value,
      threshold: verdict.threshold,
      unit: verdict.unit,
      window: {
        label: verdict.window.label,
        start: isoInstant(verdict.window.start),
        end: isoInstant(verdict.window.end),
        zone: verdict.zone,
      },
      reason: verdict.reason,
      changed: notice.changed,
      covers: notice.covers,
      evidence: verdict.evidence,
      nextStep: verdict.nextStep,
      link,
      test,
    },
  };
}
