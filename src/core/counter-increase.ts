import type { EpochMicros } from './units.ts';

/** A point of a counter that runs on: `since` is when its process began to count. */
export interface CounterPoint {
  readonly at: EpochMicros;
  readonly since: EpochMicros | null;
  readonly value: number;
}

/**
 * What a counter has added since the point before. A point that is not newer adds nothing, so a push may come
 * twice or late; a counter that began anew adds all that it has.
 */
export function counterIncrease(before: CounterPoint | null, now: CounterPoint): number {
  if (before === null) return now.value;
  if (now.at <= before.at) return 0;
  const restarted =
    now.value < before.value ||
    (now.since !== null && before.since !== null && now.since !== before.since);
  return restarted ? now.value : now.value - before.value;
}
