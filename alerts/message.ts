import { instantText, isoInstant, measureText } from '../src/core/measure-text.ts';
import type { Evidence } from '../src/core/verdict.ts';
import type { OutgoingNotice } from '../src/ports/channel.ts';

/** One line of a message: what, and its value. */
export interface MessageLine {
  readonly name: string;
  readonly text: string;
}

/** A notice in words: each channel dresses the same lines in its own way. */
export interface Message {
  readonly title: string;
  readonly lines: readonly MessageLine[];
  readonly link: string;
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  crossed: 'Cost alert',
  forecast: 'Cost forecast',
  correction: 'Correction',
  burn_rate: 'Burn rate',
  cost_per_request: 'Cost per request',
  blind: 'Tripmeter is blind',
  sees_again: 'Tripmeter sees again',
  met: 'Migration trigger met',
  cleared: 'Migration trigger cleared',
  incident: 'Incident',
  outage: 'EMERGENCY, outage',
  ended: 'Incident over',
  spike: 'EMERGENCY, cost spike',
  spike_over: 'Cost spike over',
  checkpoint: 'Quarterly checkpoint',
  effective: 'EMERGENCY, residency requirement',
};

export function messageOf({ notice, link, test }: OutgoingNotice): Message {
  const { verdict } = notice;
  const word = KIND_WORDS[notice.kind] ?? notice.kind;
  const { start, end, label, zone } = { ...verdict.window, zone: verdict.zone };
  const span = start === end ? '' : `: ${instantText(start, zone)} to ${instantText(end, zone)}`;
  return {
    title: `${test ? '[TEST] ' : ''}${word}: ${verdict.headline}`,
    link,
    lines: [
      { name: 'What', text: verdict.reason },
      { name: 'Number', text: measureText(verdict.value, verdict.unit) },
      {
        name: 'Rule',
        text: `${verdict.title} (${notice.rule}), threshold ${measureText(verdict.threshold, verdict.unit)}`,
      },
      ...(notice.covers.length === 0
        ? []
        : [{ name: 'Also passed', text: notice.covers.map((usd) => `$${usd}`).join(', ') }]),
      { name: 'Window', text: `${label}${span}` },
      { name: 'Zone', text: zone },
      { name: 'Changed', text: notice.changed },
      ...verdict.evidence.flatMap(evidenceLine),
      { name: 'Next step', text: verdict.nextStep },
      { name: 'Decided', text: `${instantText(notice.at, zone)} (${isoInstant(notice.at)})` },
      ...(test
        ? [{ name: 'Test', text: 'This is a trial of the channel. Nothing happened.' }]
        : []),
    ],
  };
}

/** The message as plain text. */
export function messageText(message: Message): string {
  const width = Math.max(...message.lines.map(({ name }) => name.length));
  const lines = message.lines.map(({ name, text }) => `${`${name}:`.padEnd(width + 2)}${text}`);
  return `${message.title}\n\n${lines.join('\n')}\n\n${message.link}\n`;
}

function evidenceLine(evidence: Evidence): MessageLine[] {
  switch (evidence.kind) {
    case 'figure':
      return [{ name: evidence.name, text: measureText(evidence.value, evidence.unit) }];
    case 'text':
      return [{ name: evidence.name, text: evidence.text }];
    case 'series':
      // A chart belongs on the page that the link opens.
      return [];
  }
}
