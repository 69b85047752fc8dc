export interface Timing {
  readonly firstMs: number;
  readonly medianMs: number;
  readonly worstMs: number;
  /** Processor time of the process, a round: what a machine with nothing else to do would need. */
  readonly cpuMs: number;
}

/** Repeats work, an odd number of rounds, and says how long it took. */
export async function timedRounds(rounds: number, work: () => Promise<unknown>): Promise<Timing> {
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  const firstMs = times[0] ?? 0;
  times.sort((a, b) => a - b);
  return {
    firstMs,
    medianMs: times[rounds >> 1] ?? 0,
    worstMs: times.at(-1) ?? 0,
    cpuMs: (user + system) / 1_000 / rounds,
  };
}
