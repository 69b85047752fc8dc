import { z } from 'zod';
import { isoInstant } from '../../iso-instant.ts';
import { millis } from '../wire-fields.ts';

const instant = z.string().transform((value, context) => {
  const read = isoInstant(value);
  if (read !== null) {
    return read;
  }
  context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} is not an instant` });
  return z.NEVER;
});

/** Stage of a pipeline run. `ir_to_code` says how many generations it took. */
const stage = z.object({
  latency_ms: millis,
  success: z.boolean(),
  error: z.string().nullish(),
  metadata: z
    .object({
      result: z
        .object({ metadata: z.object({ attempts: z.int().min(1).max(100).optional() }).optional() })
        .nullish(),
    })
    .nullish(),
});

/** `benchmark_results_*` and `benchmark_results_parallel_*`: a start and two stages. */
const stagedRow = z.object({
  test_name: z.string(),
  timestamp: instant,
  nlp_to_ir: stage.nullable(),
  ir_to_code: stage.nullish(),
  total_latency_ms: millis,
  end_to_end_success: z.boolean(),
});

/** `execution_validation_*`: a run's length and nothing of when. */
const validationRow = z.object({
  test_name: z.string(),
  compilation_success: z.boolean(),
  total_latency_ms: millis,
});

/** `nontrivial_phase*_*`: the same, with the kind of test. */
const phaseRow = z.object({
  test_name: z.string(),
  category: z.string(),
  complexity: z.string(),
  compiled: z.boolean(),
  latency_ms: millis,
});

/** A file of either kind. Without starts in the rows, `timestamp` is when the last one had ended. */
export const benchmarkFile = z.object({
  timestamp: instant.optional(),
  results: z.array(z.unknown()),
});

export const benchmarkRow = z.union([stagedRow, phaseRow, validationRow], {
  error: 'is none of the known shapes of a result',
});

export type Stage = z.infer<typeof stage>;
export type StagedRow = z.infer<typeof stagedRow>;
export type BenchmarkRow = z.infer<typeof benchmarkRow>;
/** A row that tells neither its start nor its stages. */
export type UnstagedRow = Exclude<BenchmarkRow, StagedRow>;
