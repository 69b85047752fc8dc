import { sumOf } from '../sum-of.ts';
import type { CoveredHour, Reconciliation, ReconciliationInput } from './bill-diagnosis.ts';
import { type Hypothesis, hypotheses } from './hypotheses.ts';

/** A hypothesis that accounts for this share of the bill is believed without looking further. */
const CLEAR = 0.985;
/** Below this share nothing is believed. */
const PLAUSIBLE = 0.97;

/**
 * Compares the model with the bill and names what explains the difference: the simplest change of the
 * configuration under which the model accounts for the billed dollars of each interval.
 */
export function reconcile(input: ReconciliationInput): Reconciliation {
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
    scaleRequests: !['outside_traffic', 'unexplained', 'cpu_functions'].includes(found.diagnosis),
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
  if (best === null || best.explained < PLAUSIBLE) return beyondTheModel(covered);
  const late = best.diagnosis === 'agrees' && missing > 0;
  return late ? { ...LATE, explained: best.explained } : best;
}

/** The first that fits clearly, else the one that fits best. */
function bestHypothesis(input: ReconciliationInput, covered: readonly CoveredHour[]): Found | null {
  let best: Found | null = null;
  for (const { diagnosis, explanation, predict } of hypotheses(input)) {
    const explained = explainedShare(covered, predict);
    if (best === null || explained > best.explained + 0.005) {
      best = { diagnosis, explanation, explained };
    }
    if (best.explained >= CLEAR) break;
  }
  return best;
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
