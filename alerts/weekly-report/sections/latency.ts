import { durationText } from '../../../src/core/measure-text.ts';
import type { PeriodUsage, UsageGroup, UsageTotals } from '../../../src/core/period-facts.ts';
import { changeCell, figureCell, textCell } from '../cell.ts';
import { beforeName, periodName, periodNoun } from '../period-name.ts';
import type { ReportTable, Section } from '../report.ts';
import type { ReportFacts } from '../report-facts.ts';

const MAX_GROUPS = 12;

/** How long requests that succeeded took. */
export function latencySection(given: ReportFacts): Section {
  const { usage, usageBefore, facts } = given;
  const noun = periodNoun(given);
  const row = (title: string, pick: (totals: UsageTotals) => number | null) => {
    const [now, before] = [pick(usage), pick(usageBefore)];
    return [
      textCell(title),
      figureCell(now, 'us'),
      figureCell(before, 'us'),
      changeCell(now, before),
    ];
  };
  const sentence =
    usage.p50Us === null || usage.p95Us === null
      ? `No request succeeded this ${noun}, so there is no latency to show.`
      : `Half of the requests took up to ${durationText(usage.p50Us)}, 95 % up to ${durationText(usage.p95Us)}. Each figure is exact to 1 %.`;
  return {
    id: 'latency',
    title: 'Latency',
    sentences: [
      sentence,
      ...facts.latency.map(
        ({ endpoint, operation, objectiveUs }) =>
          `Objective of ${endpoint}${operation === null ? '' : ` ${operation}`}: ${durationText(objectiveUs)}.`,
      ),
    ],
    chart: 'latency',
    tables: [
      {
        id: 'latency',
        caption: `Latency of the ${noun} and of the one before`,
        columns: ['', periodName(given), beforeName(given), 'Change'],
        rows: [
          row('Median', ({ p50Us }) => p50Us),
          row('95th percentile', ({ p95Us }) => p95Us),
          row('First token, median', ({ firstTokenP50Us }) => firstTokenP50Us),
        ],
      },
      ...groupTables(usage),
    ],
  };
}

function groupTables({ byEndpoint, byOperation }: PeriodUsage): ReportTable[] {
  if (byEndpoint.length === 0) return [];
  const table = (
    name: string,
    groups: readonly UsageGroup[],
    nameOf: (one: UsageGroup) => string,
  ) => ({
    id: `latency-${name.toLowerCase()}s`,
    caption: `Latency by ${name.toLowerCase()}`,
    columns: [name, 'Median', 'p95', 'First token'],
    rows: groups
      .slice(0, MAX_GROUPS)
      .map((group) => [
        textCell(nameOf(group)),
        figureCell(group.p50Us, 'us'),
        figureCell(group.p95Us, 'us'),
        figureCell(group.firstTokenP50Us, 'us'),
      ]),
  });
  return [
    table('Endpoint', byEndpoint, ({ endpoint }) => endpoint),
    table('Operation', byOperation, ({ operation }) => operation ?? 'none named'),
  ];
}
