import type { Command } from 'commander';
import type { CliContext } from './cli-context.ts';
import type { ExitCode } from './cli-error.ts';

/**
 * One command of the program. A file in `commands/` exports one, and an entry in `registry.ts` lists it.
 *
 * ```ts
 * export const echoCommand: CliCommand<{ json?: true; times: number }> = {
 *   name: 'demo echo',
 *   summary: 'print a word',
 *   setUp: (command) =>
 *     command.argument('<word>').option('--json', 'as JSON').option('--times <N>', 'how often', positiveInteger, 1),
 *   run: async ({ args: [word], options, context }) => {
 *     context.stdout(`${word}\n`);
 *     return EXIT.done;
 *   },
 * };
 * ```
 *
 * `--config`, `--help` and the exit codes of bad flags come with the program. A failure is thrown:
 * `CliError` with a remedy in its message, `usageError` for what the user wrote.
 */
export interface CliCommand<Options extends object = object> {
  /** `requests`, or `alerts list`: the first word is then a group, named in `COMMAND_GROUPS`. */
  readonly name: string;
  /** One line for `--help`: starts small, ends without a full stop. */
  readonly summary: string;
  /** Declares arguments and flags. */
  setUp(command: Command): Command;
  run(invocation: Invocation<Options>): Promise<ExitCode>;
}

/** What `--help` says of a command, and how to get at the rest. */
export interface ListedCommand {
  readonly name: string;
  readonly summary: string;
  /** What follows the name in a list of commands: `[options] <file>`. */
  readonly usage: string;
  load(): Promise<CliCommand>;
}

/** How the command was called. */
export interface Invocation<Options extends object = object> {
  /** In order; those of a variadic argument one after the other. */
  readonly args: readonly string[];
  /** As commander names them: `--dry-run` is `dryRun`. */
  readonly options: Options;
  /** `--config`, `null` when it was not given. */
  readonly configFile: string | null;
  readonly context: CliContext;
}
