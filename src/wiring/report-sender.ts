import { mailerSettings } from '../../alerts/channels/email/email.ts';
import type { Mailer } from '../../alerts/channels/email/mailer.ts';
import type { Report } from '../../alerts/weekly-report/report.ts';
import type { Config } from '../config/config.ts';
import type { SendResult } from '../ports/channel.ts';
import { secretOf } from './secret-of.ts';

/** Sends reports by the email channel, to the report's own recipients or to the channel's. */
export interface ReportSender {
  readonly recipients: readonly string[];
  /** Sends once. Never rejects. */
  send(report: Report, to: string): Promise<SendResult>;
}

/** `null`: no email is configured. @throws Error when a secret is missing. */
export function reportSender(config: Config): ReportSender | null {
  const { email } = config.channels;
  if (email === undefined) return null;
  let mailer: Mailer | null = null;
  return {
    recipients: config.report.to ?? email.to,
    send: async (report, to) => {
      // Charts and their library are needed once a week: the office does not hold them all the time.
      const [{ createMailer }, { reportMail }] = await Promise.all([
        import('../../alerts/channels/email/mailer.ts'),
        import('../../alerts/weekly-report/report-mail.ts'),
      ]);
      mailer ??= createMailer(
        mailerSettings(email, {
          secret: (reference) => secretOf(config, reference),
          now: () => report.generatedAt,
        }),
      );
      return mailer.send(reportMail(report, { from: email.from, to }));
    },
  };
}

/** From whom and to whom a report is written that nobody sends. */
export function senderOf({ channels, report }: Config): {
  readonly from: string;
  readonly to: string;
} {
  const { email } = channels;
  return {
    from: email?.from ?? 'tripmeter <tripmeter@localhost>',
    to: report.to?.[0] ?? email?.to[0] ?? 'you@localhost',
  };
}
