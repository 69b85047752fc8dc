import { sumOf } from '../sum-of.ts';
import type {
  BillDiagnosis,
  CoveredHour,
  ReconciliationInput,
  SettingsChange,
} from './bill-diagnosis.ts';

/** One change of the configuration, and what the bill of an interval would be with it. */
export interface Hypothesis {
  readonly diagnosis: BillDiagnosis;
  readonly explanation: string;
  readonly predict: (hour: CoveredHour) => number;
}

const WINDOWS_SECONDS = [2, 5, 10, 20, 30, 60, 90, 120, 180, 300, 600, 900, 1_200];
const INPUTS = [1, 2, 3, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100];

/** From the simplest to those for which the model is computed again. */
export function* hypotheses(input: ReconciliationInput): Generator<Hypothesis> {
  yield {
    diagnosis: 'agrees',
    explanation: 'Model and bill agree.',
    predict: (hour) => hour.modelledNano,
  };
  yield* regionHypotheses(input);
  yield* gpuHypotheses(input);
  yield* hostHypotheses(input);
  yield* replayHypotheses(input);
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

function* gpuHypotheses(input: ReconciliationInput): Generator<Hypothesis> {
  const scaled = (factor: number) => (hour: CoveredHour) =>
    (hour.modelledNano - hour.modelledHostNano) * factor + hour.modelledHostNano;
  const types = input.otherGpus.filter(
    ({ name }) => input.billedGpu === null || name === input.billedGpu,
  );
  const typeHypotheses = types.map(
    ({ name, factor }): Hypothesis => ({
      diagnosis: 'gpu_type',
      explanation: `The bill fits the price of ${name}: set the endpoint's \`gpu\` to it.`,
      predict: scaled(factor),
    }),
  );
  if (input.billedGpu !== null) yield* typeHypotheses;
  for (let count = 1; count <= 8; count += 1) {
    if (count === input.gpuCount || input.gpuCount === 0) continue;
    yield {
      diagnosis: 'gpu_count',
      explanation: `The bill fits ${count} GPUs a container, not ${input.gpuCount}: set \`gpuCount\`.`,
      predict: scaled(count / input.gpuCount),
    };
  }
  if (input.billedGpu === null) yield* typeHypotheses;
}

/**
 * CPU and memory beyond the model: in step with the containers when they are missing from the
 * configuration, else of functions in the same app that use no GPU.
 */
function* hostHypotheses({ hours }: ReconciliationInput): Generator<Hypothesis> {
  const split = hours.filter((hour) => hour.billedHostNano !== null);
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

function* replayHypotheses(input: ReconciliationInput): Generator<Hypothesis> {
  const byReplay = (change: SettingsChange) => {
    const hours = input.replay(change);
    return (hour: CoveredHour) => hours.get(hour.start) ?? 0;
  };
  for (const seconds of WINDOWS_SECONDS) {
    if (seconds === input.scaledownWindowSeconds) continue;
    yield {
      diagnosis: 'scaledown_window',
      explanation:
        `The bill fits a scaledown window of about ${seconds} s, not ` +
        `${input.scaledownWindowSeconds} s: set \`scaledownWindow\`.`,
      predict: byReplay({ scaledownWindowSeconds: seconds }),
    };
  }
  for (const count of [0, 1, 2, 3, 4]) {
    if (count === input.minContainers) continue;
    yield {
      diagnosis: 'standing_containers',
      explanation: `The bill fits ${count} standing containers, not ${input.minContainers}: set \`minContainers\`.`,
      predict: byReplay({ minContainers: count }),
    };
  }
  for (const inputs of INPUTS) {
    if (inputs === input.maxInputs) continue;
    yield {
      diagnosis: 'concurrency',
      explanation: `The bill fits ${inputs} inputs a container, not ${input.maxInputs}: set \`maxInputs\`.`,
      predict: byReplay({ maxInputs: inputs }),
    };
  }
}
