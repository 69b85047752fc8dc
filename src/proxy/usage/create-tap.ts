import type { BodyRule } from '../../core/endpoint.ts';
import { DECODABLE, DecodingTap } from './decoding-tap.ts';
import { JsonTap } from './json-tap.ts';
import type { ResponseTap } from './response-tap.ts';
import { SseTap } from './sse-tap.ts';

/** The tap for a response, by what its headers say it is; `null` when there is nothing to read. */
export function createTap(
  rule: BodyRule,
  contentType: string | null,
  contentEncoding: string | null,
): ResponseTap | null {
  const tap = rule === 'none' ? null : tapFor(rule, contentType?.toLowerCase() ?? '');
  const coding = contentEncoding?.trim().toLowerCase() ?? 'identity';
  if (tap === null || coding === 'identity' || coding === '') {
    return tap;
  }
  return DECODABLE.has(coding) ? new DecodingTap(coding, tap) : null;
}

function tapFor(rule: BodyRule, contentType: string): ResponseTap | null {
  if (contentType.startsWith('text/event-stream')) {
    return new SseTap(rule);
  }
  return /^application\/([\w.+-]*\+)?json/.test(contentType) ? new JsonTap(rule) : null;
}
