import type { Facts } from '../../src/core/facts.ts';
import type { Notice } from '../../src/core/notice.ts';
import { MICROS_PER_DAY } from '../../src/core/units.ts';
import { textEvidence } from '../../src/core/verdict.ts';
import { windowOfLabel } from '../../src/core/zoned-time.ts';
import { type Checkpoint, changesBetween } from './checkpoint.ts';
import type { Decision } from './decision.ts';

const CHECKPOINT_RULE = 'decision.checkpoint';

/** What the quarterly checkpoint (report 8.2) tells: the decision, and what changed since the one before. */
export function checkpointNotice(
  facts: Facts,
  decision: Decision,
  { before, after }: { readonly before: Checkpoint | null; readonly after: Checkpoint },
): Notice {
  const held = decision.goNoGo.filter(({ met }) => met === true).length;
  const word = decision.recommendation.replaceAll('_', ' ');
  return {
    rule: CHECKPOINT_RULE,
    period: after.quarter,
    subject: '',
    kind: 'checkpoint',
    severity: 'info',
    at: facts.now,
    changed: changesBetween(before, after).join(' '),
    covers: [],
    expiresAt: facts.now + 30 * MICROS_PER_DAY,
    verdict: {
      rule: CHECKPOINT_RULE,
      period: after.quarter,
      subject: '',
      title: 'Quarterly checkpoint',
      headline: `${after.quarter}: ${word}, go/no-go ${held} of ${decision.goNoGo.length}`,
      state: 'met',
      value: held,
      threshold: decision.goNoGo.length,
      unit: 'count',
      window: windowOfLabel(after.quarter, facts.zone),
      zone: facts.zone,
      since: null,
      until: null,
      reason: decision.reasons.join(' '),
      evidence: [
        ...decision.goNoGo.map(({ title, reason }) => textEvidence(title, reason)),
        textEvidence('Maturity', `level ${decision.maturity.level}, ${decision.maturity.name}`),
      ],
      nextStep: 'Review the triggers and the projection with the team (report 8.2).',
    },
  };
}
