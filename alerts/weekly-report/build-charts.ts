import type { AlertSettings } from '../../src/core/alert-settings.ts';
import { forecastMonth } from '../../src/core/forecast.ts';
import { hourSeries } from '../../src/core/hour-series.ts';
import { linearCurve, multiCloudCurve } from '../../src/core/projection.ts';
import { forecastInput, monthSpend } from '../../src/core/spend-facts.ts';
import { MICROS_PER_DAY } from '../../src/core/units.ts';
import { daysBetween } from '../../src/core/zoned-time.ts';
import { rowsOfDays } from './daily-rows.ts';
import type { ReportCharts } from './report.ts';
import type { ReportFacts } from './report-facts.ts';
import { triggersOf } from './sections/triggers.ts';

/** Days that the charts of usage look back at least. */
const LOOK_BACK_DAYS = 28;

export function buildCharts(given: ReportFacts, settings: AlertSettings): ReportCharts {
  const { facts, usage, endpoints, decision } = given;
  const { zone } = facts;
  return {
    spend: spendData(given, settings),
    triggers: triggersOf(given.verdicts).map(({ title, state, value, threshold, unit }) => ({
      ...{ title, state, value, threshold, unit },
    })),
    requests: { zone, days: requestDays(given) },
    latency: {
      zone,
      points: usage.days.map(({ day, p50Us, p95Us }) => ({
        at: Math.round((day.start + day.end) / 2),
        p50Us,
        p95Us,
      })),
      objectiveUs: strictest(facts.latency.map(({ objectiveUs }) => objectiveUs)),
    },
    money: {
      rows: endpoints.map(({ endpoint, lines }) => ({
        label: endpoint ?? 'billed beyond the endpoints',
        parts: {
          busy: lines.busyNano,
          cold: lines.coldNano,
          idle: lines.idleNano,
          standing: lines.standingNano,
          tokens: lines.tokensNano,
          failed: lines.failedNano,
          unexplained: lines.residualNano,
        },
      })),
    },
    projection: {
      modal: given.measured ?? [],
      multiCloud: multiCloudCurve(settings.decision.projection),
      modalLinear: linearCurve(settings.decision.projection.linearPerRequestNano),
      projection: {
        requests: decision.projection.requests,
        breakEvenRequests: decision.projection.breakEvenRequests,
      },
    },
  };
}

function spendData({ facts, asOf }: ReportFacts, settings: AlertSettings): ReportCharts['spend'] {
  const { month, nano } = monthSpend(facts);
  const series = hourSeries(facts.hours, (hour) => hour.spendNano);
  const days = daysBetween(month.start, asOf + 1, facts.zone);
  return {
    zone: facts.zone,
    month,
    now: asOf,
    spent: days.map(({ end }, index) => ({
      at: Math.min(end, asOf),
      // What is open belongs to the last point, as it does to the month's figure.
      nano: index === days.length - 1 ? nano : series.sum(month.start, end),
    })),
    forecast: forecastMonth(forecastInput(facts)),
    thresholdsNano: settings.budgets.monthlyNano,
  };
}

function requestDays(given: ReportFacts): ReportCharts['requests']['days'] {
  const { facts, period } = given;
  const first = facts.firstRequestAt;
  if (first === null) return [];
  const wanted = Math.min(period.start, period.end - LOOK_BACK_DAYS * MICROS_PER_DAY);
  const from = Math.max(wanted, Math.min(first, period.start), facts.hoursFrom);
  return rowsOfDays(given, from).map(({ day, requests, successes }) => ({
    day,
    succeeded: successes,
    failed: requests - successes,
  }));
}

function strictest(objectives: readonly number[]): number | null {
  return objectives.length === 0 ? null : Math.min(...objectives);
}
