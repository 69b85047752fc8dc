import { type AlertSettings, DAYS_30 } from '../../src/core/alert-settings.ts';
import { dayNumberOf } from '../../src/core/civil-date.ts';
import type { Facts } from '../../src/core/facts.ts';
import { grouped, instantText, measureText, usdText } from '../../src/core/measure-text.ts';
import type { Projection } from '../../src/core/projection.ts';
import { settlementBehind, spendFacts } from '../../src/core/spend-facts.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { instantOfLocal, localTimeOf } from '../../src/core/zone.ts';
import { egressCost } from '../triggers/egress.ts';
import type { Condition } from './decision.ts';

/** Report 8.1: all five must hold. */
export function goNoGo(
  facts: Facts,
  settings: AlertSettings,
  { scale, projection }: { readonly scale: Verdict; readonly projection: Projection },
): Condition[] {
  return [
    scaleCondition(scale),
    costCondition(facts, settings),
    dataCondition(facts, settings),
    roiCondition(settings, projection),
    capacityCondition(facts, settings),
  ];
}

function scaleCondition(scale: Verdict): Condition {
  const open = scale.state === 'insufficient_data' || scale.state === 'unknown';
  return {
    id: 'scale',
    title: 'More than 100k requests a month, sustained',
    met: open ? null : scale.state === 'met',
    reason: scale.reason,
  };
}

function costCondition(facts: Facts, { decision, triggers }: AlertSettings): Condition {
  const from = facts.now - DAYS_30;
  const egress = egressCost(facts, triggers.egress.tiers)(from, facts.now);
  const compute = spendFacts(facts).sum(from, facts.now);
  const behind = settlementBehind(facts);
  const limit = usdText(decision.monthlyNano);
  return {
    id: 'cost',
    title: `More than ${limit} a month of egress or compute`,
    met: egress > decision.monthlyNano || (behind === null ? compute > decision.monthlyNano : null),
    reason: `${behind === null ? '' : `${behind} `}Trailing 30 days: compute ${usdText(compute)}, egress ${usdText(egress)}; one must exceed ${limit}.`,
  };
}

function dataCondition(facts: Facts, { decision }: AlertSettings): Condition {
  const title = `More than ${decision.minMonths} months of production data`;
  const first = facts.firstRequestAt;
  if (first === null) return { id: 'data', title, met: false, reason: 'No request is on record.' };
  const firstDay = localTimeOf(first, facts.zone);
  const enoughFrom = instantOfLocal(
    { ...firstDay, month: firstDay.month + decision.minMonths },
    facts.zone,
  );
  const days = dayNumberOf(localTimeOf(facts.now, facts.zone)) - dayNumberOf(firstDay) + 1;
  const coverage = Math.min(1, facts.activeDays / days);
  return {
    id: 'data',
    title,
    met: facts.now > enoughFrom && coverage >= decision.minCoverage,
    reason:
      `The first request is from ${instantText(first, facts.zone)}; ${grouped(facts.activeDays)} of ${grouped(days)} ` +
      `days have data (${measureText(coverage, 'ratio')}, at least ${measureText(decision.minCoverage, 'ratio')} needed). ` +
      `Long enough from ${instantText(enoughFrom, facts.zone)}.`,
  };
}

function roiCondition({ decision }: AlertSettings, projection: Projection): Condition {
  const { paybackMonths: months, monthlySavingNano: saving } = projection;
  const oneTime = usdText(projection.oneTimeNano);
  return {
    id: 'roi',
    title: `The migration pays back within ${decision.maxPaybackMonths} months`,
    met: months !== null && months <= decision.maxPaybackMonths,
    reason:
      months === null
        ? `At ${grouped(projection.requests)} requests a month the multi-cloud costs ${usdText(-saving)} more each month.`
        : `${oneTime} once, ${usdText(saving)} saved each month: paid back in ${months.toFixed(1)} months.`,
  };
}

function capacityCondition(facts: Facts, { decision }: AlertSettings): Condition {
  const title = 'Engineering capacity is available';
  const { capacity } = decision;
  if (capacity === null) {
    return {
      id: 'capacity',
      title,
      met: false,
      reason: 'Nobody is declared in `decision.capacity`.',
    };
  }
  const until = instantText(capacity.until, facts.zone);
  return capacity.until > facts.now
    ? { id: 'capacity', title, met: true, reason: `${capacity.who}, until ${until}.` }
    : {
        id: 'capacity',
        title,
        met: false,
        reason: `The declaration of ${capacity.who} expired on ${until}.`,
      };
}
