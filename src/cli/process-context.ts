import type { Writable } from 'node:stream';
import type { Clock } from '../ports/clock.ts';
import type { CliContext } from './cli-context.ts';

/** What of `process` a command uses. */
export interface CliProcess {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: CliContext['env'];
  cwd(): string;
}

export interface ProcessContextSettings {
  readonly process: CliProcess;
  readonly clock: Clock;
  /** Whoever handles Ctrl-C aborts it; so does an output that nobody reads any more. */
  readonly stop: AbortController;
  /** For `--version`. */
  readonly version: string;
}

/** The context of a real process. `head` and the like close the pipe early: that ends the command quietly. */
export function processContext(settings: ProcessContextSettings): CliContext {
  const { process, clock, stop, version } = settings;
  const { stdout, stderr, env } = process;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    stop.abort();
    if (error.code !== 'EPIPE') stderr.write(`tripmeter: cannot write: ${error.message}\n`);
  });
  return {
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    drained: () => drained(stdout, stop.signal),
    env,
    workingDir: process.cwd(),
    version,
    isTTY: stdout.isTTY === true,
    stderrIsTTY: stderr.isTTY === true,
    columns: stdout.columns ?? 80,
    clock,
    signal: stop.signal,
  };
}

function drained(stream: Writable, signal: AbortSignal): Promise<void> {
  if (!stream.writableNeedDrain || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    stream.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}
