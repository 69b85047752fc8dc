import type { ClosedRequest } from './request-record.ts';

/** No answer has so many tokens: a count beyond it is a fault of whoever said it, and so unknown. */
const MOST_TOKENS = 1_000_000_000;

const COUNTS = ['tokensIn', 'tokensOut', 'tokensCached', 'tokensReasoning'] as const;

/** The request with absurd token counts taken for unknown. Counts come from the upstream's answer, unchecked. */
export function withPlausibleTokens(closed: ClosedRequest): ClosedRequest {
  if (COUNTS.every((name) => isPlausible(closed[name]))) return closed;
  const absurd = COUNTS.filter((name) => !isPlausible(closed[name]));
  return { ...closed, ...Object.fromEntries(absurd.map((name) => [name, null])) };
}

function isPlausible(count: number | null): boolean {
  return count === null || (Number.isInteger(count) && count >= 0 && count <= MOST_TOKENS);
}
