import { z } from 'zod';
import { CHANNELS } from '../../../alerts/channels/registry.ts';

/** Each kind of channel brings its own schema; a new kind needs nothing here. */
export const channelKeys = {
  channels: z
    .strictObject({
      email: CHANNELS.email.schema.optional(),
      slack: CHANNELS.slack.schema.optional(),
      pagerduty: CHANNELS.pagerduty.schema.optional(),
      webhook: CHANNELS.webhook.schema.optional(),
    } satisfies Record<keyof typeof CHANNELS, z.ZodType>)
    .prefault({})
    .describe('Where notices go. Each gets those of its minSeverity and above.'),
};

/** What each kind's `create` takes. Secrets are still references: see `Config.secrets`. */
export type ChannelsConfig = z.output<typeof channelKeys.channels>;
