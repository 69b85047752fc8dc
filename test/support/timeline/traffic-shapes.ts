import type { DaySpend } from '../../../src/core/forecast.ts';
import { daysBetween, weekdayOf } from '../../../src/core/zoned-time.ts';

/** Daily spend as products see it, made up from a seed, for judging forecasts. */
export const TRAFFIC_SHAPES = {
  'office hours': (day) => 30 * (day.weekday > 5 ? 0.25 : 1.2) * day.noise(0.15),
  'weekend hobby': (day) => 12 * (day.weekday > 5 ? 2.6 : 0.6) * day.noise(0.25),
  'steady growth': (day) => 8 * 1.012 ** day.index * day.noise(0.1),
  'steps up and down': (day) => (day.index % 120 < 70 ? 10 : 45) * day.noise(0.12),
  'quiet with bursts': (day) => 6 * day.noise(0.2) * (day.chance() < 0.08 ? 4 : 1),
} as const satisfies Record<string, (day: ShapeDay) => number>;

export interface ShapeDay {
  readonly index: number;
  readonly weekday: number;
  /** 1 ± so much, uniform. */
  noise(spread: number): number;
  /** Uniform in [0, 1). */
  chance(): number;
}

/** Two years, or as given, of whole days of a shape. */
export function spendOfShape(
  shape: (day: ShapeDay) => number,
  { from, to, zone, seed }: { from: number; to: number; zone: string; seed: number },
): DaySpend[] {
  const chance = seededRandom(seed);
  return daysBetween(from, to, zone).map((day, index) => {
    const noise = (spread: number) => 1 + spread * (2 * chance() - 1);
    const weekday = weekdayOf(day.start, zone);
    return { day, weekday, nano: Math.round(shape({ index, weekday, noise, chance }) * 1e9) };
  });
}

/** mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
