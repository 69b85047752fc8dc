import { createTransport, type SendMailOptions } from 'nodemailer';
import type { SendResult } from '../../../src/ports/channel.ts';

export interface MailerSettings {
  readonly smtp: string;
  readonly password: string | null;
  readonly from: string;
  readonly tls: 'required' | 'opportunistic';
  readonly timeoutMs: number;
  /** PEM of a private authority; `null`: the system's. */
  readonly ca: string | null;
  readonly dkim: {
    readonly domain: string;
    readonly selector: string;
    readonly privateKey: string;
  } | null;
}

export interface Mail {
  /** Without angle brackets. The same on every attempt. */
  readonly messageId: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments: NonNullable<SendMailOptions['attachments']>;
}

export interface Mailer {
  /** Sends once. Never rejects. */
  send(mail: Mail): Promise<SendResult>;
  /** Connects and logs in without sending: for `check`. */
  verify(): Promise<SendResult>;
}

/**
 * SMTP by nodemailer. Every wait has an end. A refusal (5xx, wrong password) is final; everything else,
 * also a connection lost after the message was handed over, is tried again with the same Message-ID.
 */
export function createMailer(settings: MailerSettings): Mailer {
  const { hostname, port, username, protocol } = new URL(settings.smtp);
  const secure = protocol === 'smtps:';
  const transport = createTransport({
    host: hostname,
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: settings.tls === 'required' && !secure,
    ...(username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: settings.password ?? '' } }),
    ...(settings.ca === null ? {} : { tls: { ca: settings.ca } }),
    connectionTimeout: settings.timeoutMs,
    greetingTimeout: settings.timeoutMs,
    socketTimeout: settings.timeoutMs,
    ...(settings.dkim === null
      ? {}
      : {
          dkim: {
            domainName: settings.dkim.domain,
            keySelector: settings.dkim.selector,
            privateKey: settings.dkim.privateKey,
          },
        }),
    // Files and addresses to fetch have no place in a notice.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: (mail) => attempt(transport.sendMail(optionsOf(mail, settings.from))),
    verify: () => attempt(transport.verify()),
  };
}

/** The mail as a file: what `send` would hand to the server, without a signature. */
export async function composeMail(mail: Mail, from: string): Promise<Uint8Array> {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message } = await transport.sendMail(optionsOf(mail, from));
  return message as Buffer;
}

function optionsOf(mail: Mail, from: string): SendMailOptions {
  return {
    ...mail,
    from,
    to: [...mail.to],
    messageId: `<${mail.messageId}>`,
    headers: { 'Auto-Submitted': 'auto-generated', ...mail.headers },
  };
}

async function attempt(work: Promise<unknown>): Promise<SendResult> {
  try {
    await work;
    return { ok: true };
  } catch (error) {
    return failureOf(error);
  }
}

/** What the server said is left out: it repeats addresses, and sometimes the user. */
function failureOf(error: unknown): SendResult {
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  const status = responseCode === undefined ? '' : ` with ${responseCode}`;
  const final = code === 'EAUTH' || (responseCode !== undefined && responseCode >= 500);
  return {
    ok: false,
    retryable: !final,
    error: final
      ? `the mail server refused${status} (${code ?? 'no code'})`
      : `the mail server could not take the message${status} (${code ?? 'no code'})`,
    retryAfterUs: null,
  };
}
