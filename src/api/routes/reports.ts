import { z } from 'zod';
import { problem } from '../problem.ts';
import { type Route, type RouteReply, route } from '../route.ts';

/** What the routes show; every method throws RangeError for a period that is none. */
export interface ReportPages {
  /** The model as JSON. */
  view(period: string): Promise<object>;
  /** A page that stands alone. */
  page(period: string): Promise<string>;
  listPage(): Promise<string>;
  list(): Promise<readonly object[]>;
}

const HTML = 'text/html; charset=utf-8';
const NO_QUERY = z.strictObject({});

/** Reports: as the mail shows them, and as scripts read them. */
export function reportRoutes(pages: ReportPages): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/reports',
      summary: 'Weeks and quarters that can be reported, newest first.',
      query: NO_QUERY,
      response: z.object({
        reports: z.array(
          z.object({ period: z.string(), kind: z.string(), sentAt: z.string().nullable() }),
        ),
      }),
      handle: async () => ({ json: { reports: await pages.list() } }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/reports/:period',
      summary: 'The report of a week (2026-W47) or a quarter (2026-Q4).',
      query: NO_QUERY,
      response: z.looseObject({ period: z.string(), sections: z.array(z.looseObject({})) }),
      handle: async (_, { params }) =>
        answer(async () => ({ json: await pages.view(params.period ?? '') })),
    }),
    route({
      method: 'GET',
      path: '/reports',
      summary: 'The list of reports as a page.',
      query: NO_QUERY,
      response: z.string(),
      handle: async () => ({ body: await pages.listPage(), contentType: HTML }),
    }),
    route({
      method: 'GET',
      path: '/reports/:period',
      summary: 'A report as a page: what the mail shows.',
      query: NO_QUERY,
      response: z.string(),
      handle: async (_, { params }) =>
        answer(async () => ({ body: await pages.page(params.period ?? ''), contentType: HTML })),
    }),
  ];
}

async function answer(make: () => Promise<RouteReply>): Promise<RouteReply> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return problem(404, error.message);
  }
}
