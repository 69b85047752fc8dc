import { z } from 'zod';
import { OUTCOMES } from '../../core/outcome.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { findRequest, listRequests } from '../../ledger/queries/requests.ts';
import { problem } from '../problem.ts';
import { type Route, route } from '../route.ts';

/** An instant in a query; microseconds inside. */
export const instant = z
  .string()
  .refine((text) => Number.isFinite(Date.parse(text)), {
    error: 'write an instant: 2026-11-24T09:00:00Z',
  })
  .transform((text) => Date.parse(text) * 1_000);

const query = z.strictObject({
  since: instant.optional().describe('Started at or after.'),
  until: instant.optional().describe('Started before.'),
  endpoint: z.string().optional(),
  operation: z.string().optional(),
  client: z.string().optional(),
  group: z.string().optional(),
  outcome: z.enum(OUTCOMES).optional(),
  state: z.enum(['open', 'closed']).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(50),
  cursor: z.string().optional().describe('`next` of the page before.'),
});

const text = z.string().nullable();
const number = z.number().nullable();
const request = z.object({
  ...{ id: z.string(), endpoint: z.string(), operation: text, client: text, group: text },
  ...{ method: z.string(), path: z.string(), startedAt: z.string(), state: z.string() },
  ...{ outcome: text, status: number, errorClass: text, paid: text, diagnosis: text },
  ...{ durationMs: number, ttfbMs: number, firstTokenMs: number, overheadMs: number },
  ...{ queueMs: number, bytesIn: number, bytesOut: number, chunks: number },
  ...{ streamed: z.boolean().nullable(), legs: number, model: text },
  ...{ tokensIn: number, tokensOut: number, tokensCached: number, functionCallId: text },
  ...{ containerId: text, coldStart: z.boolean().nullable(), gpuSeconds: number },
  costUsd: z.object({ exec: text, overhead: text, total: text, low: text, high: text }),
  ...{ costState: text, attribution: text, priceId: text, traceId: z.string(), spanId: text },
});

/** The last requests, open ones included, and a single one. */
export function requestRoutes({ db }: Ledger): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/requests',
      summary: 'Requests, newest first.',
      query,
      response: z.object({ requests: z.array(request), next: text }),
      handle: async (filter) => {
        try {
          return { json: await listRequests(db, definedOnly(filter)) };
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          return problem(400, `cursor: ${error.message}`);
        }
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/requests/:id',
      summary: 'One request.',
      query: z.strictObject({}),
      response: request,
      handle: async (_query, { params }) => {
        const found = await findRequest(db, params.id ?? '');
        if (found !== null) return { json: found };
        return problem(404, 'no such request');
      },
    }),
  ];
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function definedOnly<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => each !== undefined),
  ) as Defined<T>;
}
