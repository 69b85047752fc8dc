import { readdir, readFile, readlink } from 'node:fs/promises';

/** What a process holds, from `/proc`. */
export interface ProcessSample {
  readonly atSeconds: number;
  readonly rssMiB: number;
  readonly sockets: number;
  /** Every open descriptor, sockets included. */
  readonly handles: number;
}

/** With what a full collection leaves of it. */
export interface SoakSample extends ProcessSample {
  readonly liveMiB: number;
}

export async function sampleProcess(pid: number, atSeconds: number): Promise<ProcessSample> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(
    descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')),
  );
  return {
    atSeconds,
    rssMiB: rssKiB / 1_024,
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
    handles: descriptors.length,
  };
}

/** Least-squares slope of the live size, in MiB per minute. Unknown below three samples. */
export function liveSlope(samples: readonly SoakSample[]): number | null {
  if (samples.length < 3) return null;
  const meanAt = mean(samples.map(({ atSeconds }) => atSeconds));
  const meanLive = mean(samples.map(({ liveMiB }) => liveMiB));
  let product = 0;
  let square = 0;
  for (const { atSeconds, liveMiB } of samples) {
    product += (atSeconds - meanAt) * (liveMiB - meanLive);
    square += (atSeconds - meanAt) ** 2;
  }
  return (60 * product) / square;
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
