import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { method } from './messages.ts';

/** A container as Modal's control plane knows it. Seconds since 1970; 0: it has not happened. */
export interface FakeContainer {
  readonly enqueuedAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  /** `GenericResult.GenericStatus`: 1 success, 2 failure, 3 terminated. */
  readonly status?: number;
  readonly gpuCount?: number;
}

/** An input of a function. Seconds since 1970. */
export interface FakeCall {
  readonly functionCallId: string;
  readonly functionId: string;
  readonly enqueuedAt: number;
  readonly startedAt?: number;
  readonly containerId?: string;
  readonly startupTimeSeconds?: number;
  readonly executionTimeSeconds?: number;
  /** `FunctionCallInputStatus`: 2 running, 3 success. */
  readonly status: number;
}

/** What goes wrong with one call: a status, or no answer at all. */
export type UnaryFault = { readonly code: number; readonly details: string } | 'silence';

export interface FakeContainers {
  containers: ReadonlyMap<string, FakeContainer>;
  calls: readonly FakeCall[];
  /** Ids that were asked about, in order: containers, calls, functions. */
  readonly asked: string[];
  /** Told of each question before it is answered. */
  onAsked: (id: string) => void;
  /** Applied to the coming questions, one each; `null` lets one pass. */
  containerFaults: (UnaryFault | null)[];
}

interface FetchRequest {
  readonly functionId: string;
  readonly range: {
    readonly since: { readonly seconds: number; readonly nanos: number };
    readonly until: { readonly seconds: number; readonly nanos: number };
    readonly limit: number;
  };
}

const NOT_FOUND = 5;

export const CONTAINER_SERVICE = {
  TaskGetInfo: method('TaskGetInfo', {
    request: 'TaskGetInfoRequest',
    response: 'TaskGetInfoResponse',
  }),
  FunctionCallFromId: method('FunctionCallFromId', {
    request: 'FunctionCallFromIdRequest',
    response: 'FunctionCallFromIdResponse',
  }),
  FunctionCallFetch: method('FunctionCallFetch', {
    request: 'FunctionCallFetchRequest',
    response: 'FunctionCallFetchResponse',
  }),
};

export function fakeContainers(): FakeContainers {
  return { containers: new Map(), calls: [], asked: [], onAsked: () => {}, containerFaults: [] };
}

type Refusal = { readonly code: number; readonly details: string };

/** Handlers of the service; `refuse` says whose token is not known. */
export function containerHandlers(
  fake: FakeContainers,
  refuse: (call: ServerUnaryCall<object, object>) => Refusal | null,
) {
  const handler =
    <Request>(idOf: (request: Request) => string, answerTo: (request: Request) => object | null) =>
    (call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>) => {
      const request = call.request as Request;
      const id = idOf(request);
      fake.asked.push(id);
      fake.onAsked(id);
      const fault = refuse(call) ?? fake.containerFaults.shift() ?? null;
      if (fault === 'silence') return;
      const value = answerTo(request);
      if (fault !== null) answer(fault);
      else if (value === null) answer({ code: NOT_FOUND, details: `${id} not found` });
      else answer(null, value);
    };
  return {
    TaskGetInfo: handler(
      ({ taskId }: { taskId: string }) => taskId,
      ({ taskId }) => taskOf(taskId, fake.containers.get(taskId)),
    ),
    FunctionCallFromId: handler(
      ({ functionCallId }: { functionCallId: string }) => functionCallId,
      ({ functionCallId }) => {
        const call = fake.calls.find((each) => each.functionCallId === functionCallId);
        if (call === undefined) return null;
        const metadata = { appId: 'ap-1', functionId: call.functionId };
        return { functionCallId, numInputs: 1, metadata };
      },
    ),
    FunctionCallFetch: handler(
      ({ functionId }: FetchRequest) => functionId,
      (request) => ({ functionCallInputs: inputsOf(request, fake.calls) }),
    ),
  };
}

function taskOf(id: string, container: FakeContainer | undefined): object | null {
  if (container === undefined) return null;
  const { status = 1, gpuCount = 1, ...times } = container;
  const gpuConfig = { count: gpuCount, gpuType: 'A100-80GB' };
  return { appId: 'ap-1', info: { id, ...times, result: { status }, gpuConfig } };
}

function inputsOf({ functionId, range }: FetchRequest, calls: readonly FakeCall[]): object[] {
  const [since, until] = [range.since, range.until].map(
    ({ seconds, nanos }) => seconds + nanos / 1e9,
  );
  return calls
    .filter((call) => call.functionId === functionId)
    .filter(({ enqueuedAt }) => enqueuedAt >= (since ?? 0) && enqueuedAt < (until ?? 0))
    .toSorted((a, b) => a.enqueuedAt - b.enqueuedAt)
    .slice(0, range.limit)
    .map(({ enqueuedAt, startedAt, functionId: _, ...rest }) => ({
      ...rest,
      enqueuedAt: timestamp(enqueuedAt),
      ...(startedAt === undefined ? {} : { startedAt: timestamp(startedAt) }),
    }));
}

function timestamp(at: number) {
  const seconds = Math.floor(at);
  return { seconds, nanos: Math.round((at - seconds) * 1e6) * 1_000 };
}
