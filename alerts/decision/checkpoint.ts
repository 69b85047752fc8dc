import type { EpochMicros } from '../../src/core/units.ts';
import { quarterWindow, windowBefore } from '../../src/core/zoned-time.ts';
import type { Decision } from './decision.ts';

/** What is kept of a quarter's decision, to compare the next one with. */
export interface Checkpoint {
  /** `2026-Q2`. */
  readonly quarter: string;
  readonly at: EpochMicros;
  readonly recommendation: Decision['recommendation'];
  readonly maturityLevel: number;
  readonly conditions: Readonly<Record<string, boolean | null>>;
  readonly triggers: Readonly<Record<string, string>>;
}

/** The quarter that a checkpoint at `at` looks back on. */
export function checkpointQuarter(at: EpochMicros, zone: string): string {
  return windowBefore(quarterWindow(at, zone), zone).label;
}

export function checkpointOf(decision: Decision, at: EpochMicros, zone: string): Checkpoint {
  const triggers = decision.verdicts.filter(({ rule }) => rule.startsWith('trigger.'));
  return {
    quarter: checkpointQuarter(at, zone),
    at,
    recommendation: decision.recommendation,
    maturityLevel: decision.maturity.level,
    conditions: Object.fromEntries(decision.goNoGo.map(({ id, met }) => [id, met])),
    triggers: Object.fromEntries(triggers.map(({ rule, state }) => [rule, state])),
  };
}

/** What changed since the checkpoint before, a sentence each. */
export function changesBetween(before: Checkpoint | null, after: Checkpoint): string[] {
  if (before === null) return ['This is the first checkpoint.'];
  const changes: string[] = [];
  if (before.recommendation !== after.recommendation) {
    changes.push(
      `The recommendation went from ${before.recommendation} to ${after.recommendation}.`,
    );
  }
  if (before.maturityLevel !== after.maturityLevel) {
    changes.push(`The maturity level went from ${before.maturityLevel} to ${after.maturityLevel}.`);
  }
  for (const [rule, state] of Object.entries(after.triggers)) {
    const old = before.triggers[rule] ?? 'unknown';
    if (old !== state) changes.push(`${rule} went from ${old} to ${state}.`);
  }
  for (const [id, met] of Object.entries(after.conditions)) {
    const old = before.conditions[id] ?? null;
    if (old !== met) changes.push(`Condition ${id} went from ${word(old)} to ${word(met)}.`);
  }
  return changes.length === 0 ? ['Nothing changed.'] : changes;
}

function word(met: boolean | null): string {
  if (met === null) return 'unknown';
  return met ? 'yes' : 'no';
}
