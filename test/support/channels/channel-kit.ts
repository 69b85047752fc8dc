import type { z } from 'zod';
import type { ChannelFactory } from '../../../alerts/channels/channel-factory.ts';
import { testNotice } from '../../../alerts/test-notice.ts';
import type { Channel, OutgoingNotice, SendResult } from '../../../src/ports/channel.ts';

/** The hour at which notices of these tests are sent. */
export const NOW = Date.UTC(2026, 10, 24, 9) * 1_000;

/** A notice on its way, with what a test changes about it. */
export const outgoing = (change: Partial<OutgoingNotice> = {}): OutgoingNotice => ({
  id: 'budget.crossed/2026-11/500/crossed/x',
  notice: testNotice(NOW, 'Europe/Berlin'),
  link: 'http://127.0.0.1:8788/alerts',
  test: false,
  ...change,
});

/** A channel as the configuration would make it, with the secrets it names. */
export function makeChannel(
  factory: ChannelFactory<z.ZodType>,
  config: object,
  secrets: Record<string, string>,
): Channel {
  return factory.create('x', factory.schema.parse(config) as never, {
    secret: (reference) => ('env' in reference ? (secrets[reference.env] ?? '') : ''),
    now: () => NOW,
  });
}

/** What went wrong, or null when the notice was accepted. */
export const failure = (result: SendResult) => (result.ok ? null : result);
