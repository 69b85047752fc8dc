import { METRICS } from '../../../src/core/metric-names.ts';
import type { BoardDefinition } from './definition.ts';
import { COUNT, DAY, EVALUATIONS, HALF, REQUESTS, TILE, WEEK } from './queries.ts';

export const OVERVIEW: BoardDefinition = {
  id: 'overview',
  title: 'tripmeter: overview',
  about: 'How much, how well, how fast and how dear, at one look.',
  presetFilters: [
    { column: 'modal.endpoint', alias: 'Endpoint' },
    { column: 'request.operation', alias: 'Operation' },
    { column: 'request.client', alias: 'Client' },
  ],
  panels: [
    {
      kind: 'query',
      id: 'requests',
      title: 'Requests',
      about: 'Requests that ended, by outcome.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [COUNT],
        filters: [REQUESTS],
        breakdowns: ['request.outcome'],
        timeRangeSeconds: DAY,
      },
      charts: [{ type: 'stacked' }],
      metrics: {
        unit: 'reqps',
        chart: 'timeseries',
        queries: [
          {
            expression: `sum by (outcome) (rate(${METRICS.requests.name}[5m]))`,
            legend: '{{outcome}}',
          },
        ],
      },
    },
    {
      kind: 'query',
      id: 'duration',
      title: 'Duration',
      about: 'Start to the client’s end: all requests, and the slow end.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [
          { op: 'HEATMAP', column: 'duration_ms' },
          { op: 'P95', column: 'duration_ms' },
        ],
        filters: [REQUESTS],
        timeRangeSeconds: DAY,
      },
      charts: [{ type: 'default', logScale: true }, { type: 'line' }],
      metrics: {
        unit: 's',
        chart: 'timeseries',
        queries: [0.5, 0.95, 0.99].map((quantile) => ({
          expression: `max(${METRICS.requestDuration.name}{quantile="${quantile}"})`,
          legend: `p${quantile * 100}`,
        })),
      },
    },
    {
      kind: 'query',
      id: 'month-spend',
      title: 'Spend this month',
      about: 'The figure that budgets are compared with, from the latest evaluation.',
      size: TILE,
      style: 'graph',
      query: {
        calculations: [{ op: 'MAX', column: 'cost.mtd_usd' }],
        filters: [EVALUATIONS],
        timeRangeSeconds: DAY,
      },
      charts: [{ type: 'stat' }],
      metrics: {
        unit: 'currencyUSD',
        chart: 'stat',
        queries: [{ expression: `sum(${METRICS.monthCostUsd.name})`, legend: 'this month' }],
      },
    },
    {
      kind: 'query',
      id: 'gpu-seconds',
      title: 'GPU time',
      about: 'GPU-seconds of requests, by GPU.',
      size: TILE,
      style: 'graph',
      query: {
        calculations: [{ op: 'SUM', column: 'modal.gpu.seconds' }],
        filters: [REQUESTS],
        breakdowns: ['modal.gpu.type'],
        timeRangeSeconds: DAY,
      },
      charts: [{ type: 'stacked' }],
      metrics: {
        unit: 's',
        chart: 'stat',
        queries: [{ expression: METRICS.monthGpuSeconds.name, legend: 'this month' }],
      },
    },
    {
      kind: 'query',
      id: 'endpoints',
      title: 'Endpoints',
      about: 'The week by endpoint.',
      size: { width: 6, height: 3 },
      style: 'table',
      query: {
        calculations: [
          COUNT,
          { op: 'P95', column: 'duration_ms' },
          { op: 'AVG', column: 'request.success' },
          { op: 'SUM', column: 'cost.total_usd' },
        ],
        filters: [REQUESTS],
        breakdowns: ['modal.endpoint'],
        orderBy: COUNT,
        timeRangeSeconds: WEEK,
      },
    },
    {
      kind: 'query',
      id: 'sent-twice',
      title: 'Sent and distinct requests',
      about:
        'A resend after a cut connection may count twice here; the ledger has each request once. Where the ' +
        'two differ, sums of this dataset are too high by as much.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [COUNT, { op: 'COUNT_DISTINCT', column: 'request.id' }],
        filters: [REQUESTS],
        timeRangeSeconds: DAY,
      },
    },
    {
      kind: 'text',
      id: 'where-truth-is',
      size: HALF,
      markdown:
        'Spans are sent from **tripmeter**’s ledger, at least once. Cost on a request’s span is what was known ' +
        'when it was sent; `cost.settled` spans carry the final figures. The ledger and its dashboard stay ' +
        'the authority; these boards are compiled from code (`tripmeter honeycomb plan`), so edit them there.',
    },
  ],
};
