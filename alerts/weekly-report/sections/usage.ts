import { grouped, measureText } from '../../../src/core/measure-text.ts';
import type { UsageGroup, UsageTotals } from '../../../src/core/period-facts.ts';
import { changeCell, figureCell, textCell } from '../cell.ts';
import { dailyRows } from '../daily-rows.ts';
import { beforeName, periodName, periodNoun } from '../period-name.ts';
import type { Cell, ReportTable, Section } from '../report.ts';
import type { ReportFacts } from '../report-facts.ts';

const MAX_GROUPS = 12;

/** How many requests, how many succeeded, and what one that succeeded cost. */
export function usageSection(given: ReportFacts): Section {
  const { usage, usageBefore, spend, spendBefore } = given;
  const noun = periodNoun(given);
  const days = dailyRows(given);
  const row = (title: string, now: Cell, before: Cell, change: Cell) => [
    textCell(title),
    now,
    before,
    change,
  ];
  const pair = (pick: (totals: UsageTotals) => number | null, unit: 'count' | 'ratio') => {
    const [now, before] = [pick(usage), pick(usageBefore)];
    return [figureCell(now, unit), figureCell(before, unit), changeCell(now, before)] as const;
  };
  const cost = [perSuccess(spend.totalNano, usage), perSuccess(spendBefore.totalNano, usageBefore)];
  const [now = null, before = null] = cost;
  return {
    id: 'usage',
    title: 'Requests and reliability',
    sentences: [
      usage.requests === 0
        ? `No request was recorded this ${noun}.`
        : `${grouped(usage.requests)} requests, ${measureText(successRate(usage), 'ratio')} succeeded, ${grouped(Math.round(usage.requests / Math.max(1, days.length)))} a day.`,
    ],
    chart: 'requests',
    tables: [
      {
        id: 'usage',
        caption: `Requests of the ${noun} and of the one before`,
        columns: ['', periodName(given), beforeName(given), 'Change'],
        rows: [
          row('Requests', ...pair(({ requests }) => requests, 'count')),
          row('Succeeded', ...pair(({ successes }) => successes, 'count')),
          row('Success rate', ...pair(successRate, 'ratio')),
          row(
            'Cost per success',
            figureCell(now, 'nano_usd'),
            figureCell(before, 'nano_usd'),
            changeCell(now, before),
          ),
        ],
      },
      ...groupTables(given),
      outcomeTable(given),
      daysTable(given),
    ],
  };
}

export function successRate({ requests, successes }: UsageTotals): number | null {
  return requests === 0 ? null : successes / requests;
}

/** The dollars of all, by success: what failed is paid for by what did not. */
export function perSuccess(nano: number, { successes }: UsageTotals): number | null {
  return successes === 0 ? null : Math.round(nano / successes);
}

function groupTables({ usage, endpoints }: ReportFacts): ReportTable[] {
  if (usage.requests === 0) return [];
  const costOf = (group: UsageGroup) => {
    const own = endpoints.find(({ endpoint }) => endpoint === group.endpoint);
    return own === undefined ? null : perSuccess(own.effectiveNano, group);
  };
  return [
    {
      id: 'usage-endpoints',
      caption: 'Requests by endpoint',
      columns: ['Endpoint', 'Requests', 'Success rate', 'Cost per success'],
      rows: usage.byEndpoint
        .slice(0, MAX_GROUPS)
        .map((group) => [
          textCell(group.endpoint),
          figureCell(group.requests, 'count'),
          figureCell(successRate(group), 'ratio'),
          figureCell(costOf(group), 'nano_usd'),
        ]),
    },
    {
      id: 'usage-operations',
      caption: 'Requests by operation',
      columns: ['Operation', 'Endpoint', 'Requests', 'Success rate'],
      rows: usage.byOperation
        .slice(0, MAX_GROUPS)
        .map((group) => [
          textCell(group.operation ?? 'none named'),
          textCell(group.endpoint),
          figureCell(group.requests, 'count'),
          figureCell(successRate(group), 'ratio'),
        ]),
    },
  ];
}

function outcomeTable({ usage }: ReportFacts): ReportTable {
  return {
    id: 'outcomes',
    caption: 'How requests ended',
    columns: ['Outcome', 'Requests', 'Share'],
    rows: usage.byOutcome.map(({ outcome, requests }) => [
      textCell(outcome.replaceAll('_', ' ')),
      figureCell(requests, 'count'),
      figureCell(requests / usage.requests, 'ratio'),
    ]),
  };
}

function daysTable(given: ReportFacts): ReportTable {
  return {
    id: 'days',
    caption: 'Day by day',
    columns: ['Day', 'Requests', 'Failed', 'Spent', 'p95'],
    rows: dailyRows(given).map((day) => [
      textCell(day.label),
      figureCell(day.requests, 'count'),
      figureCell(day.requests - day.successes, 'count'),
      figureCell(day.spendNano, 'nano_usd'),
      figureCell(day.p95Us, 'us'),
    ]),
  };
}
