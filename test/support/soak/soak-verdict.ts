import { liveSlope, type ProcessSample, type SoakSample } from './process-sample.ts';

export interface SoakVerdict {
  /** Over the second half of the run: the first is warm-up. `null`: too few samples. */
  readonly slopeMiBPerMinute: number | null;
  /** One line each; empty when nothing leaks. */
  readonly leaks: readonly string[];
}

/** Growth that would still be noise of the collector over ten minutes. */
const SLOPE_LIMIT_MIB_PER_MINUTE = 1;
const GROWTH_LIMIT_MIB = 10;
/** Listening sockets aside, a few connections may be about to close. */
const SOCKET_LIMIT = 4;

/**
 * @param during samples under load, in order
 * @param rest samples before the load, and after it once idle connections have timed out
 */
export function soakVerdict(
  during: readonly SoakSample[],
  rest: { readonly before: ProcessSample; readonly after: ProcessSample },
): SoakVerdict {
  const half = during.slice(Math.floor(during.length / 2));
  const slope = liveSlope(half);
  const minutes = ((half.at(-1)?.atSeconds ?? 0) - (half[0]?.atSeconds ?? 0)) / 60;
  const leaks: string[] = [];
  if (slope !== null && slope > SLOPE_LIMIT_MIB_PER_MINUTE && slope * minutes > GROWTH_LIMIT_MIB) {
    leaks.push(`live size grows by ${slope.toFixed(2)} MiB a minute`);
  }
  for (const name of ['sockets', 'handles'] as const) {
    const more = rest.after[name] - rest.before[name];
    if (more > SOCKET_LIMIT) leaks.push(`${more} more ${name} after the load than before`);
  }
  return { slopeMiBPerMinute: slope, leaks };
}
