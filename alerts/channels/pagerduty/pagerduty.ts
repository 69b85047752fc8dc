import { messageOf } from '../../message.ts';
import type { ChannelFactory } from '../channel-factory.ts';
import { httpSend } from '../http-send.ts';
import { pagerdutyConfig } from './config.ts';
import { pagerdutyEvent } from './wire.ts';

/** PagerDuty Events API v2. */
export const pagerduty: ChannelFactory<typeof pagerdutyConfig> = {
  kind: 'pagerduty',
  schema: pagerdutyConfig,
  create: (name, config, { secret }) => ({
    name,
    send: (outgoing) =>
      httpSend({
        url: config.url,
        headers: {},
        body: JSON.stringify(
          pagerdutyEvent(outgoing, messageOf(outgoing), secret(config.routingKey)),
        ),
        timeoutMs: config.timeoutMs,
        receiver: 'PagerDuty',
      }),
  }),
};
