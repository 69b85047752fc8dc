import { durationText, grouped, usdText } from '../../src/core/measure-text.ts';
import type { Saving } from './report-facts.ts';

/** What a change saves and, in the same breath, what its users would wait for it. */
export function savingSentence(saving: Saving): string {
  const { endpoint, change, perMonthNano } = saving;
  const price = latencyPrice(saving);
  return `${endpoint}: ${change} saves ${usdText(perMonthNano)} a month${price === null ? startsText(saving) : ` but costs latency: ${price}`}.`;
}

/** `213 more cold starts in the replay (40 → 253), each makes a request wait about 31 s`; `null`: none come. */
export function latencyPrice(saving: Saving): string | null {
  const { coldStartsBefore: before, coldStartsAfter: after, coldStartUs } = saving;
  if (after <= before) return null;
  const more = after - before;
  const wait =
    coldStartUs === null
      ? 'how long each makes a request wait is unknown'
      : `each makes a request wait about ${durationText(coldStartUs)}`;
  return `${grouped(more)} more cold start${more === 1 ? '' : 's'} in the replay (${grouped(before)} → ${grouped(after)}), ${wait}`;
}

function startsText({ coldStartsBefore: before, coldStartsAfter: after }: Saving): string {
  return after === before
    ? ', with as many cold starts'
    : `, with fewer cold starts (${grouped(before)} → ${grouped(after)} in the replay)`;
}
