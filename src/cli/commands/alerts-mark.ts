import { randomUUID } from 'node:crypto';
import { covers } from '../../../alerts/delivery.ts';
import { instantText } from '../../core/measure-text.ts';
import { acknowledge } from '../../ledger/queries/alerts.ts';
import { addSilence, endSilences, reviveDead } from '../../ledger/queries/outbox.ts';
import { ALERT_RULES } from '../../wiring/alert-rules.ts';
import type { CliContext } from '../cli-context.ts';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { counted } from '../format.ts';
import { withWriter } from '../open-reader.ts';
import { parseDuration } from '../parse-duration.ts';

interface ByOptions {
  readonly by?: string;
}

/** Somebody has seen it. */
export const alertsAckCommand: CliCommand<ByOptions> = {
  name: 'alerts ack',
  summary: 'mark a notice as seen; its key is in `alerts list`',
  setUp: (command) => command.argument('<key>').option('--by <NAME>', 'who has seen it'),
  run: (invocation) =>
    withWriter(invocation, async ({ ledger }) => {
      const { args, options, context } = invocation;
      const [key = ''] = args;
      const by = personOf(options, context);
      if (!(await acknowledge(ledger.db, key, { at: context.clock.now(), by }))) {
        throw new CliError(`no notice has the key ${key}; \`tripmeter alerts list\` shows them`);
      }
      context.stdout(`${key} is marked as seen by ${by}.\n`);
      return EXIT.done;
    }),
};

interface SilenceOptions extends ByOptions {
  readonly for?: string;
  readonly why?: string;
  readonly end?: true;
}

/** Holds notices of a rule back until a time, for a reason that is on record. */
export const alertsSilenceCommand: CliCommand<SilenceOptions> = {
  name: 'alerts silence',
  summary: 'hold back the notices of a rule, e.g. `budget.*`, for a while',
  setUp: (command) =>
    command
      .argument('<rule>')
      .option('--for <DURATION>', 'how long: 2h, 3d')
      .option('--why <TEXT>', 'the reason, for whoever wonders')
      .option('--by <NAME>', 'who says so')
      .option('--end', 'end the silences of this rule now'),
  run: (invocation) =>
    withWriter(invocation, async ({ ledger, config }) => {
      const { args, options, context } = invocation;
      const [rule = ''] = args;
      requireRule(rule);
      const now = context.clock.now();
      if (options.end) {
        const ended = await endSilences(ledger.db, rule, now);
        context.stdout(`${counted(ended, 'silence')} of ${rule} ended.\n`);
        return EXIT.done;
      }
      if (options.for === undefined || options.why === undefined) {
        throw usageError('a silence needs an end and a reason: --for 2h --why "load test"');
      }
      const until = now + parseDuration(options.for, '--for');
      const by = personOf(options, context);
      const silence = { id: randomUUID(), rule, from: now, until, by, reason: options.why };
      await addSilence(ledger.db, silence);
      context.stdout(`${rule} is silent until ${instantText(until, config.timezone)}.\n`);
      return EXIT.done;
    }),
};

/** Deliveries that were given up start anew. */
export const alertsRetryCommand: CliCommand = {
  name: 'alerts retry',
  summary: 'try again to deliver what was given up',
  setUp: (command) => command,
  run: (invocation) =>
    withWriter(invocation, async ({ ledger }) => {
      const revived = await reviveDead(ledger.db, invocation.context.clock.now());
      invocation.context.stdout(
        `${counted(revived, 'delivery').replace('ys', 'ies')} to try again.\n`,
      );
      return EXIT.done;
    }),
};

function personOf({ by }: ByOptions, { env }: CliContext): string {
  return by ?? env.USER ?? env.LOGNAME ?? 'somebody';
}

function requireRule(pattern: string): void {
  const rules = ALERT_RULES.map(({ id }) => id);
  if (rules.some((rule) => covers(pattern, rule))) return;
  throw usageError(
    `${JSON.stringify(pattern)} is no rule; write one of ${rules.join(', ')}, or budget.*`,
  );
}
