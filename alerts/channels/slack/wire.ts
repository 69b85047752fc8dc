import type { Severity } from '../../../src/core/verdict.ts';
import type { Message } from '../../message.ts';

const COLOURS: Record<Severity, string> = {
  info: '#3b7dd8',
  warning: '#d8973b',
  critical: '#d83b3b',
};
/** Slack refuses longer section texts. */
const LONGEST_TEXT = 2_900;

/** Body of an incoming webhook: `text` is what a phone shows, the attachment carries the lines. */
export function slackPayload(message: Message, severity: Severity) {
  const lines = message.lines.map(({ name, text }) => `*${escaped(name)}:* ${escaped(text)}`);
  const body = lines.join('\n').slice(0, LONGEST_TEXT);
  return {
    text: escaped(message.title),
    attachments: [
      {
        color: COLOURS[severity],
        blocks: [
          { type: 'section', text: { type: 'mrkdwn', text: body } },
          {
            type: 'actions',
            elements: [
              { type: 'button', text: { type: 'plain_text', text: 'Open' }, url: message.link },
            ],
          },
        ],
      },
    ],
  };
}

/** The three characters that Slack's markup gives a meaning. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
