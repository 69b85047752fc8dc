import { z } from 'zod';
import { type Route, route } from '../route.ts';

/** The same object as `tripmeter status --json`. */
export function statusRoutes(status: () => Promise<object>): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/status',
      summary: 'Spend, alerts, triggers, emergencies, the decision, export, journal, health.',
      query: z.strictObject({}),
      response: z.looseObject({
        spend: z.looseObject({ month: z.string(), usd: z.string() }),
        alerts: z.array(z.looseObject({})),
        triggers: z.array(z.looseObject({})),
        emergencies: z.array(z.looseObject({})),
        decision: z.looseObject({}),
        export: z.array(z.looseObject({})),
        journal: z.looseObject({}),
        records: z.looseObject({ rejected: z.number() }),
        proxy: z.looseObject({}).nullable(),
        health: z.looseObject({}),
      }),
      handle: async () => ({ json: await status() }),
    }),
  ];
}
