/**
 * The level of a daily series, and where it is heading: whichever of three plain models explains the recent
 * days best, a constant, a line or a step (Bayesian information criterion, which charges for parameters).
 */
export interface SpendLevel {
  readonly model: 'constant' | 'line' | 'step';
  /** Expected value of the day after the last one. */
  readonly next: number;
  /** Change per day, 0 unless the model is a line. */
  readonly slope: number;
  /** Standard deviation of a day around the model. */
  readonly scatter: number;
  /** How many days the level rests on. */
  readonly days: number;
}

/** Shorter than this on either side of a step is an outlier, not a level. */
const MIN_STEP_DAYS = 4;

/** Fits the values of consecutive days, oldest first. At least one is needed. */
export function fitSpendLevel(values: readonly number[]): SpendLevel {
  const candidates = [constantFit(values), lineFit(values), ...stepFits(values)];
  return candidates.reduce((best, fit) => (fit.criterion < best.criterion ? fit : best)).level;
}

interface Fit {
  readonly level: SpendLevel;
  readonly criterion: number;
}

function constantFit(values: readonly number[]): Fit {
  const { mean, squares } = moments(values);
  const level = { model: 'constant', next: mean, slope: 0 } as const;
  return fitOf(level, { squares, days: values.length, parameters: 1, all: values });
}

function lineFit(values: readonly number[]): Fit {
  const { mean } = moments(values);
  const middle = (values.length - 1) / 2;
  let cross = 0;
  let spread = 0;
  values.forEach((value, index) => {
    cross += (index - middle) * (value - mean);
    spread += (index - middle) ** 2;
  });
  const slope = spread === 0 ? 0 : cross / spread;
  const squares = values.reduce(
    (sum, value, index) => sum + (value - mean - slope * (index - middle)) ** 2,
    0,
  );
  const next = mean + slope * (values.length - middle);
  return fitOf(
    { model: 'line', next: Math.max(0, next), slope },
    { squares, days: values.length, parameters: 3, all: values },
  );
}

function stepFits(values: readonly number[]): Fit[] {
  const fits: Fit[] = [];
  for (let at = MIN_STEP_DAYS; at <= values.length - MIN_STEP_DAYS; at += 1) {
    const before = moments(values.slice(0, at));
    const after = moments(values.slice(at));
    const level = { model: 'step', next: after.mean, slope: 0 } as const;
    const squares = before.squares + after.squares;
    fits.push(fitOf(level, { squares, days: values.length - at, parameters: 4, all: values }));
  }
  return fits;
}

function fitOf(
  level: Omit<SpendLevel, 'scatter' | 'days'>,
  fit: {
    readonly squares: number;
    readonly days: number;
    readonly parameters: number;
    readonly all: readonly number[];
  },
): Fit {
  const n = fit.all.length;
  // A perfect fit would have a criterion of minus infinity; a millionth of the level is as good.
  const { mean } = moments(fit.all);
  const variance = Math.max(fit.squares / n, (mean * 1e-6) ** 2, Number.MIN_VALUE);
  const scatter = Math.sqrt(fit.squares / Math.max(1, n - fit.parameters));
  return {
    level: { ...level, scatter, days: fit.days },
    criterion: n * Math.log(variance) + fit.parameters * Math.log(n),
  };
}

function moments(values: readonly number[]): { readonly mean: number; readonly squares: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, squares: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
}
