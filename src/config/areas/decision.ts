import { z } from 'zod';
import { DEFAULT_ALERT_SETTINGS, type DecisionSettings } from '../../core/alert-settings.ts';
import { NANO_PER_USD } from '../../core/units.ts';
import { calendarDay, endOfCalendarDay } from '../calendar-day.ts';
import { count, duration, positiveCount, positiveUsd, share, text, usd } from '../scalars.ts';

const DEFAULTS = DEFAULT_ALERT_SETTINGS.decision;
const { projection: PROJECTION } = DEFAULTS;

const multiCloud = z
  .strictObject({
    fixedUsd: z
      .record(z.string(), usd)
      .prefault(
        Object.fromEntries(PROJECTION.fixed.map(({ name, nano }) => [name, nano / NANO_PER_USD])),
      )
      .describe('Monthly fixed cost by part, e.g. { VPC: 40, NAT gateway: 45 }.'),
    usage: z
      .array(z.strictObject({ requests: positiveCount, usd }))
      .min(1, 'name at least one point')
      .refine(
        (points) =>
          points.every(
            ({ requests }, at) => at === 0 || requests > (points[at - 1]?.requests ?? 0),
          ),
        { error: 'points must rise by requests' },
      )
      .prefault(
        PROJECTION.usage.map(({ requests, nano }) => ({ requests, usd: nano / NANO_PER_USD })),
      )
      .describe('Monthly usage cost at volumes; straight lines between.'),
  })
  .prefault({})
  .describe('What a platform of several clouds would cost.');

export const decisionKeys = z.strictObject({
  requestsPerMonth: positiveCount.default(DEFAULTS.requestsPerMonth),
  monthlyUsd: positiveUsd.default(DEFAULTS.monthlyNano).describe('Egress or compute.'),
  minMonths: count.default(DEFAULTS.minMonths).describe('Months of production data.'),
  minCoverage: share.default(DEFAULTS.minCoverage).describe('Share of days with data.'),
  maxPaybackMonths: positiveCount.default(DEFAULTS.maxPaybackMonths),
  minRepeatableShare: share.default(DEFAULTS.minRepeatableShare),
  minEdgeShare: share.default(DEFAULTS.minEdgeShare),
  assumedEdgeSaving: duration.default(DEFAULTS.assumedEdgeSavingUs),
  multiCloud,
  migrationHours: count.default(PROJECTION.migrationHours),
  hourlyUsd: usd.default(PROJECTION.hourlyNano),
  delayCostUsd: usd.default(PROJECTION.delayCostNano),
  linearPerRequestUsd: usd
    .default(PROJECTION.linearPerRequestNano)
    .describe("The report's cost of a request on Modal, shown beside the measured one."),
  capacity: z
    .strictObject({
      who: text,
      until: calendarDay.describe('Last day, in `timezone`; then the declaration expires.'),
    })
    .nullable()
    .default(null)
    .describe('Who would do a migration, and until when they can.'),
});

export function decisionSettings(
  input: z.output<typeof decisionKeys>,
  timezone: string,
): DecisionSettings {
  const { capacity, multiCloud: platform } = input;
  return {
    requestsPerMonth: input.requestsPerMonth,
    monthlyNano: input.monthlyUsd,
    minMonths: input.minMonths,
    minCoverage: input.minCoverage,
    maxPaybackMonths: input.maxPaybackMonths,
    minRepeatableShare: input.minRepeatableShare,
    minEdgeShare: input.minEdgeShare,
    assumedEdgeSavingUs: input.assumedEdgeSaving,
    projection: {
      fixed: Object.entries(platform.fixedUsd).map(([name, nano]) => ({ name, nano })),
      usage: platform.usage.map((point) => ({ requests: point.requests, nano: point.usd })),
      migrationHours: input.migrationHours,
      hourlyNano: input.hourlyUsd,
      delayCostNano: input.delayCostUsd,
      linearPerRequestNano: input.linearPerRequestUsd,
    },
    capacity:
      capacity === null
        ? null
        : { who: capacity.who, until: endOfCalendarDay(capacity.until, timezone) },
  };
}
