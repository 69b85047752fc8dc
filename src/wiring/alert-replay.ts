import { type Evaluation, evaluateRules } from '../../alerts/lifecycle-evaluation.ts';
import type { Config } from '../config/config.ts';
import {
  type Facts,
  NOTHING_WATCHED,
  type PreviousState,
  stateKey,
  type Told,
} from '../core/facts.ts';
import { factsAsOf } from '../core/facts-as-of.ts';
import { type EpochMicros, MICROS_PER_DAY } from '../core/units.ts';
import type { Severity } from '../core/verdict.ts';
import { addDays, dayWindow } from '../core/zoned-time.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { factsSource } from '../ledger/queries/facts.ts';
import type { FactsSource } from '../ports/facts.ts';
import { ALERT_RULES } from './alert-rules.ts';

/** A notice that the rules of today would have given in the past. */
export interface ReplayedNotice {
  readonly at: EpochMicros;
  readonly rule: string;
  readonly period: string;
  readonly subject: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly headline: string;
}

export interface ReplayParts {
  readonly ledger: Ledger;
  readonly config: Pick<Config, 'timezone' | 'endpoints' | 'alerts'>;
}

/** Every rule as of a past moment, with what was known then: no state, notice or incident that came later. */
export async function evaluateAsOf(
  parts: ReplayParts,
  at: EpochMicros,
): Promise<Pick<Evaluation, 'verdicts' | 'notices'>> {
  const { facts } = await pastSource(parts).read(at);
  return evaluateRules(factsAsOf(facts, at), parts.config.alerts, ALERT_RULES);
}

function pastSource({ ledger, config }: ReplayParts): FactsSource {
  return factsSource(ledger.db, {
    zone: config.timezone,
    endpoints: config.endpoints,
    alerts: config.alerts,
    recorder: { read: async () => NOTHING_WATCHED },
  });
}

/**
 * Evaluates every rule at the end of each day of a past span, each time with the state that the day before left.
 * Emergencies that came and went within a day are seen at its end.
 */
export async function alertReplay(
  parts: ReplayParts,
  { from, to }: { readonly from: EpochMicros; readonly to: EpochMicros },
): Promise<ReplayedNotice[]> {
  const { config } = parts;
  const zone = config.timezone;
  const source = pastSource(parts);
  const told: Told[] = [];
  const replayed: ReplayedNotice[] = [];
  let previous: Record<string, PreviousState> = {};
  for (
    let at = dayWindow(from, zone).end - 1;
    at < to + MICROS_PER_DAY;
    at = addDays(at, 1, zone)
  ) {
    const now = Math.min(at, to);
    const { facts: stored } = await source.read(now);
    const facts: Facts = { ...factsAsOf(stored, now), previous, told };
    const { states, notices } = evaluateRules(facts, config.alerts, ALERT_RULES);
    previous = Object.fromEntries(
      states.map(({ verdict, next }) => [
        stateKey(verdict.rule, verdict.period, verdict.subject),
        next,
      ]),
    );
    for (const notice of notices) {
      const { rule, period, kind, severity } = notice;
      for (const subject of [notice.subject, ...notice.covers]) {
        const { value } = notice.verdict;
        told.push({ rule, period, subject, kind, at: now, value, figures: {} });
      }
      const { subject, verdict } = notice;
      replayed.push({ at: now, rule, period, subject, kind, severity, headline: verdict.headline });
    }
    if (now === to) break;
    // A span takes a while, and the office has a ledger to fill meanwhile.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return replayed;
}
