import type { NanoUsd } from '../units.ts';
import type { TokenPriceEntry } from './price-entry.ts';

const PICO_PER_NANO = 1_000n;
const MOST_NANO = BigInt(Number.MAX_SAFE_INTEGER);

/** Tokens of one answer; `null` is unknown, which is not 0. */
export interface TokenCounts {
  readonly tokensIn: number | null;
  readonly tokensOut: number | null;
  readonly tokensCached: number | null;
}

/** Model names differ in case and in the owner before the slash; the last part is what is priced. */
export function modelKeyOf(model: string): string {
  return (model.split('/').at(-1) ?? model).trim().toLowerCase();
}

/** Id of a token price; like a container's, it holds the figures. */
export function tokenPriceIdOf(price: TokenPriceEntry): string {
  const figures = `${price.inputPicoUsd}/${price.cachedPicoUsd}/${price.outputPicoUsd}`;
  return `tokens ${price.model} ${figures}p ${price.source}`;
}

/**
 * What the tokens cost, rounded half up to the nano-dollar; `null` when a count is unknown or the sum is
 * beyond nine million dollars. Cached tokens
 * are part of the input; unknown means none were said to be cached.
 */
export function tokenCost(price: TokenPriceEntry, counts: TokenCounts): NanoUsd | null {
  const { tokensIn, tokensOut } = counts;
  if (tokensIn === null || tokensOut === null) return null;
  const cached = Math.min(tokensIn, counts.tokensCached ?? 0);
  const pico =
    picoOf(tokensIn - cached, price.inputPicoUsd) +
    picoOf(cached, price.cachedPicoUsd) +
    picoOf(tokensOut, price.outputPicoUsd);
  const nano = (pico + PICO_PER_NANO / 2n) / PICO_PER_NANO;
  return nano > MOST_NANO ? null : Number(nano);
}

/** Doubles count picodollars exactly up to $9,007 only. */
function picoOf(tokens: number, picoUsd: number): bigint {
  return BigInt(tokens) * BigInt(picoUsd);
}
