import { METRICS } from '../../../src/core/metric-names.ts';
import type { BoardDefinition, FilterDefinition } from './definition.ts';
import { COUNT, DAY, FULL, HALF, REQUESTS, THIRD, WEEK } from './queries.ts';

const FAILED: FilterDefinition = { column: 'tripmeter.failed', op: '=', value: 1 };

export const RELIABILITY: BoardDefinition = {
  id: 'reliability',
  title: 'tripmeter: reliability',
  about: 'What failed, where, and whether it was paid for.',
  presetFilters: [
    { column: 'modal.endpoint', alias: 'Endpoint' },
    { column: 'error.type', alias: 'Failure' },
  ],
  panels: [
    {
      kind: 'query',
      id: 'success-rate',
      title: 'Share that succeeded',
      about: '1 is all. A client that goes away counts as not succeeded.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [{ op: 'AVG', column: 'request.success' }],
        filters: [REQUESTS],
        breakdowns: ['modal.endpoint'],
        timeRangeSeconds: DAY,
      },
      charts: [{ type: 'line' }],
      metrics: {
        unit: 'percentunit',
        chart: 'timeseries',
        queries: [
          {
            expression:
              `sum by (endpoint) (rate(${METRICS.requests.name}{outcome="ok"}[5m])) / ` +
              `sum by (endpoint) (rate(${METRICS.requests.name}[5m]))`,
            legend: '{{endpoint}}',
          },
        ],
      },
    },
    {
      kind: 'query',
      id: 'failures',
      title: 'Failures by class',
      about: 'Modal’s edge, the container, the network, or the client.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [COUNT],
        filters: [REQUESTS, FAILED],
        breakdowns: ['error.type'],
        timeRangeSeconds: DAY,
      },
      charts: [{ type: 'stacked' }],
      metrics: {
        unit: 'reqps',
        chart: 'timeseries',
        queries: [
          {
            expression: `sum by (outcome) (rate(${METRICS.requests.name}{outcome!="ok"}[5m]))`,
            legend: '{{outcome}}',
          },
        ],
      },
    },
    {
      kind: 'query',
      id: 'status',
      title: 'HTTP status',
      about: 'As the client saw it.',
      size: THIRD,
      style: 'graph',
      query: {
        calculations: [COUNT],
        filters: [REQUESTS],
        breakdowns: ['http.response.status_code'],
        timeRangeSeconds: DAY,
      },
      charts: [{ type: 'stacked' }],
    },
    {
      kind: 'query',
      id: 'chains',
      title: 'Requests in more than one leg',
      about: 'Modal answers 303 after 150 seconds; the legs of a chain are one request here.',
      size: THIRD,
      style: 'graph',
      query: {
        calculations: [COUNT, { op: 'MAX', column: 'request.legs' }],
        filters: [REQUESTS, { column: 'request.legs', op: '>', value: 1 }],
        breakdowns: ['modal.endpoint'],
        timeRangeSeconds: WEEK,
      },
    },
    {
      kind: 'query',
      id: 'in-flight',
      title: 'Upstream calls at once',
      about: 'How many calls run at Modal at the same time.',
      size: THIRD,
      style: 'graph',
      query: {
        calculations: [{ op: 'CONCURRENCY' }],
        filters: [{ column: 'tripmeter.span', op: '=', value: 'upstream' }],
        timeRangeSeconds: DAY,
      },
      metrics: {
        unit: 'short',
        chart: 'timeseries',
        queries: [
          {
            expression: `sum by (endpoint) (${METRICS.requestsInFlight.name})`,
            legend: '{{endpoint}}',
          },
        ],
      },
    },
    {
      kind: 'query',
      id: 'recent-failures',
      title: 'Failures of the week',
      about: 'Counted by what tells them apart; `paid` says whether they cost GPU time.',
      size: FULL,
      style: 'table',
      query: {
        calculations: [COUNT, { op: 'SUM', column: 'tripmeter.failed_paid_usd' }],
        filters: [REQUESTS, FAILED],
        breakdowns: [
          'modal.endpoint',
          'request.outcome',
          'error.type',
          'http.response.status_code',
          'request.paid',
        ],
        orderBy: COUNT,
        limit: 100,
        timeRangeSeconds: WEEK,
      },
    },
  ],
};
