import { isoInstant } from '../measure-text.ts';
import { sumOf } from '../sum-of.ts';
import { MICROS_PER_HOUR, NANO_PER_USD } from '../units.ts';
import type { CoveredHour, ReconciliationInput } from './bill-diagnosis.ts';
import type { Hypothesis } from './hypothesis.ts';

/** A factor is seen in so many intervals before it is taken for a price: one interval fits any. */
const LEAST_INTERVALS = 4;

/** Containers whose GPU has no price: what they were billed tells it. */
export function* unpricedHypothesis(
  { unpricedGpus }: ReconciliationInput,
  covered: readonly CoveredHour[],
): Generator<Hypothesis> {
  const time = sumOf(covered, (hour) => hour.unpricedUs);
  const rest = sumOf(covered, (hour) => hour.billedNano - hour.modelledNano);
  if (unpricedGpus.length === 0 || time === 0 || rest <= 0) return;
  const nanoPerMicro = rest / time;
  const perHour = ((nanoPerMicro * MICROS_PER_HOUR) / NANO_PER_USD).toFixed(2);
  yield {
    diagnosis: 'unpriced',
    explanation:
      `The price book has no price for GPU ${unpricedGpus.join(', ')}, so its containers cost nothing in the ` +
      `model; the bill comes to $${perHour} per container-hour. Set its price under \`prices\`.`,
    predict: (hour) => hour.modelledNano + nanoPerMicro * hour.unpricedUs,
  };
}

/** Another price than the price book's, from the first interval on or from a later one. */
export function* priceHypothesis(covered: readonly CoveredHour[]): Generator<Hypothesis> {
  const hours = [...covered].sort((a, b) => a.start - b.start);
  let best: { readonly from: CoveredHour; readonly factor: number; readonly wrong: number } | null =
    null;
  let before = 0;
  for (const [index, from] of hours.entries()) {
    const later = hours.slice(index);
    const modelled = later.filter((hour) => hour.modelledNano > 0);
    if (modelled.length < LEAST_INTERVALS) break;
    const factor =
      sumOf(later, (hour) => hour.billedNano) / sumOf(modelled, (hour) => hour.modelledNano);
    const wrong =
      before + sumOf(later, (hour) => Math.abs(hour.billedNano - factor * hour.modelledNano));
    if (best === null || wrong < best.wrong) best = { from, factor, wrong };
    before += Math.abs(from.billedNano - from.modelledNano);
  }
  if (best === null) return;
  const { from, factor } = best;
  const since = from === hours[0] ? 'In every interval' : `From ${isoInstant(from.start)} on`;
  yield {
    diagnosis: 'price',
    explanation:
      `${since} the bill is ${factor.toFixed(3)} times the model, which no region and no GPU explains: ` +
      'another price than the price book has. Compare `tripmeter prices` with `modal billing rates` and set ' +
      '`prices`; if the report has no resources, `cpuCores` and `memoryGiB` may be missing too.',
    predict: (hour) => (hour.start < from.start ? hour.modelledNano : factor * hour.modelledNano),
  };
}
