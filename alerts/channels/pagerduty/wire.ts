import { isoInstant } from '../../../src/core/measure-text.ts';
import type { OutgoingNotice } from '../../../src/ports/channel.ts';
import type { Message } from '../../message.ts';

/** PagerDuty cuts longer ones. */
const LONGEST_SUMMARY = 1_024;
const LONGEST_KEY = 255;

/** Kinds that end what another kind began. */
const RESOLVES = new Set(['ended', 'cleared', 'sees_again', 'spike_over']);

/** An event of the Events API v2. What ends an alert resolves the incident that it opened. */
export function pagerdutyEvent(outgoing: OutgoingNotice, message: Message, routingKey: string) {
  const { notice, test, id } = outgoing;
  return {
    routing_key: routingKey,
    event_action: RESOLVES.has(notice.kind) ? 'resolve' : 'trigger',
    dedup_key: (test ? id : dedupKey(outgoing)).slice(0, LONGEST_KEY),
    client: 'tripmeter',
    client_url: message.link,
    payload: {
      summary: message.title.slice(0, LONGEST_SUMMARY),
      source: 'tripmeter',
      severity: notice.severity,
      timestamp: isoInstant(notice.at),
      component: notice.subject === '' ? notice.rule : notice.subject,
      group: notice.rule,
      class: notice.kind,
      custom_details: Object.fromEntries(message.lines.map(({ name, text }) => [name, text])),
    },
    links: [{ href: message.link, text: 'Open in tripmeter' }],
  };
}

/** What belongs to one alert: an incident and the outage it becomes share it, and so does its end. */
function dedupKey({ notice }: OutgoingNotice): string {
  const { rule, period, subject } = notice.verdict;
  return `tripmeter/${rule === 'emergency.outage' ? 'emergency.incident' : rule}/${period}/${subject}`;
}
