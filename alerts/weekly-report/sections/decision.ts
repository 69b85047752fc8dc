import { grouped, usdText } from '../../../src/core/measure-text.ts';
import { figureCell, textCell } from '../cell.ts';
import type { Section } from '../report.ts';
import type { ReportFacts } from '../report-facts.ts';

/** The five conditions of moving. */
export function goNoGoSection({ decision }: ReportFacts): Section {
  const held = decision.goNoGo.filter(({ met }) => met === true).length;
  return {
    id: 'go-no-go',
    title: 'Go/no-go',
    sentences: [
      `${held} of ${decision.goNoGo.length} conditions hold; all must hold to move. Maturity: level ${decision.maturity.level}, ${decision.maturity.name}.`,
    ],
    chart: null,
    tables: [
      {
        id: 'go-no-go',
        caption: 'Conditions of a migration',
        columns: ['Condition', 'Holds', 'Why'],
        rows: decision.goNoGo.map(({ title, met, reason }) => [
          textCell(title),
          textCell(met === null ? 'unknown' : met ? 'YES' : 'no'),
          textCell(reason),
        ]),
      },
    ],
  };
}

/** What staying and leaving cost by volume. */
export function projectionSection({ decision, kind }: ReportFacts): Section {
  const { projection } = decision;
  const { breakEvenRequests, paybackMonths, monthlySavingNano } = projection;
  const even =
    breakEvenRequests === null
      ? 'The multi-cloud is never cheaper than Modal by these figures.'
      : `The multi-cloud costs no more than Modal from ${grouped(breakEvenRequests)} requests a month.`;
  const payback =
    paybackMonths === null
      ? `At ${grouped(projection.requests)} requests a month moving costs ${usdText(-monthlySavingNano)} more each month and never pays back.`
      : `At ${grouped(projection.requests)} requests a month moving saves ${usdText(monthlySavingNano)} each month and pays its ${usdText(projection.oneTimeNano)} back in ${grouped(paybackMonths, 1)} months.`;
  return {
    id: 'projection',
    title: 'Projection',
    sentences: [payback, even],
    chart: kind === 'checkpoint' ? 'projection' : null,
    tables: [
      {
        id: 'projection',
        caption: 'Cost of a month by volume',
        columns: ['Requests a month', 'Modal', 'Multi-cloud'],
        rows: projection.rows.map((row, index) => [
          index === 0
            ? {
                text: `${grouped(row.requests)} (now)`,
                value: row.requests,
                unit: 'count' as const,
              }
            : figureCell(row.requests, 'count'),
          figureCell(row.modalNano ?? row.modalLinearNano, 'nano_usd'),
          figureCell(row.multiCloudNano, 'nano_usd'),
        ]),
      },
    ],
  };
}
