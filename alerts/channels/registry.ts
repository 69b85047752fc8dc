import { email } from './email/email.ts';
import { pagerduty } from './pagerduty/pagerduty.ts';
import { slack } from './slack/slack.ts';
import { webhook } from './webhook/webhook.ts';

/** Every kind of channel by the name that the configuration uses. */
export const CHANNELS = { email, slack, pagerduty, webhook } as const;
