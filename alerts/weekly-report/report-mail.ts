import { domainOf } from '../channels/email/email.ts';
import { composeMail, type Mail } from '../channels/email/mailer.ts';
import { bareAddress, recipientHash } from './recipient-hash.ts';
import { renderCharts } from './render-charts.ts';
import type { Report } from './report.ts';
import { dailyCsv, reportCsv } from './report-csv.ts';
import { subjectOf } from './report-heading.ts';
import { reportHtml } from './report-html.ts';
import { reportText } from './report-text.ts';

/** The report as a mail to one recipient: text, HTML with its pictures inside, two CSV files. */
export function reportMail(
  report: Report,
  { from, to }: { readonly from: string; readonly to: string },
): Mail {
  const pictures = renderCharts(report);
  const { kind, period } = report;
  const name = `tripmeter-${period.label}`;
  const cid = (id: string) => `${id}.${period.label}@${domainOf(from)}`;
  return {
    messageId: reportMessageId(report, { from, to }),
    to: [to],
    subject: subjectOf(report),
    text: reportText(report),
    html: reportHtml(report, { pictures, sourceOf: ({ id }) => `cid:${cid(id)}` }),
    headers: {
      'X-Tripmeter-Report': `${kind}/${period.label}`,
      'List-Unsubscribe': `<mailto:${bareAddress(from)}?subject=Unsubscribe%20from%20the%20${kind}%20report>`,
    },
    attachments: [
      ...pictures.map(({ id, png }) => ({
        filename: `${id}.png`,
        content: Buffer.from(png),
        contentType: 'image/png',
        contentDisposition: 'inline' as const,
        cid: cid(id),
      })),
      {
        filename: `${name}-days.csv`,
        content: dailyCsv(report.days),
        contentType: 'text/csv; charset=utf-8',
      },
      {
        filename: `${name}-figures.csv`,
        content: reportCsv(report),
        contentType: 'text/csv; charset=utf-8',
      },
    ],
  };
}

/** The mail as an `.eml` file. */
export function composeReport(
  report: Report,
  parties: { readonly from: string; readonly to: string },
): Promise<Uint8Array> {
  return composeMail(reportMail(report, parties), parties.from);
}

/** The same for a period and a recipient at every attempt, so that a copy sent twice folds into one. */
function reportMessageId(
  { kind, period }: Pick<Report, 'kind' | 'period'>,
  { from, to }: { readonly from: string; readonly to: string },
): string {
  return `${kind}-${period.label}.${recipientHash(to)}@${domainOf(from)}`;
}
