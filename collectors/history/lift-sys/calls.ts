import type { EpochMicros, Micros } from '../../../src/core/units.ts';
import { microsOf } from '../wire-fields.ts';
import type { Stage, StagedRow, UnstagedRow } from './wire.ts';

/** One HTTP call to Modal, as far as a benchmark row lets it be known. */
export interface Call {
  readonly startedAt: EpochMicros;
  readonly durationUs: Micros;
  /** `nlp_to_ir`, `ir_to_code`, or `pipeline` when the row does not tell the stages apart. */
  readonly operation: string;
  readonly succeeded: boolean;
  readonly error: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The calls of a row with stages: one for `nlp_to_ir`, and as many as `ir_to_code` had attempts. Its time is
 * known for all of them together and split evenly, which the tag `timing` says.
 */
export function callsOfStages(row: StagedRow, startedAt: EpochMicros): Call[] {
  const tags = { test: row.test_name };
  const first = row.nlp_to_ir;
  const firstUs = microsOf(first?.latency_ms ?? 0);
  const calls: Call[] = [];
  if (first !== null) {
    const outcome = outcomeOf(first);
    calls.push({ startedAt, durationUs: firstUs, operation: 'nlp_to_ir', ...outcome, tags });
  }
  const second = row.ir_to_code;
  if (second) {
    calls.push(...attemptsOf(second, startedAt + firstUs, tags));
  }
  return calls;
}

function attemptsOf(stage: Stage, startedAt: EpochMicros, tags: Call['tags']): Call[] {
  const attempts = stage.metadata?.result?.metadata?.attempts ?? 1;
  const total = microsOf(stage.latency_ms);
  const edge = (index: number) => Math.floor((total * index) / attempts);
  return Array.from({ length: attempts }, (_, index) => ({
    startedAt: startedAt + edge(index),
    durationUs: edge(index + 1) - edge(index),
    operation: 'ir_to_code',
    // Earlier attempts answered, or there would have been no reason to judge them and try again.
    ...(index < attempts - 1 ? { succeeded: true, error: null } : outcomeOf(stage)),
    tags: attempts === 1 ? tags : { ...tags, timing: `split evenly over ${attempts} attempts` },
  }));
}

function outcomeOf(stage: Stage): Pick<Call, 'succeeded' | 'error'> {
  return { succeeded: stage.success, error: stage.error ?? null };
}

/**
 * The calls of rows without stages. They ran one after the other and the file was written when the last had
 * ended, so they are laid end to end before that instant. Each stands for a whole pipeline run.
 */
export function callsBefore(end: EpochMicros, rows: readonly UnstagedRow[]): Call[] {
  const durations = rows.map((row) =>
    microsOf('latency_ms' in row ? row.latency_ms : row.total_latency_ms),
  );
  let startedAt = end - durations.reduce((sum, duration) => sum + duration, 0);
  return rows.map((row, index) => {
    const durationUs = durations[index] ?? 0;
    const call = { startedAt, durationUs, operation: 'pipeline', error: null, ...kindOf(row) };
    startedAt += durationUs;
    return call;
  });
}

function kindOf(row: UnstagedRow): Pick<Call, 'succeeded' | 'tags'> {
  const tags = { test: row.test_name, timing: 'laid end to end before the file was written' };
  return 'latency_ms' in row
    ? {
        succeeded: row.compiled,
        tags: { ...tags, category: row.category, complexity: row.complexity },
      }
    : { succeeded: row.compilation_success, tags };
}
