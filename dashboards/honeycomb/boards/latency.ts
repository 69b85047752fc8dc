import { METRICS } from '../../../src/core/metric-names.ts';
import type { BoardDefinition, MetricPanelDefinition } from './definition.ts';
import { COUNT, DAY, FULL, HALF, REQUESTS, THIRD, WEEK } from './queries.ts';

export const LATENCY: BoardDefinition = {
  id: 'latency',
  title: 'tripmeter: latency',
  about:
    'Where the time of a request goes, and how much of it an edge in front of Modal could save.',
  presetFilters: [
    { column: 'modal.endpoint', alias: 'Endpoint' },
    { column: 'request.operation', alias: 'Operation' },
    { column: 'modal.cold_start', alias: 'Cold start' },
  ],
  panels: [
    {
      kind: 'query',
      id: 'duration',
      title: 'Duration',
      about: 'Median and slow end, by endpoint.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [
          { op: 'P50', column: 'duration_ms' },
          { op: 'P95', column: 'duration_ms' },
          { op: 'P99', column: 'duration_ms' },
        ],
        filters: [REQUESTS],
        breakdowns: ['modal.endpoint'],
        timeRangeSeconds: DAY,
      },
      metrics: quantileByEndpoint(METRICS.requestDuration.name),
    },
    {
      kind: 'query',
      id: 'first-token',
      title: 'Time to first token',
      about: 'Start to the first content token of a stream.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [
          { op: 'HEATMAP', column: 'request.first_token_ms' },
          { op: 'P95', column: 'request.first_token_ms' },
        ],
        filters: [REQUESTS, { column: 'request.first_token_ms', op: 'exists' }],
        timeRangeSeconds: DAY,
      },
      charts: [{ type: 'default', logScale: true }, { type: 'line' }],
      metrics: quantileByEndpoint(METRICS.firstToken.name),
    },
    {
      kind: 'query',
      id: 'where-time-goes',
      title: 'Where the time goes',
      about:
        'Average milliseconds in the proxy, in the queue, and in generation, where they were measured.',
      size: THIRD,
      style: 'graph',
      query: {
        calculations: [
          { op: 'AVG', column: 'proxy.overhead_ms' },
          { op: 'AVG', column: 'modal.queue_ms' },
          { op: 'AVG', column: 'modal.generation_ms' },
        ],
        filters: [REQUESTS],
        timeRangeSeconds: DAY,
      },
    },
    {
      kind: 'query',
      id: 'wait',
      title: 'Outside generation',
      about:
        'Duration minus generation, where the container told it: queue, cold start and network.',
      size: THIRD,
      style: 'graph',
      query: {
        calculations: [
          { op: 'P50', column: 'tripmeter.wait_ms' },
          { op: 'P95', column: 'tripmeter.wait_ms' },
        ],
        filters: [REQUESTS, { column: 'modal.generation_ms', op: 'exists' }],
        timeRangeSeconds: DAY,
      },
    },
    {
      kind: 'query',
      id: 'proxy-overhead',
      title: 'The proxy’s own time',
      about: 'What tripmeter adds.',
      size: THIRD,
      style: 'graph',
      query: {
        calculations: [
          { op: 'P50', column: 'proxy.overhead_ms' },
          { op: 'P99', column: 'proxy.overhead_ms' },
        ],
        filters: [REQUESTS],
        timeRangeSeconds: DAY,
      },
      metrics: {
        unit: 's',
        chart: 'timeseries',
        queries: [0.5, 0.99].map((quantile) => ({
          expression: `max(${METRICS.proxyOverhead.name}{quantile="${quantile}"})`,
          legend: `p${quantile * 100}`,
        })),
      },
    },
    {
      kind: 'query',
      id: 'cold-starts',
      title: 'Cold starts',
      about: 'Requests that came with a container’s start, and how long it took to be ready.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [COUNT, { op: 'P95', column: 'modal.container.ready_delay_ms' }],
        filters: [REQUESTS, { column: 'modal.cold_start', op: '=', value: true }],
        breakdowns: ['modal.endpoint'],
        timeRangeSeconds: DAY,
      },
    },
    {
      kind: 'query',
      id: 'tokens-per-second',
      title: 'Generated tokens per second',
      about: 'Of each request, by model: output tokens over the time from first token to the end.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [
          { op: 'P50', column: 'tripmeter.tokens_per_second' },
          { op: 'P90', column: 'tripmeter.tokens_per_second' },
        ],
        filters: [REQUESTS, { column: 'request.first_token_ms', op: 'exists' }],
        breakdowns: ['gen_ai.request.model'],
        timeRangeSeconds: DAY,
      },
    },
    {
      kind: 'query',
      id: 'slowest',
      title: 'Slowest operations',
      about: 'The week by operation.',
      size: FULL,
      style: 'table',
      query: {
        calculations: [
          { op: 'P95', column: 'duration_ms' },
          { op: 'P50', column: 'duration_ms' },
          COUNT,
        ],
        filters: [REQUESTS],
        breakdowns: ['modal.endpoint', 'request.operation'],
        orderBy: { op: 'P95', column: 'duration_ms' },
        limit: 50,
        timeRangeSeconds: WEEK,
      },
    },
  ],
};

function quantileByEndpoint(metric: string): MetricPanelDefinition {
  return {
    unit: 's',
    chart: 'timeseries',
    queries: [
      {
        expression: `max by (endpoint) (${metric}{quantile="0.95"})`,
        legend: 'p95 {{endpoint}}',
      },
    ],
  };
}
