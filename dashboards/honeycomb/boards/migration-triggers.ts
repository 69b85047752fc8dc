import { METRICS } from '../../../src/core/metric-names.ts';
import type { BoardDefinition } from './definition.ts';
import { COUNT, DAY, EVALUATIONS, FULL, HALF, MONTH, REQUESTS, THIRD, WEEK } from './queries.ts';

export const MIGRATION_TRIGGERS: BoardDefinition = {
  id: 'migration-triggers',
  title: 'tripmeter: migration triggers',
  about:
    'The five conditions under which leaving Modal, or putting an edge before it, is worth a decision. ' +
    'tripmeter evaluates them over months; Honeycomb looks back a day, so it shows their results.',
  presetFilters: [],
  panels: [
    {
      kind: 'query',
      id: 'firing',
      title: 'Rules that are met',
      about: '1 while a rule is met.',
      size: HALF,
      style: 'graph',
      query: {
        calculations: [{ op: 'MAX', column: 'alert.firing' }],
        filters: [EVALUATIONS],
        breakdowns: ['alert.name', 'alert.subject'],
        timeRangeSeconds: WEEK,
      },
      metrics: {
        unit: 'short',
        chart: 'timeseries',
        queries: [{ expression: METRICS.alertFiring.name, legend: '{{rule}} {{subject}}' }],
      },
    },
    {
      kind: 'query',
      id: 'latest',
      title: 'Where each rule stands',
      about: 'Measured figure and threshold of the last evaluations, in the unit of the row.',
      size: HALF,
      style: 'table',
      query: {
        calculations: [
          { op: 'MAX', column: 'alert.value' },
          { op: 'MAX', column: 'alert.threshold' },
          { op: 'MAX', column: 'alert.firing' },
        ],
        filters: [EVALUATIONS],
        breakdowns: ['alert.name', 'alert.subject', 'alert.state', 'alert.unit'],
        orderBy: { op: 'MAX', column: 'alert.firing' },
        limit: 100,
        timeRangeSeconds: 1_800,
      },
    },
    {
      kind: 'query',
      id: 'scale',
      title: 'Scale: requests a day',
      about: 'The trigger asks for more than 100,000 in 30 days, which is 3,333 a day.',
      size: THIRD,
      style: 'graph',
      query: {
        calculations: [COUNT],
        filters: [REQUESTS],
        timeRangeSeconds: MONTH,
        granularitySeconds: DAY,
      },
      charts: [
        {
          type: 'tsbar',
          thresholds: [{ value: 3_333, label: '100,000 in 30 days', color: 'red' }],
        },
      ],
      metrics: {
        unit: 'short',
        chart: 'timeseries',
        queries: [
          { expression: `sum(increase(${METRICS.requests.name}[1d]))`, legend: 'requests a day' },
        ],
      },
    },
    {
      kind: 'query',
      id: 'egress',
      title: 'Egress: bytes to clients',
      about:
        'What a cache in front could have served is in tripmeter’s own report: the repeatable share.',
      size: THIRD,
      style: 'graph',
      query: {
        calculations: [{ op: 'SUM', column: 'http.response.body.size' }],
        filters: [REQUESTS],
        breakdowns: ['modal.endpoint'],
        timeRangeSeconds: MONTH,
        granularitySeconds: DAY,
      },
      charts: [{ type: 'stacked' }],
      metrics: {
        unit: 'bytes',
        chart: 'timeseries',
        queries: [
          {
            expression: `sum by (endpoint) (increase(${METRICS.bytes.name}{direction="out"}[1d]))`,
            legend: '{{endpoint}}',
          },
        ],
      },
    },
    {
      kind: 'query',
      id: 'residency',
      title: 'Residency: where containers ran',
      about: 'Regions of the containers that answered, as far as they say.',
      size: THIRD,
      style: 'graph',
      query: {
        calculations: [COUNT],
        filters: [REQUESTS, { column: 'modal.container.region', op: 'exists' }],
        breakdowns: ['modal.container.region', 'modal.endpoint'],
        timeRangeSeconds: WEEK,
      },
      charts: [{ type: 'stacked' }],
    },
    {
      kind: 'query',
      id: 'history',
      title: 'Evaluations of the week',
      about: 'How often each rule was in which state.',
      size: FULL,
      style: 'table',
      query: {
        calculations: [COUNT],
        filters: [EVALUATIONS],
        breakdowns: ['alert.name', 'alert.subject', 'alert.state'],
        orderBy: COUNT,
        limit: 200,
        timeRangeSeconds: WEEK,
      },
    },
  ],
};
