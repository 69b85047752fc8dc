import { CHANNELS } from '../../alerts/channels/registry.ts';
import type { Route } from '../../alerts/engine.ts';
import type { Config } from '../config/config.ts';
import type { SecretReference } from '../config/secret.ts';
import type { Channel } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import { secretOf } from './secret-of.ts';

export interface WiredChannels {
  readonly channels: readonly Channel[];
  readonly routes: readonly Route[];
}

/** The channels that are configured, each under the name of its kind. @throws Error on a missing secret. */
export function channelsOf(config: Config, clock: Clock): WiredChannels {
  const settings = {
    secret: (reference: SecretReference) => secretOf(config, reference),
    now: () => clock.now(),
  };
  const { email, slack, pagerduty, webhook } = config.channels;
  const channels: Channel[] = [];
  if (email) channels.push(CHANNELS.email.create('email', email, settings));
  if (slack) channels.push(CHANNELS.slack.create('slack', slack, settings));
  if (pagerduty) channels.push(CHANNELS.pagerduty.create('pagerduty', pagerduty, settings));
  if (webhook) channels.push(CHANNELS.webhook.create('webhook', webhook, settings));
  const routes = Object.entries({ email, slack, pagerduty, webhook }).flatMap(([channel, each]) =>
    each === undefined ? [] : [{ channel, minSeverity: each.minSeverity }],
  );
  return { channels, routes };
}
