import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { Command, Help } from 'commander';
import { expect, test } from 'vitest';
import type { CliContext } from '../../../src/cli/cli-context.ts';
import { CliError, EXIT } from '../../../src/cli/cli-error.ts';
import type { CliCommand, Invocation } from '../../../src/cli/command.ts';
import { processContext } from '../../../src/cli/process-context.ts';
import { runCli } from '../../../src/cli/program.ts';
import { COMMAND_GROUPS, COMMANDS } from '../../../src/cli/registry.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

const contextOf = (stdout: Writable, stderr: Writable, stop = new AbortController()): CliContext =>
  processContext({
    process: { stdout, stderr, env: {}, cwd: () => '/' },
    clock: systemClock,
    stop,
    version: '1.2.3',
  });

async function run(argv: string[], commands?: readonly CliCommand[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const listed = commands?.map((each) => ({ ...each, usage: '', load: async () => each }));
  const code = await runCli(argv, contextOf(stdout, stderr), listed);
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

test('a command of two words gets its arguments, flags and configuration', async () => {
  const calls: Invocation[] = [];
  const ack: CliCommand<{ reason?: string }> = {
    name: 'alerts ack',
    summary: 'acknowledge alerts',
    setUp: (command) => command.argument('<ids...>').option('--reason <TEXT>', 'why'),
    run: async (invocation) => {
      calls.push(invocation);
      return EXIT.failed;
    },
  };
  const list: CliCommand = { ...ack, name: 'alerts list', setUp: (command) => command };
  const argv = ['alerts', 'ack', 'a', 'b', '--reason', 'known', '-c', 'x.yaml'];
  expect((await run(argv, [ack, list])).code).toBe(1);
  expect(calls).toMatchObject([
    { args: ['a', 'b'], options: { reason: 'known' }, configFile: 'x.yaml' },
  ]);
  const group = await run(['alerts'], [ack, list]);
  expect(group.code).toBe(2);
  expect(group.err).toMatch(/ack .*acknowledge alerts\n +list /);
});

test('a failure is one line on stderr, with its exit code', async () => {
  const failing = (error: unknown): CliCommand => ({
    name: 'fail',
    summary: 'fail',
    setUp: (command) => command,
    run: () => Promise.reject(error),
  });
  const usage = new CliError('no such channel; see channels', { exitCode: EXIT.usage });
  expect(await run(['fail'], [failing(usage)])).toEqual({
    code: 2,
    out: '',
    err: 'tripmeter: no such channel; see channels\n',
  });
  expect(await run(['fail'], [failing(new RangeError('broken'))])).toMatchObject({
    code: 1,
    err: 'tripmeter: broken\n',
  });
});

test('no command is bad usage, and the version is the one given', async () => {
  expect(await run([])).toMatchObject({ code: 2, out: '' });
  expect(await run(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' });
});

test('a slow reader holds the writer back', async () => {
  const slow = new PassThrough({ highWaterMark: 4 });
  const context = contextOf(slow, new PassThrough());
  context.stdout('more than four');
  let taken = false;
  const drained = context.drained?.().then(() => {
    taken = true;
  });
  await new Promise(setImmediate);
  expect(taken).toBe(false);
  slow.resume();
  await drained;
  expect(taken).toBe(true);
});

test('a reader that has gone stops the command without a word', async () => {
  const broken = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
  });
  const stderr = new PassThrough();
  const stop = new AbortController();
  const context = contextOf(broken, stderr, stop);
  const aborted = once(stop.signal, 'abort');
  context.stdout('anything');
  await aborted;
  await context.drained?.();
  expect(stderr.read()).toBeNull();
});

test.each(COMMANDS)('the list says of `$name` what its own file says', async (listed) => {
  const { name, summary, setUp } = await listed.load();
  expect({ name, summary }).toEqual({ name: listed.name, summary: listed.summary });
  const parent = new Command();
  const leaf = name.split(' ').at(-1) ?? name;
  const term = new Help().subcommandTerm(setUp(parent.command(leaf)));
  expect(term).toBe(`${leaf} ${listed.usage}`.trimEnd());
});

test('help loads no command, and a command line only the one it names', async () => {
  const loaded: string[] = [];
  const listed = COMMANDS.map((each) => ({
    ...each,
    load: () => {
      loaded.push(each.name);
      return each.load();
    },
  }));
  const context = contextOf(new PassThrough(), new PassThrough());
  expect(await runCli(['--help'], context, listed)).toBe(0);
  expect(loaded).toEqual([]);
  expect(await runCli(['requests', '--help'], context, listed)).toBe(0);
  expect(loaded).toEqual(['requests']);
  expect(await runCli(['help', 'alerts', 'list'], context, listed)).toBe(0);
  expect(loaded).toEqual(['requests', 'alerts list']);
});

test('help says of each group of commands what it is for', () => {
  const words = COMMANDS.map(({ name }) => name.split(' ')).filter(({ length }) => length > 1);
  const groups = new Set(words.map(([group = '']) => group));
  expect(Object.keys(COMMAND_GROUPS).sort()).toEqual([...groups].sort());
});

/** `serve` logs, and Terraform has a language of its own. */
const PRINTS_OTHERWISE: readonly string[] = ['serve', 'honeycomb export'];

test('every command that prints takes --json', async () => {
  for (const { name, load } of COMMANDS) {
    const command = (await load()).setUp(new Command());
    const hasJson = command.options.some(({ long }) => long === '--json');
    expect([name, hasJson]).toEqual([name, !PRINTS_OTHERWISE.includes(name)]);
  }
});

/** Commands and flags that scripts call: none of them may change. */
const RELIED_ON: Readonly<Record<string, string>> = {
  serve: '--role --upstream --gpu',
  requests: '--since --until --endpoint --outcome --limit --json',
  tail: '--json',
  status: '--json',
  spend: '--month --json',
  import: '--format --json',
  export: '--format --json',
  settle: '--until --json',
  prices: '--json',
  'billing import': '--json',
  'billing pull': '--json',
  reconcile: '--month --json',
  whatif: '--json',
  'alerts evaluate': '--at --dry-run --json',
  'alerts list': '--json',
  'alerts ack': '--json',
  'alerts silence': '--json',
  'alerts retry': '--json',
  'alerts test': '--json',
  'alerts backtest': '--from --to --json',
  report: '--week --out --send --json',
  project: '--requests --json',
  'honeycomb plan': '--json',
  'honeycomb apply': '--json',
  'honeycomb destroy': '--json',
  'honeycomb export': '',
  init: '--json',
  check: '--json',
  verify: '--repair --json',
};

test.each(Object.entries(RELIED_ON))('`%s` is there, with %s', async (name, flags) => {
  const listed = COMMANDS.find((each) => each.name === name);
  const command = (await listed?.load())?.setUp(new Command());
  const known = command?.options.map(({ long }) => long) ?? ['no such command'];
  expect(known).toEqual(expect.arrayContaining(flags.split(' ').filter((flag) => flag !== '')));
});
