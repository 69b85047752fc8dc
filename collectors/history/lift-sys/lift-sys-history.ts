import { traceIdOf } from '../../../src/core/ids.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import type { EpochMicros } from '../../../src/core/units.ts';
import { instantOfLocal, localTimeOf } from '../../../src/core/zone.ts';
import type { HistoryItem, HistoryReader } from '../../../src/ports/collector.ts';
import type { IsoInstant } from '../../iso-instant.ts';
import { derivedId } from '../derived-id.ts';
import { importedRequest } from '../imported-request.ts';
import { type Call, callsBefore, callsOfStages } from './calls.ts';
import { deploymentAt } from './deployment.ts';
import { endingOf } from './outcome.ts';
import {
  type BenchmarkRow,
  benchmarkFile,
  benchmarkRow,
  type StagedRow,
  type UnstagedRow,
} from './wire.ts';

const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Result files of lift-sys's benchmarks, from a path the user gives: each pipeline run becomes its calls to
 * Modal, held together by one trace and group. The clock times in the files name no zone.
 */
export const liftSysHistory: HistoryReader = {
  namesEndpoints: false,
  async *read(input) {
    const parsed = benchmarkFile.safeParse(jsonOf(await textOf(input.chunks)));
    if (!parsed.success) {
      yield problem('this is no benchmark file: expected a JSON object with an array `results`');
      return;
    }
    const { results, timestamp } = parsed.data;
    const rows: BenchmarkRow[] = [];
    for (const [index, result] of results.entries()) {
      const row = benchmarkRow.safeParse(result);
      if (row.success) {
        rows.push(row.data);
      } else {
        yield problem(`results[${index}]: ${row.error.issues[0]?.message}`);
      }
    }
    const runs = runsOf(rows, input.zone, timestamp);
    if (runs === null) {
      yield problem('the rows have no start and the file has no `timestamp`: nothing says when');
      return;
    }
    yield* requestsOf(runs);
  },
};

/** The calls of each pipeline run. */
function runsOf(
  rows: readonly BenchmarkRow[],
  zone: string,
  written: IsoInstant | undefined,
): Call[][] | null {
  const unstaged = rows.filter((row): row is UnstagedRow => !isStaged(row));
  if (unstaged.length > 0 && written === undefined) {
    return null;
  }
  const staged = rows.filter(isStaged);
  const runs = staged.map((row) => callsOfStages(row, instantIn(zone, row.timestamp)));
  const single = written === undefined ? [] : callsBefore(instantIn(zone, written), unstaged);
  return [...runs, ...single.map((call) => [call])];
}

function isStaged(row: BenchmarkRow): row is StagedRow {
  return 'nlp_to_ir' in row;
}

function instantIn(zone: string, { at, zoned }: IsoInstant): EpochMicros {
  return zoned ? at : instantOfLocal(localTimeOf(at, 'UTC'), zone);
}

function* requestsOf(runs: readonly Call[][]): Generator<HistoryItem> {
  const all = runs.flat();
  for (const [run, calls] of runs.entries()) {
    const ids = calls.map((call, index) => idOf(call, run, index));
    const trace = traceIdOf(ids[0] ?? '');
    for (const [index, call] of calls.entries()) {
      const request = requestOf(call, { id: ids[index] ?? '', trace, all });
      yield { type: 'request', request };
    }
  }
}

/** The file's name is left out, so that a moved or renamed copy is the same history. */
function idOf(call: Call, run: number, index: number): string {
  return derivedId(call.startedAt, ['lift-sys', run, index, call.operation, call.durationUs]);
}

function requestOf(
  call: Call,
  context: { id: string; trace: string; all: readonly Call[] },
): ClosedRequest {
  const deployment = deploymentAt(call.startedAt);
  return importedRequest({
    id: context.id,
    endpoint: deployment.endpoint,
    operation: call.operation,
    client: 'lift-sys-benchmark',
    group: context.trace,
    traceId: context.trace,
    tags: { ...call.tags, gpu: deployment.gpu },
    model: deployment.model,
    startedAt: call.startedAt,
    durationUs: call.durationUs,
    ...endingOf(call, context.all),
  });
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    held += chunk.length;
    if (held > MAX_FILE_BYTES) {
      return null;
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString('utf8');
}

function jsonOf(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function problem(message: string): HistoryItem {
  return { type: 'problem', line: null, message };
}
