/**
 * Units of the whole product: integers only, so that a sum of parts equals the whole.
 *
 * A plain `number` is a safe integer up to 9.007e15: as nano-dollars that is 9 million dollars,
 * as microseconds since 1970 it lasts until the year 2255.
 */

/** Money in nano-dollars (1e-9 USD), an integer. */
export type NanoUsd = number;

/** Price of time in pico-dollars (1e-12 USD) per second, an integer. */
export type PicoUsdPerSecond = number;

/** A duration in microseconds, an integer, measured on a monotonic clock. */
export type Micros = number;

/** An instant: microseconds since 1970-01-01T00:00:00Z, an integer. */
export type EpochMicros = number;

export const MICROS_PER_SECOND = 1_000_000;
export const MICROS_PER_MINUTE = 60 * MICROS_PER_SECOND;
export const MICROS_PER_HOUR = 3_600 * MICROS_PER_SECOND;
export const MICROS_PER_DAY = 24 * MICROS_PER_HOUR;
export const NANO_PER_USD = 1_000_000_000;

const PICO_PER_NANO = 1_000n;

/**
 * What `duration` costs at `rate`, rounded half up to the nano-dollar.
 * The product of the two exceeds a safe integer within minutes, hence BigInt.
 */
export function costOf(rate: PicoUsdPerSecond, duration: Micros): NanoUsd {
  const divisor = BigInt(MICROS_PER_SECOND) * PICO_PER_NANO;
  return Number((BigInt(rate) * BigInt(duration) + divisor / 2n) / divisor);
}

/**
 * Nano-dollars as a decimal string of dollars with 9 digits after the point, e.g. `0.006940000`.
 * This is the exact figure that JSON and CSV carry.
 */
export function usdString(amount: NanoUsd): string {
  const sign = amount < 0 ? '-' : '';
  const absolute = Math.abs(amount);
  const dollars = Math.floor(absolute / NANO_PER_USD);
  return `${sign}${dollars}.${String(absolute % NANO_PER_USD).padStart(9, '0')}`;
}

/**
 * A decimal string of dollars as nano-dollars, rounded half away from zero at the tenth digit.
 * @throws RangeError when the text is not a plain decimal number.
 */
export function parseUsd(text: string): NanoUsd {
  const match = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text.trim());
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (match === null || whole + fraction === '') {
    throw new RangeError(`not a decimal amount of dollars: ${JSON.stringify(text)}`);
  }
  // digits × 10^scale nano-dollars, kept as an integer throughout.
  const digits = BigInt(whole + fraction);
  const scale = Number(exponent) - fraction.length + 9;
  const nano =
    scale >= 0 ? digits * 10n ** BigInt(scale) : roundedQuotient(digits, 10n ** BigInt(-scale));
  return Number(sign === '-' ? -nano : nano);
}

function roundedQuotient(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}

/** Microseconds as milliseconds with three decimals at most, for people and JSON. */
export function millis(duration: Micros): number {
  return duration / 1_000;
}
