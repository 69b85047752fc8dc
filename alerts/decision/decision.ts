import type { Projection } from '../../src/core/projection.ts';
import type { Verdict } from '../../src/core/verdict.ts';

/** What the report's framework says now (sections 7, 8, appendix A), with its reasons in order. */
export interface Decision {
  readonly recommendation: Recommendation;
  readonly reasons: readonly string[];
  readonly goNoGo: readonly Condition[];
  readonly maturity: Maturity;
  readonly projection: Projection;
  readonly triggersMet: number;
  readonly verdicts: readonly Verdict[];
}

/**
 * - `stay`: on Modal as it is
 * - `add_edge`: a CDN or Workers in front of Modal
 * - `migrate`: every go/no-go condition holds
 * - `reassess_now`: an emergency
 */
const RECOMMENDATIONS = ['stay', 'add_edge', 'migrate', 'reassess_now'] as const;
export type Recommendation = (typeof RECOMMENDATIONS)[number];

/** One of the five go/no-go conditions. `null`: not known yet, which is not yes. */
export interface Condition {
  readonly id: 'scale' | 'cost' | 'data' | 'roi' | 'capacity';
  readonly title: string;
  readonly met: boolean | null;
  readonly reason: string;
}

export interface Maturity {
  readonly level: 1 | 2 | 3;
  readonly name: 'MVP' | 'Beta' | 'Production';
  readonly requests: number;
}
