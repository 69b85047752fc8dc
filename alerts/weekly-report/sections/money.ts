import { usdText } from '../../../src/core/measure-text.ts';
import { wallClockText } from '../../../src/core/zoned-time.ts';
import { changeCell, figureCell, textCell } from '../cell.ts';
import { beforeName, periodName, periodNoun } from '../period-name.ts';
import type { ReportTable, Section } from '../report.ts';
import type { MoneyLines, ReportFacts } from '../report-facts.ts';
import { latencyPrice } from '../saving-sentence.ts';

const LINES = [
  ['busyNano', 'Busy'],
  ['coldNano', 'Cold starts'],
  ['idleNano', 'Idle, waiting for the next request'],
  ['standingNano', 'Standing (min containers)'],
  ['tokensNano', 'Tokens'],
  ['failedNano', 'Failed requests'],
  ['residualNano', 'Unexplained (billed beyond the model)'],
] as const satisfies readonly (readonly [keyof MoneyLines['lines'], string])[];

const MAX_ENDPOINTS = 12;

/** What the dollars bought, and which settings would have saved most. */
export function moneySection(given: ReportFacts): Section {
  const { spend, spendBefore } = given;
  const total = spend.effectiveNano;
  const waste = spend.lines.idleNano + spend.lines.coldNano + spend.lines.standingNano;
  const noun = periodNoun(given);
  return {
    id: 'money',
    title: 'Where the money went',
    sentences:
      total === 0
        ? [`Nothing that is settled was spent this ${noun}.`]
        : [
            `${usdText(spend.lines.busyNano)} of ${usdText(total)} worked on requests that succeeded; ${usdText(waste)} went to idle time, cold starts and standing containers, ${usdText(spend.lines.failedNano)} to failures.`,
          ],
    chart: 'money',
    tables: [
      {
        id: 'money',
        caption: 'Settled dollars by what they were spent on',
        columns: ['', periodName(given), 'Share', beforeName(given), 'Change'],
        rows: [
          ...LINES.filter(
            ([line]) =>
              line === 'busyNano' || spend.lines[line] !== 0 || spendBefore.lines[line] !== 0,
          ).map(([line, title]) => [
            textCell(title),
            figureCell(spend.lines[line], 'nano_usd'),
            figureCell(total === 0 ? null : spend.lines[line] / total, 'ratio'),
            figureCell(spendBefore.lines[line], 'nano_usd'),
            changeCell(spend.lines[line], spendBefore.lines[line]),
          ]),
          [
            textCell('All'),
            figureCell(total, 'nano_usd'),
            figureCell(total === 0 ? null : 1, 'ratio'),
            figureCell(spendBefore.effectiveNano, 'nano_usd'),
            changeCell(total, spendBefore.effectiveNano),
          ],
        ],
      },
      endpointTable(given),
    ],
  };
}

function endpointTable({ endpoints }: ReportFacts): ReportTable {
  return {
    id: 'money-endpoints',
    caption: 'Settled dollars by endpoint',
    columns: ['Endpoint', 'All', 'Busy', 'Idle, cold', 'Failed'],
    rows: endpoints
      .slice(0, MAX_ENDPOINTS)
      .map(({ endpoint, effectiveNano, lines }) => [
        textCell(endpoint ?? 'billed beyond the endpoints'),
        figureCell(effectiveNano, 'nano_usd'),
        figureCell(lines.busyNano + lines.tokensNano, 'nano_usd'),
        figureCell(lines.coldNano + lines.idleNano + lines.standingNano, 'nano_usd'),
        figureCell(lines.failedNano, 'nano_usd'),
      ]),
  };
}

/** Replayed, not guessed: what other settings would have cost. */
export function savingsSection({ savings, facts }: ReportFacts): Section {
  const { replayed, list } = savings;
  const span =
    replayed === null
      ? 'There is not one whole day of requests to replay: it is too early, or they were deleted after their retention.'
      : `${savings.requests.toLocaleString('en-US')} requests from ${wallClockText(replayed.from, facts.zone)} to ${wallClockText(replayed.to, facts.zone)} were replayed under other settings.`;
  const slower = list.flatMap((one) => {
    const price = latencyPrice(one);
    return price === null ? [] : [`The price of ${one.endpoint}, ${one.change}: ${price}.`];
  });
  const priced = list.some(({ coldStartUs }) => coldStartUs !== null)
    ? [
        'Cold starts that come or go are priced in dollars at their median length; what a wait costs a user is not.',
      ]
    : [];
  const unknown = list.some(({ coldStartUs }) => coldStartUs === null)
    ? ['No container has said how long a cold start takes, so its price is in neither side.']
    : [];
  return {
    id: 'savings',
    title: 'The largest savings',
    sentences: [
      span,
      ...(replayed !== null && list.length === 0
        ? [
            'No change of the window, of standing containers or of the region would have saved anything.',
          ]
        : []),
      ...slower,
      ...priced,
      ...unknown,
    ],
    chart: null,
    tables:
      list.length === 0
        ? []
        : [
            {
              id: 'savings',
              caption: 'Replayed savings',
              columns: ['Endpoint', 'Change', 'Saves a month', 'As it was', 'Cold starts'],
              rows: list.map((one) => [
                textCell(one.endpoint),
                textCell(one.change),
                figureCell(one.perMonthNano, 'nano_usd'),
                figureCell(one.asConfiguredNano, 'nano_usd'),
                textCell(`${one.coldStartsBefore} → ${one.coldStartsAfter}`),
              ]),
            },
          ],
  };
}
