import { sumOf } from '../sum-of.ts';
import type {
  BillDiagnosis,
  CoveredHour,
  Reconciliation,
  ReconciliationInput,
} from './bill-diagnosis.ts';
import { hypotheses } from './hypotheses.ts';
import type { Hypothesis } from './hypothesis.ts';
import { unpricedHypothesis } from './price-hypotheses.ts';

/** A model that comes so close is left alone: with 3 % of freedom some other setting always fits better. */
const CLOSE = 0.97;
/** A change of the configuration is believed when it accounts for this share of the bill. */
const CLEAR = 0.985;
/** By so much a less simple change must be better than a simpler one. */
const BETTER = 0.005;

const UNEXPLAINED: readonly BillDiagnosis[] = ['outside_traffic', 'unexplained'];
/** The bill's dollars beyond the model are not the requests', or not only theirs. */
const NOT_OF_REQUESTS: readonly BillDiagnosis[] = [...UNEXPLAINED, 'cpu_functions', 'unpriced'];

/** Whether a result without `replay` may be another one with it: then it is worth reading the requests. */
export function replayMayTell({ diagnosis }: Pick<Reconciliation, 'diagnosis'>): boolean {
  return diagnosis === 'price' || UNEXPLAINED.includes(diagnosis);
}

/**
 * Compares the model with the bill and names what explains the difference: the simplest change of the
 * configuration under which the model accounts for the billed dollars of each interval.
 */
export function diagnoseBill(input: ReconciliationInput): Reconciliation {
  const covered = input.hours.filter((hour): hour is CoveredHour => hour.billedNano !== null);
  const missing = input.hours.filter((hour) => hour.billedNano === null && hour.modelledNano > 0);
  const billedNano = sumOf(covered, (hour) => hour.billedNano);
  const modelledNano = sumOf(covered, (hour) => hour.modelledNano);
  const found = diagnose(input, covered, missing.length);
  return {
    diagnosis: found.diagnosis,
    explanation: found.explanation,
    billedNano,
    modelledNano,
    residualNano: billedNano - modelledNano,
    ratioThousandths: modelledNano === 0 ? null : Math.round((billedNano / modelledNano) * 1_000),
    explainedThousandths: Math.round(found.explained * 1_000),
    scaleRequests: !NOT_OF_REQUESTS.includes(found.diagnosis),
    missing: missing.length,
  };
}

interface Found extends Pick<Hypothesis, 'diagnosis' | 'explanation'> {
  readonly explained: number;
}

function diagnose(
  input: ReconciliationInput,
  covered: readonly CoveredHour[],
  missing: number,
): Found {
  if (sumOf(covered, (hour) => hour.billedNano) === 0) {
    return { ...(missing > 0 ? LATE : NOTHING), explained: 1 };
  }
  const best = bestHypothesis(input, covered);
  if (best === null) return unpricedPart(input, covered) ?? beyondTheModel(covered);
  const late = best.diagnosis === 'agrees' && missing > 0;
  return late ? { ...LATE, explained: best.explained } : best;
}

/** What fits best, of equal ones the simplest; `null` when nothing fits. */
function bestHypothesis(input: ReconciliationInput, covered: readonly CoveredHour[]): Found | null {
  const fitting: Found[] = [];
  for (const { diagnosis, explanation, predict } of hypotheses(input, covered)) {
    const explained = explainedShare(covered, predict);
    const found = { diagnosis, explanation, explained };
    if (diagnosis === 'agrees' && explained >= CLOSE) return found;
    if (explained >= CLEAR) fitting.push(found);
  }
  const most = Math.max(...fitting.map(({ explained }) => explained));
  const [best, ...others] = fitting.filter(({ explained }) => explained >= most - BETTER);
  return best === undefined ? null : { ...best, explanation: explanationOf(best, others) };
}

/** Two settings may cost the same: a price that is fitted always does. */
function explanationOf(best: Found, others: readonly Found[]): string {
  const other = others.find(
    ({ diagnosis }) => diagnosis !== best.diagnosis && diagnosis !== 'price',
  );
  return other === undefined ? best.explanation : `${best.explanation} Or: ${other.explanation}`;
}

const NOTHING = {
  diagnosis: 'agrees',
  explanation: 'Nothing was billed and nothing ran.',
} as const;

const LATE = {
  diagnosis: 'report_late',
  explanation:
    'The report has no rows yet for some intervals; they count as modelled until it has. Pull it again later.',
} as const;

/** A GPU without a price is a fact, whatever else is wrong beside it. */
function unpricedPart(input: ReconciliationInput, covered: readonly CoveredHour[]): Found | null {
  for (const { predict, ...what } of unpricedHypothesis(input, covered)) {
    return { ...what, explained: Math.max(0, explainedShare(covered, predict)) };
  }
  return null;
}

/** What the model knows nothing of: containers that ran for others, if they cost something on top. */
function beyondTheModel(covered: readonly CoveredHour[]): Found {
  const billed = sumOf(covered, (hour) => hour.billedNano);
  const above = sumOf(covered, (hour) => Math.max(0, hour.billedNano - hour.modelledNano));
  const below = sumOf(covered, (hour) => Math.max(0, hour.modelledNano - hour.billedNano));
  if (below <= 0.05 * billed && above > 0) {
    return {
      diagnosis: 'outside_traffic',
      explanation:
        'Containers were billed that no recorded request explains: traffic that does not pass the proxy ' +
        '(other callers, .remote(), schedules). It is a line of its own and is not charged to requests.',
      explained: 1 - below / billed,
    };
  }
  return {
    diagnosis: 'unexplained',
    explanation:
      'No single setting explains the difference. Compare the endpoint with its decorator.',
    explained: Math.max(0, 1 - (above + below) / billed),
  };
}

/** Share of the billed dollars that a prediction accounts for, interval by interval. */
function explainedShare(
  hours: readonly CoveredHour[],
  predict: (hour: CoveredHour) => number,
): number {
  const billed = sumOf(hours, (hour) => hour.billedNano);
  const wrong = sumOf(hours, (hour) => Math.abs(hour.billedNano - predict(hour)));
  return 1 - wrong / billed;
}
