import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

const children = new Set<ChildProcess>();

// Whatever ends a bench, nothing that it started outlives it.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts a program on one CPU. It ends with this process at the latest. */
export function spawnPinned(
  cpu: 0 | 1,
  command: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn('taskset', ['-c', String(cpu), ...command], options);
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** SIGTERM, and SIGKILL after ten seconds. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((settle) => child.once('exit', settle));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(timer);
}
