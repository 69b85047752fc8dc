import { setTimeout } from 'node:timers/promises';
import { createHoneycombClient } from '../../../dashboards/honeycomb/client.ts';
import { compile } from '../../../dashboards/honeycomb/compile/compile.ts';
import type { Change } from '../../../dashboards/honeycomb/plan/plan.ts';
import { planSummary, planText } from '../../../dashboards/honeycomb/plan/plan-text.ts';
import {
  type ApplyResult,
  createHoneycombSync,
  type HoneycombSync,
  ownDefinitions,
} from '../../../dashboards/honeycomb/sync.ts';
import { terraformText } from '../../../dashboards/honeycomb/terraform.ts';
import type { Config } from '../../config/config.ts';
import { HONEYCOMB_URLS } from '../../export/sinks.ts';
import { secretOf } from '../../wiring/secret-of.ts';
import type { CliContext } from '../cli-context.ts';
import { CliError, EXIT, type ExitCode, messageOf, usageError } from '../cli-error.ts';
import type { CliCommand, Invocation } from '../command.ts';
import { configOf } from '../open-reader.ts';

interface HoneycombOptions {
  readonly slos?: true;
  readonly json?: true;
}

const SLOS = ['--slos', 'with the SLO, which needs the Pro plan'] as const;
const JSON_FLAG = ['--json', 'one JSON object'] as const;

export const honeycombPlanCommand: CliCommand<HoneycombOptions & { readonly check?: true }> = {
  name: 'honeycomb plan',
  summary: 'what `honeycomb apply` would change, hand edits included',
  setUp: (command) =>
    command
      .option(...SLOS)
      .option(...JSON_FLAG)
      .option('--check', 'exit with 1 when there is something to change'),
  run: (invocation) =>
    withSync(invocation, async (sync) => {
      const { options, context } = invocation;
      const changes = await sync.plan();
      show(context, options, changes);
      return options.check === true && changes.length > 0 ? EXIT.failed : EXIT.done;
    }),
};

interface ConfirmedOptions extends HoneycombOptions {
  readonly yes?: true;
}

export const honeycombApplyCommand: CliCommand<ConfirmedOptions> = {
  name: 'honeycomb apply',
  summary: 'make boards, fields, triggers and recipients as the code says',
  setUp: (command) =>
    command
      .option(...SLOS)
      .option(...JSON_FLAG)
      .option('--yes', 'also where CI is set, which otherwise only shows the plan'),
  run: (invocation) =>
    withSync(invocation, async (sync) => {
      const { options, context } = invocation;
      if (isCi(context) && options.yes !== true) {
        show(context, options, await sync.plan());
        context.stderr('nothing was changed: CI is set; use --yes to apply\n');
        return EXIT.done;
      }
      return finish(context, options, await sync.apply(told(context, options)));
    }),
};

export const honeycombDestroyCommand: CliCommand<ConfirmedOptions> = {
  name: 'honeycomb destroy',
  summary: 'remove what `honeycomb apply` made; data, columns and recipients stay',
  setUp: (command) =>
    command
      .option(...SLOS)
      .option(...JSON_FLAG)
      .option('--yes', 'do it; without it only the plan is shown'),
  run: (invocation) =>
    withSync(invocation, async (sync) => {
      const { options, context } = invocation;
      if (options.yes === true) {
        return finish(context, options, await sync.destroy(told(context, options)));
      }
      show(context, options, await sync.planDestroy());
      context.stderr('nothing was changed; use --yes to destroy\n');
      return EXIT.done;
    }),
};

export const honeycombExportCommand: CliCommand<Pick<HoneycombOptions, 'slos'>> = {
  name: 'honeycomb export',
  summary: 'print the same objects as Terraform resources of the honeycombio provider',
  setUp: (command) => command.option(...SLOS),
  run: async (invocation) => {
    const config = configOf(invocation);
    const dataset = config.export.honeycomb?.dataset ?? 'tripmeter';
    const definitions = ownDefinitions(invocation.options.slos === true);
    const resources = compile(definitions, { dataset, emails: emailsOf(config) });
    invocation.context.stdout(terraformText(resources, dataset));
    return EXIT.done;
  },
};

async function withSync(
  invocation: Invocation<HoneycombOptions>,
  work: (sync: HoneycombSync) => Promise<ExitCode>,
): Promise<ExitCode> {
  const config = configOf(invocation);
  const { options, context } = invocation;
  try {
    return await work(syncOf(config, options.slos === true, context));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(messageOf(error), { cause: error });
  }
}

function syncOf(config: Config, withSlos: boolean, { signal, clock }: CliContext): HoneycombSync {
  const { honeycomb } = config.export;
  if (honeycomb?.configurationKey === undefined) {
    throw usageError(
      'export.honeycomb.configurationKey is not set; make a configuration key in Honeycomb with the rights ' +
        'to create datasets and to manage columns, queries, boards, triggers and recipients, and name it as ' +
        '{ env: HONEYCOMB_CONFIGURATION_KEY }',
    );
  }
  const client = createHoneycombClient({
    apiUrl: (honeycomb.url ?? HONEYCOMB_URLS[honeycomb.region]).replace(/\/+$/, ''),
    key: secretOf(config, honeycomb.configurationKey),
    fetch,
    sleep: (ms) => setTimeout(ms, undefined, { signal }),
    random: Math.random,
    now: () => clock.now() / 1_000,
  });
  return createHoneycombSync({
    client,
    dataset: honeycomb.dataset,
    emails: emailsOf(config),
    withSlos,
  });
}

function emailsOf({ channels }: Config): readonly string[] {
  return channels.email?.to ?? [];
}

function isCi({ env }: CliContext): boolean {
  return (env.CI ?? '') !== '' && env.CI !== 'false';
}

function show(context: CliContext, options: HoneycombOptions, changes: readonly Change[]): void {
  context.stdout(
    options.json === true
      ? `${JSON.stringify({ changes: changes.map(view) })}\n`
      : planText(changes),
  );
}

/** A line for each change as it is made, where a person or a log reads along. */
function told(context: CliContext, options: HoneycombOptions): (change: Change) => void {
  return (change) => {
    if (options.json !== true) context.stdout(`${lineOf(change)}\n`);
  };
}

function finish(context: CliContext, options: HoneycombOptions, result: ApplyResult): ExitCode {
  const { changes, left } = result;
  if (options.json === true) {
    context.stdout(`${JSON.stringify({ changes: changes.map(view), left })}\n`);
    return EXIT.done;
  }
  for (const reason of left) context.stdout(`left as it is: ${reason}\n`);
  context.stdout(changes.length === 0 ? planText(changes) : `done: ${planSummary(changes)}\n`);
  return EXIT.done;
}

function view(change: Change) {
  const { kind, key, title } = change.action === 'delete' ? change.present : change.wanted;
  const lines = change.action === 'update' ? { differences: change.lines } : {};
  return { action: change.action, kind, key, title, ...lines };
}

function lineOf(change: Change): string {
  const { kind, title } = change.action === 'delete' ? change.present : change.wanted;
  return `${{ create: '+', update: '~', delete: '-' }[change.action]} ${kind} ${title}`;
}
