/** Exit codes that scripts rely on. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure with its remedy, `what; fix`. Shown without a stack. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: ExitCode } = {}) {
    super(message, options);
    this.name = 'CliError';
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}

/** A flag, an argument or a configuration that cannot be used: exit code 2. */
export function usageError(message: string): CliError {
  return new CliError(message, { exitCode: EXIT.usage });
}

/** The words of an error, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
