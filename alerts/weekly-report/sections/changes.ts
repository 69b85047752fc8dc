import { measureText } from '../../../src/core/measure-text.ts';
import { changesBetween, checkpointOf } from '../../decision/checkpoint.ts';
import { periodNoun } from '../period-name.ts';
import type { Section } from '../report.ts';
import type { ReportFacts } from '../report-facts.ts';
import { successRate } from './usage.ts';

/** A change that nobody would notice is none. */
const LEAST = 0.05;

/** What is different from the period before, in words. */
export function changesSection(given: ReportFacts): Section {
  const noun = periodNoun(given);
  return {
    id: 'changes',
    title: `Changes since the ${noun} before`,
    sentences: changesOf(given),
    chart: null,
    tables: [],
  };
}

function changesOf(given: ReportFacts): string[] {
  const { earlier, decision, facts, usage, usageBefore, spend, spendBefore } = given;
  const noun = periodNoun(given);
  if (earlier === null || usageBefore.requests === 0) {
    return [
      usageBefore.requests === 0 && earlier !== null
        ? `Nothing was recorded in the ${noun} before.`
        : `This is the first ${noun} on record: there is nothing to compare it with.`,
    ];
  }
  const before = checkpointOf(earlier.decision, facts.now, facts.zone);
  const after = checkpointOf(decision, facts.now, facts.zone);
  const words = changesBetween(before, after);
  return [
    ...(words[0] === 'Nothing changed.'
      ? ['Triggers, conditions and recommendation are as they were.']
      : words),
    ...moved('Requests', usage.requests, usageBefore.requests),
    ...moved('Spend', spend.totalNano, spendBefore.totalNano),
    ...moved('The success rate', successRate(usage), successRate(usageBefore)),
    ...moved('The 95th percentile of latency', usage.p95Us, usageBefore.p95Us),
  ];
}

function moved(what: string, now: number | null, before: number | null): string[] {
  if (now === null || before === null || before === 0) return [];
  const change = (now - before) / before;
  if (Math.abs(change) < LEAST) return [];
  return [`${what} ${change > 0 ? 'rose' : 'fell'} by ${measureText(Math.abs(change), 'ratio')}.`];
}
