import { randomUUID } from 'node:crypto';
import { covers } from '../../../alerts/delivery.ts';
import { instantText } from '../../core/measure-text.ts';
import { acknowledge, findNotice } from '../../ledger/queries/alerts.ts';
import { addSilence, endSilences, reviveDead } from '../../ledger/queries/outbox.ts';
import { noticeView } from '../../status/notice-view.ts';
import { silenceView } from '../../status/silence-view.ts';
import { ALERT_RULES } from '../../wiring/alert-rules.ts';
import type { CliContext } from '../cli-context.ts';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import type { CliCommand, Invocation } from '../command.ts';
import { counted } from '../format.ts';
import { withWriter } from '../open-reader.ts';
import { parseDuration } from '../parse-duration.ts';

interface MarkOptions {
  readonly json?: true;
}

interface ByOptions extends MarkOptions {
  readonly by?: string;
}

/** Somebody has seen it. */
export const alertsAckCommand: CliCommand<ByOptions> = {
  name: 'alerts ack',
  summary: 'mark a notice as seen; its key is in `alerts list`',
  setUp: (command) =>
    command
      .argument('<key>')
      .option('--by <NAME>', 'who has seen it')
      .option('--json', 'the notice as one JSON object'),
  run: (invocation) =>
    withWriter(invocation, async ({ ledger }) => {
      const { args, options, context } = invocation;
      const [key = ''] = args;
      const by = personOf(options, context);
      const known = await acknowledge(ledger.db, key, { at: context.clock.now(), by });
      const notice = known ? await findNotice(ledger.db, key) : null;
      if (notice === null) {
        throw new CliError(`no notice has the key ${key}; \`tripmeter alerts list\` shows them`);
      }
      say(invocation, noticeView(notice), `${key} is marked as seen by ${by}.`);
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
      .option('--end', 'end the silences of this rule now')
      .option('--json', 'the silence, or how many ended, as one JSON object'),
  run: (invocation) =>
    withWriter(invocation, async ({ ledger, config }) => {
      const { args, options, context } = invocation;
      const [rule = ''] = args;
      requireRule(rule);
      const now = context.clock.now();
      if (options.end) {
        const ended = await endSilences(ledger.db, rule, now);
        say(invocation, { ended }, `${counted(ended, 'silence')} of ${rule} ended.`);
        return EXIT.done;
      }
      if (options.for === undefined || options.why === undefined) {
        throw usageError('a silence needs an end and a reason: --for 2h --why "load test"');
      }
      const until = now + parseDuration(options.for, '--for');
      const by = personOf(options, context);
      const silence = { id: randomUUID(), rule, from: now, until, by, reason: options.why };
      await addSilence(ledger.db, silence);
      const when = instantText(until, config.timezone);
      say(invocation, silenceView(silence), `${rule} is silent until ${when}.`);
      return EXIT.done;
    }),
};

/** Deliveries that were given up start anew. */
export const alertsRetryCommand: CliCommand<MarkOptions> = {
  name: 'alerts retry',
  summary: 'try again to deliver what was given up',
  setUp: (command) => command.option('--json', 'the count as one JSON object'),
  run: (invocation) =>
    withWriter(invocation, async ({ ledger }) => {
      const deliveries = await reviveDead(ledger.db, invocation.context.clock.now());
      const count = counted(deliveries, 'delivery').replace('ys', 'ies');
      say(invocation, { deliveries }, `${count} to try again.`);
      return EXIT.done;
    }),
};

/** What was done: for a script what the API answers to the same, for a person a sentence. */
function say({ options, context }: Invocation<MarkOptions>, done: object, sentence: string): void {
  context.stdout(options.json ? `${JSON.stringify(done)}\n` : `${sentence}\n`);
}

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
