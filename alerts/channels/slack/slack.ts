import { messageOf } from '../../message.ts';
import type { ChannelFactory } from '../channel-factory.ts';
import { httpSend } from '../http-send.ts';
import { slackConfig } from './config.ts';
import { slackPayload } from './wire.ts';

/** A Slack incoming webhook. */
export const slack: ChannelFactory<typeof slackConfig> = {
  kind: 'slack',
  schema: slackConfig,
  create: (name, config, { secret }) => ({
    name,
    send: (outgoing) =>
      httpSend({
        url: secret(config.webhook),
        headers: {},
        body: JSON.stringify(slackPayload(messageOf(outgoing), outgoing.notice.severity)),
        timeoutMs: config.timeoutMs,
        receiver: 'Slack',
      }),
  }),
};
