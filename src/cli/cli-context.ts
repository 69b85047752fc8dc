import type { Clock } from '../ports/clock.ts';

/** Everything that a command may know of the world around it. */
export interface CliContext {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Resolves when what was written to `stdout` has been taken; a slow pipe then holds back the reader. */
  readonly drained?: () => Promise<void>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths count from here. */
  readonly workingDir: string;
  /** For `--version`. */
  readonly version?: string;
  /** Whether a person reads `stdout`. */
  readonly isTTY: boolean;
  /** Whether a person reads `stderr`; as `isTTY` when not given. */
  readonly stderrIsTTY?: boolean;
  /** Width of the terminal. */
  readonly columns: number;
  readonly clock: Clock;
  /** Aborts on Ctrl-C, on SIGTERM and when nobody reads the output any more. */
  readonly signal: AbortSignal;
}
