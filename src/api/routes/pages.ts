import { z } from 'zod';
import { COST_DIMENSIONS } from '../../ledger/queries/cost.ts';
import { problem } from '../problem.ts';
import { type Route, type RouteReply, route } from '../route.ts';

/** The pages for people. What takes a period throws RangeError for one that is none. */
export interface WebPages {
  overview(): Promise<string>;
  spend(month: string | null, by: (typeof COST_DIMENSIONS)[number]): Promise<string>;
  notices(): Promise<string>;
  notice(key: string): Promise<{ readonly page: string; readonly found: boolean }>;
}

const NO_QUERY = z.strictObject({});

/** What a browser opens: plain HTML, no script. Reports have routes of their own. */
export function pageRoutes(pages: WebPages): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/',
      summary: 'The decision, the month and the recorder, as a page.',
      query: NO_QUERY,
      response: z.string(),
      handle: async () => htmlReply(await pages.overview()),
    }),
    route({
      method: 'GET',
      path: '/spend',
      summary: 'Where a month went, as a page.',
      query: z.strictObject({
        month: z.string().optional().describe('2026-11, 2026-W47, 2026-11-24 or 2026-Q4.'),
        by: z.enum(COST_DIMENSIONS).default('operation'),
      }),
      response: z.string(),
      handle: async ({ month, by }) => {
        try {
          return htmlReply(await pages.spend(month ?? null, by));
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          return problem(400, `month ${error.message}`);
        }
      },
    }),
    route({
      method: 'GET',
      path: '/notices',
      summary: 'Notices of the last 90 days, as a page.',
      query: NO_QUERY,
      response: z.string(),
      handle: async () => htmlReply(await pages.notices()),
    }),
    route({
      method: 'GET',
      path: '/notices/:key',
      summary: 'One notice with its evidence and its deliveries, as a page.',
      query: NO_QUERY,
      response: z.string(),
      handle: async (_query, { params }) => {
        const { page, found } = await pages.notice(params.key ?? '');
        return htmlReply(page, found ? 200 : 404);
      },
    }),
  ];
}

function htmlReply(body: string, status = 200): RouteReply {
  return { status, body, contentType: 'text/html; charset=utf-8' };
}
