import { Command, CommanderError, Help } from 'commander';
import type { CliContext } from './cli-context.ts';
import { CliError, EXIT, type ExitCode, messageOf } from './cli-error.ts';
import type { ListedCommand } from './command.ts';
import { COMMAND_GROUPS, COMMANDS } from './registry.ts';

/**
 * Runs one command line.
 * @param argv Without the interpreter and the script: `process.argv.slice(2)`.
 * @returns 0 done, 1 failed, 2 bad usage or configuration. Never rejects: what went wrong is on `stderr`.
 */
export async function runCli(
  argv: readonly string[],
  context: CliContext,
  commands: readonly ListedCommand[] = COMMANDS,
): Promise<number> {
  let exitCode: ExitCode = EXIT.done;
  try {
    const usages = new Map<Command, string>();
    const program = programOf(context, usages);
    for (const listed of commands) {
      const parent = parentOf(program, listed.name);
      const [leaf = listed.name] = listed.name.split(' ').slice(-1);
      const node = parent.command(leaf).description(listed.summary);
      usages.set(node, listed.usage);
      if (!isNamed(listed, argv)) continue;
      const command = await listed.load();
      command.setUp(node).action(async () => {
        exitCode = await command.run(invocationOf(node, context));
      });
    }
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, context);
  }
}

/** Perhaps named: a flag's value may be the same word, and then a command is loaded for nothing. */
function isNamed({ name }: ListedCommand, argv: readonly string[]): boolean {
  return name.split(' ').every((word) => argv.includes(word));
}

function programOf(context: CliContext, usages: ReadonlyMap<Command, string>): Command {
  const colours = context.isTTY && !context.env.NO_COLOR;
  const program = new Command('tripmeter')
    .description('Meters Modal inference in latency, GPU-seconds and dollars')
    .option(
      '-c, --config <FILE>',
      'configuration (default: ./tripmeter.yaml, then $TRIPMETER_CONFIG)',
    )
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({
      showGlobalOptions: true,
      // A command that is not loaded has no flags to count.
      subcommandTerm: (command) => {
        const usage = usages.get(command);
        if (usage === undefined) return new Help().subcommandTerm(command);
        return `${command.name()} ${usage}`.trimEnd();
      },
    })
    .configureOutput({
      writeOut: context.stdout,
      writeErr: context.stderr,
      outputError: (text, write) => write(usageText(text)),
      getOutHelpWidth: () => context.columns,
      getErrHelpWidth: () => context.columns,
      getOutHasColors: () => colours,
      getErrHasColors: () => colours,
    });
  return context.version === undefined ? program : program.version(context.version);
}

/** `error: unknown option '--x'\n(Did you mean --y?)` as the other errors look. */
function usageText(text: string): string {
  const [what = '', hint] = text
    .trim()
    .replace(/^error: /, '')
    .split('\n');
  const remedy = hint?.replace(/^\(Did you mean (.+)\?\)$/, 'did you mean $1?');
  return `tripmeter: ${what.replace(/\.$/, '')}; ${remedy ?? 'see tripmeter --help'}\n`;
}

function parentOf(program: Command, name: string): Command {
  const [group, ...rest] = name.split(' ');
  if (group === undefined || rest.length === 0) return program;
  const known = program.commands.find((command) => command.name() === group);
  return known ?? program.command(group).description(COMMAND_GROUPS[group] ?? `${group}: …`);
}

function invocationOf(node: Command, context: CliContext) {
  const { config, ...options } = node.optsWithGlobals<{ config?: string }>();
  const args = node.processedArgs.flat().filter((value) => value !== undefined);
  return { args: args as string[], options, configFile: config ?? null, context };
}

function report(error: unknown, context: CliContext): ExitCode {
  // Commander has written its own message by now.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const stack = error instanceof Error && context.env.TRIPMETER_DEBUG ? error.stack : undefined;
  context.stderr(`tripmeter: ${stack ?? messageOf(error)}\n`);
  return error instanceof CliError ? error.exitCode : EXIT.failed;
}
