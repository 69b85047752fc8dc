import { systemClock } from '../runtime/system-clock.ts';
import { packageVersion } from '../wiring/version.ts';
import { processContext } from './process-context.ts';
import { runCli } from './program.ts';

/** Runs the command line of this process and sets its exit code. */
export async function runProcess(): Promise<void> {
  const argv = process.argv.slice(2);
  const stop = new AbortController();
  // `serve` handles signals itself, for it knows a second one; every other command just ends.
  if (!argv.includes('serve')) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  }
  const context = processContext({ process, clock: systemClock, stop, version: packageVersion() });
  process.exitCode = await runCli(argv, context);
}
