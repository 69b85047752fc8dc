import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { OutgoingNotice, SendResult } from '../../../src/ports/channel.ts';
import { messageOf, messageText } from '../../message.ts';
import type { ChannelFactory, ChannelSettings } from '../channel-factory.ts';
import { emailConfig } from './config.ts';
import type { Mailer } from './mailer.ts';
import { messageHtml } from './message-html.ts';

/** Mail by SMTP. The Message-ID is fixed for a notice, so a copy sent twice folds into one. */
export const email: ChannelFactory<typeof emailConfig> = {
  kind: 'email',
  schema: emailConfig,
  create: (name, config, settings) => {
    let made: Mailer | null = null;
    const mailer = async () => {
      // The library is large, and a healthy system seldom writes.
      const { createMailer } = await import('./mailer.ts');
      made ??= createMailer(mailerSettings(config, settings));
      return made;
    };
    return {
      name,
      send: async (outgoing) => sendNotice(await mailer(), config, outgoing),
      verify: async () => (await mailer()).verify(),
    };
  },
};

type EmailConfig = z.output<typeof emailConfig>;

function sendNotice(
  mailer: Mailer,
  config: EmailConfig,
  outgoing: OutgoingNotice,
): Promise<SendResult> {
  const message = messageOf(outgoing);
  return mailer.send({
    messageId: `${createHash('sha256').update(outgoing.id).digest('hex').slice(0, 32)}@${domainOf(config.from)}`,
    to: config.to,
    subject: `[tripmeter] ${message.title}`,
    text: messageText(message),
    html: messageHtml(message),
    headers: { 'X-Tripmeter-Rule': outgoing.notice.rule, 'X-Tripmeter-Notice': outgoing.id },
    attachments: [],
  });
}

/** Settings of the mailer behind an email channel; the weekly report sends by the same. */
export function mailerSettings(config: EmailConfig, { secret }: ChannelSettings) {
  return {
    smtp: config.smtp,
    password: config.password === undefined ? null : secret(config.password),
    from: config.from,
    tls: config.tls,
    timeoutMs: config.timeoutMs,
    ca: config.ca === undefined ? null : secret(config.ca),
    dkim:
      config.dkim === undefined
        ? null
        : {
            domain: config.dkim.domain,
            selector: config.dkim.selector,
            privateKey: secret(config.dkim.privateKey),
          },
  };
}

export function domainOf(address: string): string {
  return address.replace(/>$/, '').split('@').at(-1) ?? 'tripmeter.invalid';
}
