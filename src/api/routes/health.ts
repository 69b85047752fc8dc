import { z } from 'zod';
import type { Health } from '../../status/health.ts';
import { type Route, route } from '../route.ts';

const response = z.object({
  status: z.enum(['ok', 'degraded']),
  problems: z.array(z.string()).describe('What is wrong, in words.'),
});

/**
 * `/healthz` answers 200 as long as the process can answer: restart it only when it cannot.
 * `/readyz` answers 503 while records are at risk, so that a balancer may prefer another instance.
 */
export function healthRoutes(health: () => Health): readonly Route[] {
  const query = z.strictObject({});
  return [
    route({
      method: 'GET',
      path: '/healthz',
      summary: 'Alive. The body lists what is degraded.',
      query,
      response,
      handle: async () => ({ json: health() }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      summary: 'Ready: 200, or 503 while records are at risk.',
      query,
      response,
      handle: async () => {
        const state = health();
        return { json: state, status: state.status === 'ok' ? 200 : 503 };
      },
    }),
  ];
}
