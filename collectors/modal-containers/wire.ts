import { z } from 'zod';
import type { EpochMicros, Micros } from '../../src/core/units.ts';
import type { CallReport, ContainerReport } from '../../src/ports/container-source.ts';

/** Seconds since 1970 as Modal's doubles carry them; 0: it has not happened. */
const seconds = z.number().nonnegative().finite();

/** `GenericResult.GenericStatus`. */
const RESULTS: Readonly<Record<number, string>> = {
  1: 'success',
  2: 'failure',
  3: 'terminated',
  4: 'timeout',
  5: 'init_failure',
  6: 'internal_failure',
  7: 'idle_timeout',
  8: 'memory_eviction',
};

/** `TaskGetInfoResponse` as the generated client gives it. */
export const taskInfoResponse = z.object({
  appId: z.string(),
  info: z.object({
    startedAt: seconds,
    finishedAt: seconds,
    enqueuedAt: seconds,
    gpuType: z.string().default(''),
    gpuConfig: z.object({ count: z.number(), gpuType: z.string() }).optional(),
    result: z.object({ status: z.number() }).optional(),
  }),
});

/** `FunctionCallFromIdResponse`, of which only the function is read. */
export const callFromIdResponse = z.object({
  metadata: z.object({ functionId: z.string().min(1) }),
});

/** `FunctionCallFetchResponse`. */
export const callFetchResponse = z.object({
  functionCallInputs: z.array(
    z.object({
      functionCallId: z.string(),
      enqueuedAt: z.date(),
      startedAt: z.date().optional(),
      containerId: z.string().optional(),
      startupTimeSeconds: z.number().nonnegative().optional(),
      executionTimeSeconds: z.number().nonnegative().optional(),
      status: z.number(),
    }),
  ),
});

/** A container's report. One that contradicts itself is `unknown`: nothing of it is used. */
export function containerReportOf(
  containerId: string,
  { appId, info }: z.infer<typeof taskInfoResponse>,
): ContainerReport {
  const readyAt = instantOf(info.startedAt);
  const endedAt = instantOf(info.finishedAt);
  const enqueuedAt = instantOf(info.enqueuedAt);
  const order = [enqueuedAt, readyAt, endedAt].filter((at) => at !== null);
  if (order.some((at, index) => at < (order[index - 1] ?? at)))
    return unknownContainer(containerId);
  return {
    containerId,
    state: endedAt === null ? 'running' : 'ended',
    appId,
    gpu: info.gpuConfig?.gpuType || info.gpuType,
    gpuCount: info.gpuConfig?.count ?? null,
    result: endedAt === null ? null : (RESULTS[info.result?.status ?? 0] ?? null),
    enqueuedAt,
    readyAt,
    endedAt,
  };
}

export function unknownContainer(containerId: string): ContainerReport {
  return {
    ...{ containerId, state: 'unknown', appId: '', gpu: '', gpuCount: null, result: null },
    ...{ enqueuedAt: null, readyAt: null, endedAt: null },
  };
}

/** `FUNCTION_CALL_INPUT_STATUS_PENDING` and `…_RUNNING`; every higher number is an end. */
const LAST_OPEN_STATUS = 2;

export function callReportOf(
  input: z.infer<typeof callFetchResponse>['functionCallInputs'][number],
): CallReport {
  const { startedAt, containerId } = input;
  const ran =
    startedAt === undefined || containerId === undefined || containerId === ''
      ? null
      : {
          containerId,
          from: microsOf(startedAt),
          us: durationOf(input.executionTimeSeconds),
          bootUs: durationOf(input.startupTimeSeconds),
        };
  return {
    functionCallId: input.functionCallId,
    enqueuedAt: microsOf(input.enqueuedAt),
    ran,
    final: input.status > LAST_OPEN_STATUS,
  };
}

function instantOf(value: number): EpochMicros | null {
  return value === 0 ? null : Math.round(value * 1e6);
}

function durationOf(value: number | undefined): Micros | null {
  return value === undefined ? null : Math.round(value * 1e6);
}

function microsOf(date: Date): EpochMicros {
  return date.getTime() * 1_000;
}
