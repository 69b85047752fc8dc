import { METRICS } from '../../../src/core/metric-names.ts';
import type { BoardDefinition, CalculationDefinition, ThresholdDefinition } from './definition.ts';
import { DAY, EVALUATIONS, FULL, HALF, MONTH, REQUESTS, SETTLED, THIRD, WEEK } from './queries.ts';

const FINAL: CalculationDefinition = { op: 'SUM', column: 'cost.final.change_usd' };

const BUDGETS: readonly ThresholdDefinition[] = [
  { value: 500, label: '$500', color: 'green' },
  { value: 1_000, label: '$1,000', color: 'yellow' },
  { value: 2_000, label: '$2,000: migration trigger', color: 'red' },
];

export const COST: BoardDefinition = {
  id: 'cost',
  title: 'tripmeter: cost',
  about:
    'What requests really cost: busy time, cold starts and idle tails, as they add up to the bill.',
  presetFilters: [
    { column: 'modal.endpoint', alias: 'Endpoint' },
    { column: 'request.client', alias: 'Client' },
  ],
  panels: [
    {
      kind: 'query',
      id: 'month-to-date',
      title: 'Month to date',
      about: 'Effective spend of the calendar month against its budgets.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [{ op: 'MAX', column: 'cost.mtd_usd' }],
        filters: [EVALUATIONS],
        timeRangeSeconds: MONTH,
        granularitySeconds: DAY,
      },
      charts: [{ type: 'line', thresholds: BUDGETS }],
      metrics: {
        unit: 'currencyUSD',
        chart: 'timeseries',
        queries: [{ expression: `sum(${METRICS.monthCostUsd.name})`, legend: 'spend' }],
      },
    },
    {
      kind: 'query',
      id: 'final-by-endpoint',
      title: 'Final cost by endpoint',
      about: 'Settled dollars at the time of their requests; corrections included.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [FINAL],
        filters: [SETTLED],
        breakdowns: ['modal.endpoint'],
        timeRangeSeconds: MONTH,
        granularitySeconds: DAY,
      },
      charts: [{ type: 'stacked' }],
      metrics: {
        unit: 'currencyUSD',
        chart: 'timeseries',
        queries: [
          {
            expression: `sum by (line) (${METRICS.monthCostUsd.name})`,
            legend: '{{line}}',
          },
        ],
      },
    },
    {
      kind: 'query',
      id: 'busy-and-overhead',
      title: 'Busy time against cold start and idle',
      about: 'What was worked, and what was paid for waiting.',
      size: THIRD,
      style: 'graph',
      query: {
        calculations: [
          { op: 'SUM', column: 'cost.final.exec_usd' },
          { op: 'SUM', column: 'cost.final.overhead_usd' },
        ],
        filters: [SETTLED],
        timeRangeSeconds: WEEK,
      },
    },
    {
      kind: 'query',
      id: 'provisional',
      title: 'Provisional cost',
      about: 'Busy time of requests as they end; cold start and idle come with settlement.',
      size: THIRD,
      style: 'graph',
      query: {
        calculations: [{ op: 'SUM', column: 'cost.total_usd' }],
        filters: [REQUESTS],
        breakdowns: ['modal.endpoint'],
        timeRangeSeconds: DAY,
      },
      charts: [{ type: 'stacked' }],
    },
    {
      kind: 'query',
      id: 'failed-and-paid',
      title: 'Paid for failures',
      about: 'Dollars of requests that failed and used GPU time.',
      size: THIRD,
      style: 'graph',
      query: {
        calculations: [{ op: 'SUM', column: 'tripmeter.failed_paid_usd' }],
        filters: [REQUESTS],
        breakdowns: ['error.type'],
        timeRangeSeconds: WEEK,
      },
      charts: [{ type: 'stacked' }],
      metrics: {
        unit: 'currencyUSD',
        chart: 'timeseries',
        queries: [
          {
            expression: `${METRICS.monthCostUsd.name}{line="failed"}`,
            legend: 'this month',
          },
        ],
      },
    },
    {
      kind: 'query',
      id: 'by-operation',
      title: 'Final cost by operation and client',
      about: 'Who and what the money went to, this week.',
      size: FULL,
      style: 'table',
      query: {
        calculations: [
          FINAL,
          { op: 'COUNT_DISTINCT', column: 'request.id' },
          { op: 'AVG', column: 'cost.final.total_usd' },
        ],
        filters: [SETTLED],
        breakdowns: ['request.operation', 'request.client', 'modal.endpoint'],
        orderBy: FINAL,
        limit: 100,
        timeRangeSeconds: WEEK,
      },
    },
    {
      kind: 'query',
      id: 'unpriced',
      title: 'Requests without a price',
      about:
        'A GPU or model that the price book does not know. Their cost is unknown, not nothing.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [{ op: 'COUNT' }],
        filters: [REQUESTS, { column: 'cost.state', op: '=', value: 'unpriced' }],
        breakdowns: ['modal.endpoint', 'modal.gpu.type'],
        timeRangeSeconds: WEEK,
      },
      metrics: {
        unit: 'short',
        chart: 'timeseries',
        queries: [
          {
            expression: METRICS.monthUnpriced.name,
            legend: 'this month',
          },
        ],
      },
    },
  ],
};
