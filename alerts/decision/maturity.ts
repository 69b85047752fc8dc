import type { Maturity } from './decision.ts';

/** Report, appendix A, by requests of the trailing 30 days: up to 10k, up to 100k, more. */
export function maturityOf(requests: number): Maturity {
  if (requests > 100_000) return { level: 3, name: 'Production', requests };
  return requests > 10_000
    ? { level: 2, name: 'Beta', requests }
    : { level: 1, name: 'MVP', requests };
}
