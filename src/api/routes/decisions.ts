import { z } from 'zod';
import type { AlertEngine } from '../../../alerts/engine.ts';
import type { Evaluation } from '../../../alerts/lifecycle-evaluation.ts';
import { testNotice } from '../../../alerts/test-notice.ts';
import { isoInstant } from '../../core/measure-text.ts';
import { noticeKey } from '../../core/notice.ts';
import type { Projection } from '../../core/projection.ts';
import { type EpochMicros, MICROS_PER_DAY } from '../../core/units.ts';
import type { Channel } from '../../ports/channel.ts';
import type { Clock } from '../../ports/clock.ts';
import { projectionView } from '../../status/projection-view.ts';
import { problem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { instant } from './requests.ts';

interface BacktestSpan {
  readonly from: EpochMicros;
  readonly to: EpochMicros;
}

interface BacktestAnswer {
  readonly notices: readonly { readonly at: EpochMicros }[];
  readonly forecast: readonly object[];
}

/** A day takes an evaluation, and the office has other work. */
const BACKTEST_DAYS = 100;

export interface DecisionRouteParts {
  readonly alerts: AlertEngine;
  /** The same as of a past moment. */
  readonly evaluateAsOf: (at: EpochMicros) => Promise<Pick<Evaluation, 'verdicts' | 'notices'>>;
  /** What would have been told in a past period, and how good the forecast was. */
  readonly backtest: (span: BacktestSpan) => Promise<BacktestAnswer>;
  readonly clock: Clock;
  readonly zone: string;
  readonly channels: readonly Channel[];
  /** `null`: at the volume of the last 30 days. */
  readonly project: (requests: number | null) => Promise<Projection>;
  readonly link: () => string;
}

const NO_QUERY = z.strictObject({});
const usd = z.string().nullable();
const count = z.number().nullable();

/** Verdicts, the projection, a trial of a channel: the same as `tripmeter alerts …` and `tripmeter project`. */
export function decisionRoutes(parts: DecisionRouteParts): readonly Route[] {
  const { alerts, evaluateAsOf, clock, project } = parts;
  return [
    route({
      method: 'GET',
      path: '/api/v1/evaluation',
      summary: 'Every rule as of now or of another time. Nothing is kept or told.',
      query: z.strictObject({ at: instant.optional() }),
      response: z.object({
        at: z.string(),
        verdicts: z.array(z.looseObject({})),
        notices: z.array(z.looseObject({ key: z.string() })),
      }),
      handle: async ({ at }) => {
        const now = at ?? clock.now();
        if (now > clock.now()) return problem(400, '`at` lies ahead: nothing is known');
        const { verdicts, notices } =
          at === undefined ? await alerts.dryRun(now) : await evaluateAsOf(at);
        const wouldTell = notices.map((notice) => ({ key: noticeKey(notice), ...notice }));
        return { json: { at: isoInstant(now), verdicts, notices: wouldTell } };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/projection',
      summary: 'What Modal and the multi-cloud cost by volume, break-even, payback.',
      query: z.strictObject({
        requests: z.coerce
          .number()
          .int()
          .min(1)
          .optional()
          .describe('A month; default: those of the last 30 days.'),
      }),
      response: z.looseObject({
        ...{ at: z.string(), requests: z.number(), rows: z.array(z.looseObject({})) },
        ...{ breakEvenRequests: count, linearBreakEvenRequests: count },
        ...{ oneTimeUsd: usd, monthlySavingUsd: usd, paybackMonths: count },
      }),
      handle: async ({ requests }) => ({
        json: projectionView(await project(requests ?? null), clock.now()),
      }),
    }),
    backtestRoute(parts),
    trialRoute(parts),
  ];
}

function backtestRoute({ backtest, clock }: DecisionRouteParts): Route {
  return route({
    method: 'GET',
    path: '/api/v1/backtest',
    summary: 'What would have been told from `from` to `to`, and how good the forecast was.',
    query: z.strictObject({ from: instant, to: instant.optional() }),
    response: z.object({
      notices: z.array(z.looseObject({ at: z.string() })),
      forecast: z.array(z.looseObject({})),
    }),
    handle: async ({ from, to = clock.now() }) => {
      if (to > clock.now()) return problem(400, '`to` lies ahead: nothing is known');
      if (from >= to) return problem(400, '`from` must be before `to`');
      if (to - from > BACKTEST_DAYS * MICROS_PER_DAY) {
        return problem(
          400,
          `at most ${BACKTEST_DAYS} days; \`tripmeter alerts backtest\` takes any span`,
        );
      }
      const { notices, forecast } = await backtest({ from, to });
      const told = notices.map((notice) => ({ ...notice, at: isoInstant(notice.at) }));
      return { json: { notices: told, forecast } };
    },
  });
}

function trialRoute({ channels, clock, zone, link }: DecisionRouteParts): Route {
  return route({
    method: 'POST',
    path: '/api/v1/channels/:name/test',
    summary: 'Sends a marked message through a channel, now.',
    query: NO_QUERY,
    body: NO_QUERY,
    response: z.object({ channel: z.string(), ok: z.boolean(), error: z.string().nullable() }),
    handle: async (_query, { params }) => {
      const channel = channels.find(({ name }) => name === params.name);
      if (channel === undefined) {
        const names = channels.map(({ name }) => name).join(', ') || 'none';
        return problem(404, `no such channel is configured; configured: ${names}`);
      }
      const now = clock.now();
      const notice = testNotice(now, zone);
      const id = `test/${now}/${channel.name}`;
      const result = await channel.send({ id, notice, link: link(), test: true });
      const error = result.ok ? null : result.error;
      return {
        json: { channel: channel.name, ok: result.ok, error },
        status: result.ok ? 200 : 502,
      };
    },
  });
}
