import { grouped, measureText, usdText } from '../../../src/core/measure-text.ts';
import { figureCell, textCell } from '../cell.ts';
import { periodNoun } from '../period-name.ts';
import type { Section } from '../report.ts';
import type { ReportFacts } from '../report-facts.ts';

/** Metered against billed, over the hours that the bill covers. */
export function billedSection(given: ReportFacts): Section {
  const { spend, quality } = given;
  const noun = periodNoun(given);
  const billed = spend.billedNano;
  if (billed === null) {
    return {
      id: 'billed',
      title: 'Metered against billed',
      sentences: [
        `Modal's bill covers no hour of this ${noun} yet: every figure is metered. Import it with \`tripmeter billing import FILE\`.`,
      ],
      chart: null,
      tables: [],
    };
  }
  const residual = spend.lines.residualNano;
  const metered = billed - residual;
  const share = metered === 0 ? null : residual / metered;
  return {
    id: 'billed',
    title: 'Metered against billed',
    sentences: [
      `The bill covers ${grouped(quality.billedHours)} of ${grouped(quality.spendHours)} hours with spend: ${usdText(billed)} billed, ${usdText(metered)} metered${share === null ? '' : `, ${measureText(Math.abs(share), 'ratio')} apart`}.`,
    ],
    chart: null,
    tables: [
      {
        id: 'billed',
        caption: 'Metered and billed dollars of the same hours',
        columns: ['', 'Dollars', 'Share of metered'],
        rows: [
          [
            textCell('Metered'),
            figureCell(metered, 'nano_usd'),
            figureCell(metered === 0 ? null : 1, 'ratio'),
          ],
          [
            textCell('Billed'),
            figureCell(billed, 'nano_usd'),
            figureCell(metered === 0 ? null : billed / metered, 'ratio'),
          ],
          [textCell('Difference'), figureCell(residual, 'nano_usd'), figureCell(share, 'ratio')],
        ],
      },
    ],
  };
}
