import { createHash, createHmac } from 'node:crypto';
import { messageOf } from '../../message.ts';
import type { ChannelFactory } from '../channel-factory.ts';
import { httpSend } from '../http-send.ts';
import { webhookConfig } from './config.ts';
import { webhookBody } from './wire.ts';

/** A generic webhook, signed as Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`. */
export const webhook: ChannelFactory<typeof webhookConfig> = {
  kind: 'webhook',
  schema: webhookConfig,
  create: (name, config, { secret, now }) => ({
    name,
    send: (outgoing) => {
      const id = messageIdOf(outgoing.id);
      const timestamp = Math.floor(now() / 1_000_000);
      const body = JSON.stringify(webhookBody(outgoing, messageOf(outgoing)));
      const signature = signatureOf(`${id}.${timestamp}.${body}`, secret(config.secret));
      return httpSend({
        url: typeof config.url === 'string' ? config.url : secret(config.url),
        headers: {
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': `v1,${signature}`,
        },
        body,
        timeoutMs: config.timeoutMs,
        receiver: 'the webhook',
      });
    },
  }),
};

/** The specification joins id, time and body with dots, so the id must have none. */
function messageIdOf(id: string): string {
  return `msg_${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
}

function signatureOf(content: string, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(content).digest('base64');
}
