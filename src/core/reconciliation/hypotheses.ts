import { sumOf } from '../sum-of.ts';
import type { ConfiguredEndpoint, CoveredHour, ReconciliationInput } from './bill-diagnosis.ts';
import type { Hypothesis } from './hypothesis.ts';
import { priceHypothesis, unpricedHypothesis } from './price-hypotheses.ts';

const INPUTS = [1, 2, 3, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100];
const STANDING = [0, 1, 2, 3, 4];

/**
 * From the simplest to those for which the model is computed again, and last the one that is fitted to the
 * bill: it has a figure of its own to choose, so it must explain what no setting does.
 */
export function* hypotheses(
  input: ReconciliationInput,
  covered: readonly CoveredHour[],
): Generator<Hypothesis> {
  yield {
    diagnosis: 'agrees',
    explanation: 'Model and bill agree.',
    predict: (hour) => hour.modelledNano,
  };
  yield* unpricedHypothesis(input, covered);
  if (input.billedGpu !== null) yield* gpuTypes(input);
  yield* regionHypotheses(input);
  yield* gpuCounts(input);
  if (input.billedGpu === null) yield* gpuTypes(input);
  yield* hostHypotheses(covered);
  yield* replayHypotheses(input, covered);
  yield* priceHypothesis(covered);
}

function* regionHypotheses({ multiplier, pins }: ReconciliationInput): Generator<Hypothesis> {
  for (const { name, thousandths } of pins) {
    if (thousandths === multiplier) continue;
    const factor = thousandths / multiplier;
    yield {
      diagnosis: 'region_pin',
      explanation:
        `The bill is ${factor.toFixed(2)} times the model, the price of region ${name}: set the ` +
        "endpoint's `region` to what its decorator asks for.",
      predict: (hour) => hour.modelledNano * factor,
    };
  }
}

function* gpuCounts({ gpuCount }: ReconciliationInput): Generator<Hypothesis> {
  if (gpuCount === 0) return;
  for (let count = 1; count <= 8; count += 1) {
    if (count === gpuCount) continue;
    yield {
      diagnosis: 'gpu_count',
      explanation: `The bill fits ${count} GPUs a container, not ${gpuCount}: set \`gpuCount\`.`,
      predict: gpuTimes(count / gpuCount),
    };
  }
}

/** A name in the bill is evidence; without one, any GPU's price may fit. */
function* gpuTypes({ otherGpus, billedGpu }: ReconciliationInput): Generator<Hypothesis> {
  for (const { name, factor } of otherGpus) {
    if (billedGpu !== null && name !== billedGpu) continue;
    yield {
      diagnosis: 'gpu_type',
      explanation: `The bill fits the price of ${name}: set the endpoint's \`gpu\` to it.`,
      predict: gpuTimes(factor),
    };
  }
}

function gpuTimes(factor: number): Hypothesis['predict'] {
  return ({ modelledNano, modelledHostNano }) =>
    (modelledNano - modelledHostNano) * factor + modelledHostNano;
}

/**
 * CPU and memory beyond the model: in step with the containers when they are missing from the
 * configuration, else of functions in the same app that use no GPU.
 */
function* hostHypotheses(covered: readonly CoveredHour[]): Generator<Hypothesis> {
  const split = covered.filter((hour) => hour.billedHostNano !== null);
  const extra = sumOf(split, (hour) => (hour.billedHostNano ?? 0) - hour.modelledHostNano);
  const gpu = sumOf(split, (hour) => hour.modelledNano - hour.modelledHostNano);
  if (split.length === 0 || extra <= 0 || gpu <= 0) return;
  const share = extra / gpu;
  yield {
    diagnosis: 'host_resources',
    explanation:
      "CPU and memory cost more than the configuration says: set the endpoint's `cpuCores` and " +
      '`memoryGiB` to what its decorator asks for, or to what it uses if that is more.',
    predict: (hour) => hour.modelledNano + share * (hour.modelledNano - hour.modelledHostNano),
  };
  yield {
    diagnosis: 'cpu_functions',
    explanation:
      'CPU and memory are billed that do not follow the GPU containers: functions without a GPU in the ' +
      'same app, such as health checks. They are not charged to requests.',
    predict: (hour) =>
      hour.modelledNano + Math.max(0, (hour.billedHostNano ?? 0) - hour.modelledHostNano),
  };
}

function* replayHypotheses(
  { endpoints, replay }: ReconciliationInput,
  covered: readonly CoveredHour[],
): Generator<Hypothesis> {
  if (replay === null) return;
  for (const configured of endpoints) {
    const { name } = configured;
    const of = endpoints.length === 1 ? '' : ` of endpoint ${name}`;
    const window = fittingWindow(covered, (scaledownWindowSeconds) =>
      replay({ endpoint: name, scaledownWindowSeconds }),
    );
    for (const { change, ...what } of settingsChanges(configured, window, of)) {
      const hours = replay({ endpoint: name, ...change });
      yield { ...what, predict: (hour) => hours.get(hour.start) ?? 0 };
    }
  }
}

function* settingsChanges(configured: ConfiguredEndpoint, window: number, of: string) {
  // At its limit the window is too short for the bill: what never closes stands.
  const windowFirst = window < LONGEST_SECONDS;
  if (windowFirst) yield* windowChange(configured, window, of);
  yield* standingChanges(configured, of);
  if (!windowFirst) yield* windowChange(configured, window, of);
  const { maxInputs } = configured;
  for (const inputs of INPUTS.filter((one) => one !== maxInputs)) {
    yield {
      diagnosis: 'concurrency' as const,
      explanation: `The bill fits ${inputs} inputs a container, not ${maxInputs}: set \`maxInputs\`${of}.`,
      change: { maxInputs: inputs },
    };
  }
}

function* windowChange({ scaledownWindowSeconds }: ConfiguredEndpoint, window: number, of: string) {
  if (window === scaledownWindowSeconds) return;
  yield {
    diagnosis: 'scaledown_window' as const,
    explanation:
      `The bill fits a scaledown window of about ${window} s, not ${scaledownWindowSeconds} s: set ` +
      `\`scaledownWindow\`${of}.`,
    change: { scaledownWindowSeconds: window },
  };
}

function* standingChanges({ minContainers }: ConfiguredEndpoint, of: string) {
  for (const count of STANDING.filter((one) => one !== minContainers)) {
    yield {
      diagnosis: 'standing_containers' as const,
      explanation:
        `The bill fits ${count} standing containers, not ${minContainers}: set ` +
        `\`minContainers\`${of}.`,
      change: { minContainers: count },
    };
  }
}

/** Modal's limits of a scaledown window. */
const SHORTEST_SECONDS = 2;
const LONGEST_SECONDS = 1_200;
/** Windows that people choose. */
const COMMON_SECONDS = [2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600, 900, 1_200];

/** The window with which the model comes to the bill's total: a longer one costs more, so it is halved in on. */
function fittingWindow(
  covered: readonly CoveredHour[],
  replay: (seconds: number) => ReadonlyMap<number, number>,
): number {
  const billed = sumOf(covered, (hour) => hour.billedNano);
  let [low, high] = [SHORTEST_SECONDS, LONGEST_SECONDS];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const hours = replay(middle);
    if (sumOf(covered, (hour) => hours.get(hour.start) ?? 0) < billed) low = middle + 1;
    else high = middle;
  }
  return COMMON_SECONDS.find((common) => Math.abs(common - low) <= 0.05 * common) ?? low;
}
