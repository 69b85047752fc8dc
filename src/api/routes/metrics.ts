import { z } from 'zod';
import { type Route, route } from '../route.ts';

/** What Prometheus scrapes. */
export function metricsRoutes(
  read: () => Promise<{ body: string; contentType: string }>,
): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/metrics',
      summary: 'Metrics in the text format of Prometheus.',
      query: z.looseObject({}),
      response: z.string(),
      handle: () => read(),
    }),
  ];
}
