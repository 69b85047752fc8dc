import { isoInstant } from '../core/measure-text.ts';
import type { Silence } from '../ports/alerts.ts';

/** A silence as scripts read it, on the command line and in the API. */
export function silenceView({ id, rule, from, until, by, reason }: Silence) {
  return { id, rule, from: isoInstant(from), until: isoInstant(until), by, reason };
}
