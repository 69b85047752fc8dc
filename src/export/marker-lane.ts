import { MICROS_PER_SECOND } from '../core/units.ts';
import type { AlertItem } from '../ports/export-source.ts';
import { type HttpPost, httpPost } from './http-post.ts';
import type { SinkLane } from './sink.ts';

/** A line across Honeycomb's charts where a rule began to fire. `post` goes to `/1/markers/__all__`. */
export function markerLane(post: HttpPost): SinkLane {
  const json = { ...post, headers: { ...post.headers, 'content-type': 'application/json' } };
  return {
    stream: 'markers',
    batchItems: 1,
    deliver: async (items, { signal }) => {
      for (const item of items) {
        if (item.kind !== 'alert') continue;
        const delivery = await httpPost(json, markerBody(item), signal, () => ({
          kind: 'accepted',
        }));
        if (delivery.kind !== 'accepted') return delivery;
      }
      return { kind: 'accepted' };
    },
  };
}

const MESSAGE_CHARACTERS = 500;

function markerBody({ event }: AlertItem): string {
  const message = `${event.title}: ${event.reason}`.slice(0, MESSAGE_CHARACTERS);
  const start_time = Math.floor(event.at / MICROS_PER_SECOND);
  return JSON.stringify({ message, type: 'alert', start_time });
}
