import { testNotice } from '../../../alerts/test-notice.ts';
import { httpOrigin } from '../../core/http-origin.ts';
import type { Channel, SendResult } from '../../ports/channel.ts';
import { channelsOf } from '../../wiring/channels-of.ts';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { configOf } from '../open-reader.ts';

/** A real delivery, marked as a trial. Needs no ledger and no running service. */
export const alertsTestCommand: CliCommand<{ readonly json?: true }> = {
  name: 'alerts test',
  summary: 'send a marked message through a channel, now',
  setUp: (command) =>
    command
      .argument('<channel>', 'email, slack, pagerduty or webhook')
      .option('--json', 'whether the channel took it, and if not why, as one JSON object'),
  run: async (invocation) => {
    const { args, options, context } = invocation;
    const config = configOf(invocation);
    const { channels } = channelsOf(config, context.clock);
    const channel = channels.find(({ name }) => name === args[0]);
    if (channel === undefined) {
      const names = channels.map(({ name }) => name).join(', ') || 'none';
      throw usageError(`no channel ${JSON.stringify(args[0])} is configured; configured: ${names}`);
    }
    const now = context.clock.now();
    const result = await channel.send({
      id: `test/${now}/${channel.name}`,
      notice: testNotice(now, config.timezone),
      link: `${httpOrigin(config.admin)}/`,
      test: true,
    });
    if (options.json) {
      context.stdout(`${JSON.stringify(view(channel, result))}\n`);
      return result.ok ? EXIT.done : EXIT.failed;
    }
    if (!result.ok) {
      const again = result.retryable
        ? 'A notice would be tried again'
        : 'A notice would be given up';
      throw new CliError(`${channel.name}: ${result.error}. ${again}; check its settings.`);
    }
    context.stdout(`${channel.name} took the message.\n`);
    return EXIT.done;
  },
};

/** What the API answers to the same. */
function view({ name }: Channel, result: SendResult) {
  return { channel: name, ok: result.ok, error: result.ok ? null : result.error };
}
