import { DAYS_30, type EgressTier } from '../../src/core/alert-settings.ts';
import type { Facts } from '../../src/core/facts.ts';
import { type HourSeries, hourSeries } from '../../src/core/hour-series.ts';
import { bytesText, usdText } from '../../src/core/measure-text.ts';
import type { Rule } from '../../src/core/rule.ts';
import type { EpochMicros, NanoUsd } from '../../src/core/units.ts';
import { type Evidence, figure, textEvidence } from '../../src/core/verdict.ts';
import { trailingVerdict } from './trailing.ts';
import { TRIGGER_POLICY } from './trigger-policy.ts';

/** Report 4.4, trigger 2: ">$500/mo in data transfer (indicates caching ROI)". */
export const egress: Rule = {
  id: 'trigger.egress',
  title: 'Egress',
  policy: TRIGGER_POLICY,
  describe: ({ triggers }) =>
    `data transfer of the trailing 30 days costs more than ${usdText(triggers.egress.monthlyNano)}, on every one ` +
    `of the last ${triggers.egress.sustainDays} days`,
  evaluate: (facts, { triggers }) => {
    const cost = egressCost(facts, triggers.egress.tiers);
    return [
      trailingVerdict(facts, {
        rule: egress.id,
        title: egress.title,
        what: 'Data transfer to clients',
        unit: 'nano_usd',
        threshold: triggers.egress.monthlyNano,
        sustainDays: triggers.egress.sustainDays,
        valueOf: cost,
        evidence: egressEvidence(facts),
        nextStep:
          'If the repeatable share is high, put a CDN in front of Modal before you migrate.',
        collectors: [],
      }),
    ];
  },
};

/** Dollars of a window: Modal's own line where the bill has it, else bytes × tiers. */
export function egressCost(
  facts: Facts,
  tiers: readonly EgressTier[],
): (from: EpochMicros, to: EpochMicros) => NanoUsd {
  const billed: HourSeries = hourSeries(facts.hours, (hour) => hour.egressBilledNano ?? 0);
  const unbilled = hourSeries(facts.hours, (hour) =>
    hour.egressBilledNano === null ? hour.bytesOut : 0,
  );
  return (from, to) => billed.sum(from, to) + tieredCost(unbilled.sum(from, to), tiers);
}

/** Each tier's price holds for the bytes that fall into it. */
export function tieredCost(bytes: number, tiers: readonly EgressTier[]): NanoUsd {
  let from = 0;
  let nano = 0;
  for (const { upToBytes, nanoPerGb } of tiers) {
    const upTo = Math.min(bytes, upToBytes ?? bytes);
    if (upTo > from) nano += ((upTo - from) / 1e9) * nanoPerGb;
    from = Math.max(from, upTo);
  }
  return Math.round(nano);
}

/** Share of the bytes that a cache could have served, of those whose digest is known; `null`: none is. */
export function repeatableShare({
  egress: { digestedBytes, repeatableBytes },
}: Facts): number | null {
  return digestedBytes === 0 ? null : repeatableBytes / digestedBytes;
}

function egressEvidence(facts: Facts): Evidence[] {
  const listed = (rows: readonly { readonly name: string; readonly bytes: number }[]) =>
    rows.map(({ name, bytes }) => `${name} ${bytesText(bytes)}`).join(', ') || 'none';
  const byEndpoint = facts.endpoints.map(({ name, bytes30d }) => ({ name, bytes: bytes30d }));
  const bytes = hourSeries(facts.hours, (hour) => hour.bytesOut);
  return [
    figure('Response bytes', bytes.sum(facts.now - DAYS_30, facts.now), 'bytes'),
    figure('Repeatable share', repeatableShare(facts), 'ratio'),
    textEvidence('By endpoint', listed(byEndpoint)),
    textEvidence('By content type', listed(facts.egress.byContentType)),
    textEvidence('Top paths', listed(facts.egress.topPaths)),
  ];
}
