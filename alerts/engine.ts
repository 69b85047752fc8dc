import type { AlertSettings } from '../src/core/alert-settings.ts';
import type { Facts } from '../src/core/facts.ts';
import type { Notice } from '../src/core/notice.ts';
import type { Rule } from '../src/core/rule.ts';
import { monthSpend } from '../src/core/spend-facts.ts';
import type { EpochMicros } from '../src/core/units.ts';
import { SEVERITIES, type Severity } from '../src/core/verdict.ts';
import type { AlertStore } from '../src/ports/alerts.ts';
import type { FactsSource } from '../src/ports/facts.ts';
import { type Evaluation, evaluateRules } from './lifecycle-evaluation.ts';

export interface AlertEngineSettings {
  readonly facts: FactsSource;
  readonly store: AlertStore;
  readonly rules: readonly Rule[];
  readonly settings: AlertSettings;
  readonly routes: readonly Route[];
}

/** Which notices a channel gets: those of this severity and above. */
export interface Route {
  readonly channel: string;
  readonly minSeverity: Severity;
}

export interface EngineResult extends Evaluation {
  readonly facts: Facts;
  /** False: somebody else evaluated in the meantime, or it was a dry run; nothing was kept. */
  readonly committed: boolean;
}

export interface AlertEngine {
  /**
   * Reads the facts at `now`, evaluates every rule and keeps the result.
   * @throws whatever the facts or the store throw; nothing was kept then.
   */
  evaluate(now: EpochMicros): Promise<EngineResult>;
  /** The same without keeping anything. */
  dryRun(now: EpochMicros): Promise<EngineResult>;
}

export function createAlertEngine(settings: AlertEngineSettings): AlertEngine {
  const look = async (now: EpochMicros) => {
    const { facts, version } = await settings.facts.read(now);
    return { facts, version, ...evaluateRules(facts, settings.settings, settings.rules) };
  };
  return {
    dryRun: async (now) => ({ ...(await look(now)), committed: false }),
    evaluate: async (now) => {
      const { version, ...found } = await look(now);
      const committed = await settings.store.commit({
        version,
        at: now,
        monthNano: monthSpend(found.facts).nano,
        states: found.states,
        notices: found.notices.map((notice) => ({
          notice,
          channels: routesOf(notice, settings.routes),
        })),
      });
      return { ...found, committed };
    },
  };
}

/** The channels that a notice goes to. */
export function routesOf(notice: Pick<Notice, 'severity'>, routes: readonly Route[]): string[] {
  const rank = (severity: Severity) => SEVERITIES.indexOf(severity);
  return routes
    .filter(({ minSeverity }) => rank(notice.severity) >= rank(minSeverity))
    .map(({ channel }) => channel);
}
