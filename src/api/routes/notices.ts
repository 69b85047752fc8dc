import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { covers } from '../../../alerts/delivery.ts';
import { duration } from '../../config/quantity.ts';
import { MICROS_PER_DAY } from '../../core/units.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { acknowledge, findNotice, listNotices } from '../../ledger/queries/alerts.ts';
import { addSilence, endSilences, reviveDead, silencesAt } from '../../ledger/queries/outbox.ts';
import type { Silence } from '../../ports/alerts.ts';
import type { Clock } from '../../ports/clock.ts';
import { noticeView } from '../../status/notice-view.ts';
import { silenceView } from '../../status/silence-view.ts';
import { problem } from '../problem.ts';
import { type Route, route } from '../route.ts';

export interface NoticeRouteParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Ids of every rule, for silences. */
  readonly rules: readonly string[];
}

const text = z.string().nullable();
const person = z.string().min(1).max(200);
const notice = z.object({
  ...{ key: z.string(), at: z.string(), rule: z.string(), period: z.string() },
  ...{ subject: z.string(), kind: z.string(), severity: z.string(), headline: z.string() },
  ...{ reason: z.string(), covers: z.array(z.string()), acknowledgedAt: text },
  acknowledgedBy: text,
  deliveries: z.array(
    z.object({
      ...{ channel: z.string(), status: z.string(), attempts: z.number() },
      ...{ nextAt: text, deliveredAt: text, lastError: text },
    }),
  ),
});
const silence = z.object({
  ...{ id: z.string(), rule: z.string(), from: z.string(), until: z.string() },
  ...{ by: z.string(), reason: z.string() },
});
const NO_QUERY = z.strictObject({});

/** Notices: what was told, who has seen it, what is held back. The same as `tripmeter alerts …`. */
export function noticeRoutes(parts: NoticeRouteParts): readonly Route[] {
  return [...readRoutes(parts), ...markRoutes(parts), ...silenceRoutes(parts)];
}

function readRoutes({ ledger: { db }, clock }: NoticeRouteParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/notices',
      summary: 'Notices, newest first, and how their deliveries stand.',
      query: z.strictObject({
        days: z.coerce.number().int().min(1).max(400).default(90).describe('How far back.'),
        limit: z.coerce.number().int().min(1).max(1_000).default(50),
      }),
      response: z.object({ notices: z.array(notice) }),
      handle: async ({ days, limit }) => {
        const from = clock.now() - days * MICROS_PER_DAY;
        return { json: { notices: (await listNotices(db, { from, limit })).map(noticeView) } };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/notices/:key',
      summary: 'One notice, with its verdict. Its key is percent-encoded.',
      query: NO_QUERY,
      response: notice.extend({ verdict: z.looseObject({}) }),
      handle: async (_query, { params }) => {
        const found = await findNotice(db, params.key ?? '');
        if (found === null) return problem(404, NO_SUCH_NOTICE);
        return { json: { ...noticeView(found), verdict: found.notice.verdict } };
      },
    }),
  ];
}

const NO_SUCH_NOTICE = 'no notice has this key; /api/v1/notices lists them';

function markRoutes({ ledger: { db }, clock }: NoticeRouteParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/notices/:key/acknowledge',
      summary: 'Marks a notice as seen by somebody.',
      query: NO_QUERY,
      body: z.strictObject({ by: person }),
      response: notice,
      handle: async (_query, { params, json }) => {
        const { by } = json as { by: string };
        const key = params.key ?? '';
        const known = await acknowledge(db, key, { at: clock.now(), by });
        const found = known ? await findNotice(db, key) : null;
        return found === null ? problem(404, NO_SUCH_NOTICE) : { json: noticeView(found) };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/notices/retry',
      summary: 'Tries again to deliver what was given up.',
      query: NO_QUERY,
      body: NO_QUERY,
      response: z.object({ deliveries: z.number() }),
      handle: async () => ({ json: { deliveries: await reviveDead(db, clock.now()) } }),
    }),
  ];
}

const newSilence = z.strictObject({
  rule: z.string().describe('A rule, or the start of several: `budget.*`.'),
  for: duration.describe('How long: 2h, 3d.'),
  reason: z.string().min(1).max(1_000),
  by: person,
});

function silenceRoutes({ ledger: { db }, clock, rules }: NoticeRouteParts): Route[] {
  const unknown = (rule: string) =>
    rules.some((id) => covers(rule, id))
      ? null
      : problem(400, `${JSON.stringify(rule)} is no rule; there are ${rules.join(', ')}`);
  return [
    route({
      method: 'GET',
      path: '/api/v1/silences',
      summary: 'Silences that hold now.',
      query: NO_QUERY,
      response: z.object({ silences: z.array(silence) }),
      handle: async () => ({
        json: { silences: (await silencesAt(db, clock.now())).map(silenceView) },
      }),
    }),
    route({
      method: 'POST',
      path: '/api/v1/silences',
      summary: 'Holds the notices of a rule back for a while.',
      query: NO_QUERY,
      body: newSilence,
      response: silence,
      handle: async (_query, { json }) => {
        const { rule, for: length, reason, by } = json as z.output<typeof newSilence>;
        const from = clock.now();
        const made: Silence = {
          ...{ id: randomUUID(), rule, from, until: from + length, by, reason },
        };
        const refused = unknown(rule);
        if (refused !== null) return refused;
        await addSilence(db, made);
        return { json: silenceView(made), status: 201 };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/silences/end',
      summary: 'Ends the silences of a rule now, and frees what they held back.',
      query: NO_QUERY,
      body: z.strictObject({ rule: z.string() }),
      response: z.object({ ended: z.number() }),
      handle: async (_query, { json }) => {
        const { rule } = json as { rule: string };
        const refused = unknown(rule);
        return refused ?? { json: { ended: await endSilences(db, rule, clock.now()) } };
      },
    }),
  ];
}
