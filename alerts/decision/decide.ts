import { type AlertSettings, DAYS_30 } from '../../src/core/alert-settings.ts';
import type { Facts } from '../../src/core/facts.ts';
import { hourSeries } from '../../src/core/hour-series.ts';
import { measureText } from '../../src/core/measure-text.ts';
import { type CostCurve, project } from '../../src/core/projection.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { repeatableShare } from '../triggers/egress.ts';
import { edgeShare } from '../triggers/latency.ts';
import { scale } from '../triggers/scale.ts';
import type { Condition, Decision, Recommendation } from './decision.ts';
import { goNoGo } from './go-no-go.ts';
import { maturityOf } from './maturity.ts';

/**
 * The decision, from every verdict of the same facts.
 * @param measured Modal's cost by volume, replayed from the record; `null` when there is too little.
 */
export function decide(
  facts: Facts,
  settings: AlertSettings,
  {
    verdicts,
    measured,
  }: { readonly verdicts: readonly Verdict[]; readonly measured: CostCurve | null },
): Decision {
  const requests = hourSeries(facts.hours, (hour) => hour.requests).sum(
    facts.now - DAYS_30,
    facts.now,
  );
  const projection = project(requests, measured, settings.decision.projection);
  const scaleVerdict =
    verdicts.find(({ rule }) => rule === scale.id) ??
    (scale.evaluate(facts, settings)[0] as Verdict);
  const conditions = goNoGo(facts, settings, { scale: scaleVerdict, projection });
  const triggers = verdicts.filter(({ rule, state }) => state === 'met' && isTrigger(rule));
  return {
    ...recommend(facts, settings, { verdicts, conditions, triggers }),
    goNoGo: conditions,
    maturity: maturityOf(requests),
    projection,
    triggersMet: triggers.length,
    verdicts,
  };
}

function isTrigger(rule: string): boolean {
  return rule.startsWith('trigger.');
}

/** An incident is none yet: it becomes one after hours. */
function isEmergency(rule: string): boolean {
  return rule.startsWith('emergency.') && rule !== 'emergency.incident';
}

interface Grounds {
  readonly verdicts: readonly Verdict[];
  readonly conditions: readonly Condition[];
  readonly triggers: readonly Verdict[];
}

function recommend(
  facts: Facts,
  settings: AlertSettings,
  { verdicts, conditions, triggers }: Grounds,
): { readonly recommendation: Recommendation; readonly reasons: readonly string[] } {
  const emergencies = verdicts.filter(({ rule, state }) => state === 'met' && isEmergency(rule));
  if (emergencies.length > 0) {
    return { recommendation: 'reassess_now', reasons: emergencies.map(({ reason }) => reason) };
  }
  const held = conditions.filter(({ met }) => met === true).length;
  const count = `Go/no-go: ${held} of ${conditions.length} conditions hold.`;
  const open = conditions.filter(({ met }) => met !== true);
  if (open.length === 0) {
    return {
      recommendation: 'migrate',
      reasons: [count, ...conditions.map(({ reason }) => reason)],
    };
  }
  const edge = edgeReasons(facts, settings, triggers);
  const missing = open.map(({ title, reason }) => `Missing: ${title}. ${reason}`);
  if (edge.length > 0) return { recommendation: 'add_edge', reasons: [...edge, count, ...missing] };
  const met = `${triggers.length} of ${verdicts.filter(({ rule }) => isTrigger(rule)).length} triggers are met.`;
  return { recommendation: 'stay', reasons: [met, count, ...missing] };
}

/** An edge is worth it only where a trigger asks for it and the record says that it would help. */
function edgeReasons(
  facts: Facts,
  { decision, triggers: limits }: AlertSettings,
  triggers: readonly Verdict[],
): string[] {
  const isMet = (id: string) => triggers.some(({ rule }) => rule === id);
  const reasons: string[] = [];
  const repeatable = repeatableShare(facts) ?? 0;
  if (isMet('trigger.egress') && repeatable >= decision.minRepeatableShare) {
    reasons.push(
      `Egress is expensive and ${measureText(repeatable, 'ratio')} of its bytes repeat within a day: a CDN would serve them.`,
    );
  }
  const shares = facts.latency
    .filter(({ objectiveUs }) => objectiveUs <= limits.latency.objectiveUs)
    .map((one) => edgeShare(one, decision.assumedEdgeSavingUs) ?? 0);
  const share = Math.max(0, ...shares);
  if (isMet('trigger.latency') && share >= decision.minEdgeShare) {
    reasons.push(
      `A latency objective is missed and ${measureText(share, 'ratio')} of the slow requests' time is edge and network.`,
    );
  }
  return reasons;
}
