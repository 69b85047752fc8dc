/**
 * Splits `total` in proportion to `weights` so that the parts sum to it exactly: each part is rounded
 * down, and the units left go to the largest remainders, of equal ones to the earlier. When every weight
 * is 0, the parts are equal. `total` and the weights are safe integers, weights not negative.
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  const count = weights.length;
  if (count === 0) return [];
  if (count === 1) return [total];
  if (total < 0) return apportion(-total, weights).map((part) => 0 - part);
  let sum = 0;
  for (const weight of weights) sum += weight;
  if (sum === 0) return apportion(total, new Array<number>(count).fill(1));
  const parts = new Array<number>(count);
  const remainders = new Float64Array(count);
  let left = total;
  for (let index = 0; index < count; index += 1) {
    const weight = weights[index] ?? 0;
    const part = quotient(total, weight, sum, remainders, index);
    parts[index] = part;
    left -= part;
  }
  if (left > 0) giveToLargest(parts, remainders, left);
  return parts;
}

/** ⌊total × weight ÷ sum⌋, its remainder put into `remainders[index]`; BigInt where a double is not exact. */
function quotient(
  total: number,
  weight: number,
  sum: number,
  remainders: Float64Array,
  index: number,
): number {
  const product = total * weight;
  if (product <= Number.MAX_SAFE_INTEGER) {
    const remainder = product % sum;
    remainders[index] = remainder;
    return (product - remainder) / sum;
  }
  const exact = BigInt(total) * BigInt(weight);
  const divisor = BigInt(sum);
  remainders[index] = Number(exact % divisor);
  return Number(exact / divisor);
}

function giveToLargest(parts: number[], remainders: Float64Array, left: number): void {
  const order = Array.from(parts.keys());
  order.sort((a, b) => (remainders[b] ?? 0) - (remainders[a] ?? 0) || a - b);
  for (let rank = 0; rank < left; rank += 1) {
    const index = order[rank];
    if (index !== undefined) parts[index] = (parts[index] ?? 0) + 1;
  }
}
