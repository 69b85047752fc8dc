import type { Notice } from '../src/core/notice.ts';
import { type EpochMicros, NANO_PER_USD } from '../src/core/units.ts';
import { figure } from '../src/core/verdict.ts';
import { monthWindow } from '../src/core/zoned-time.ts';

/** A notice that looks like a real one, for trying a channel. It is sent marked as a test. */
export function testNotice(now: EpochMicros, zone: string): Notice {
  const month = monthWindow(now, zone);
  const value = 512.5 * NANO_PER_USD;
  return {
    rule: 'budget.crossed',
    period: month.label,
    subject: '500',
    kind: 'crossed',
    severity: 'info',
    at: now,
    changed: 'Nothing: somebody tries this channel.',
    covers: [],
    expiresAt: null,
    verdict: {
      rule: 'budget.crossed',
      period: month.label,
      subject: '500',
      title: 'Monthly spend $500.00',
      headline: `spend of ${month.label} crossed $500.00: now $512.50`,
      state: 'met',
      value,
      threshold: 500 * NANO_PER_USD,
      unit: 'nano_usd',
      window: month,
      zone,
      since: now,
      until: null,
      reason: 'These figures are made up.',
      evidence: [figure('Spend of the month', value, 'nano_usd')],
      nextStep: 'Nothing to do.',
    },
  };
}
