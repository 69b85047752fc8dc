import { setTimeout as pause } from 'node:timers/promises';
import type { EpochMicros } from '../../src/core/units.ts';
import type {
  CallPage,
  ContainerReport,
  ContainerSource,
} from '../../src/ports/container-source.ts';
import type { ControlPlane } from '../modal-api/control-plane.ts';
import { ask } from './ask.ts';
import {
  callFetchResponse,
  callFromIdResponse,
  callReportOf,
  containerReportOf,
  taskInfoResponse,
  unknownContainer,
} from './wire.ts';

export type ContainerCalls = Pick<
  ControlPlane,
  'taskGetInfo' | 'functionCallFromId' | 'functionCallFetch'
>;

export interface ContainerSourceOptions {
  /** Pause between two questions. 100 ms unless told. */
  readonly paceMs?: number;
  /** How long one answer may take. 30 s unless told. */
  readonly timeoutMs?: number;
  /** Calls of a page, at most 20,000. */
  readonly pageSize?: number;
}

/** A header says what it likes: only what looks like a container's id is asked about. */
const CONTAINER_ID = /^ta-[\w-]{1,100}$/;
const PACE_MS = 100;
const MOST_CALLS = 20_000;

/** Lives of containers and places of calls, from Modal's control plane. */
export function modalContainers(
  connect: () => Promise<ContainerCalls>,
  { paceMs = PACE_MS, timeoutMs, pageSize = MOST_CALLS }: ContainerSourceOptions = {},
): ContainerSource {
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  return {
    async *containers(ids, { signal }) {
      let asked = 0;
      for (const id of ids) {
        if (!CONTAINER_ID.test(id)) {
          yield unknownContainer(id);
          continue;
        }
        if (asked > 0) await pause(paceMs, undefined, { signal });
        asked += 1;
        yield await container(await connect(), id, { signal, ...limit });
      }
    },
    async functionOf(functionCallId, { signal }) {
      const modal = await connect();
      const found = await ask({
        what: `function call ${functionCallId}`,
        schema: callFromIdResponse,
        foreignId: true,
        call: (within) => modal.functionCallFromId({ functionCallId }, { signal: within }),
        ...{ signal, ...limit },
      });
      return found?.metadata.functionId ?? null;
    },
    async *calls({ functionId, from, to, signal }) {
      const modal = await connect();
      let since: EpochMicros = from;
      while (since < to) {
        const page = await callPage(
          modal,
          { functionId, from: since, to, pageSize },
          {
            ...{ signal, ...limit },
          },
        );
        yield page;
        since = page.to;
        if (since < to) await pause(paceMs, undefined, { signal });
      }
    },
  };
}

interface CallLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

async function container(
  modal: ContainerCalls,
  taskId: string,
  limits: CallLimits,
): Promise<ContainerReport> {
  const found = await ask({
    what: `container ${taskId}`,
    schema: taskInfoResponse,
    foreignId: true,
    call: (signal) => modal.taskGetInfo({ taskId }, { signal }),
    ...limits,
  });
  return found === null ? unknownContainer(taskId) : containerReportOf(taskId, found);
}

/** A full page ends where its last call begins: calls of that instant come again with the next page. */
async function callPage(
  modal: ContainerCalls,
  window: {
    readonly functionId: string;
    readonly from: EpochMicros;
    readonly to: EpochMicros;
    readonly pageSize: number;
  },
  limits: CallLimits,
): Promise<CallPage> {
  const { functionId, from, to, pageSize } = window;
  const range = { since: dateOf(from), until: dateOf(to), limit: pageSize };
  const found = await ask({
    what: `calls of function ${functionId} from ${range.since.toISOString()}`,
    schema: callFetchResponse,
    call: (signal) => modal.functionCallFetch({ functionId, range, allVariants: true }, { signal }),
    ...limits,
  });
  const calls = (found?.functionCallInputs ?? []).map(callReportOf);
  calls.sort((a, b) => a.enqueuedAt - b.enqueuedAt);
  const last = calls.at(-1)?.enqueuedAt;
  const full = calls.length >= pageSize && last !== undefined;
  // A page of one instant only cannot be told from a full one: go past it.
  return { from, to: full ? Math.min(to, Math.max(last, from + MILLISECOND_US)) : to, calls };
}

const MILLISECOND_US = 1_000;

function dateOf(instant: EpochMicros): Date {
  return new Date(instant / 1_000);
}
