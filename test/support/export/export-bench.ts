import { createExporter, type Exporter } from '../../../src/export/exporter.ts';
import { otlpSink } from '../../../src/export/sinks.ts';
import { type FakeOtlp, type OtlpRequest, startFakeOtlp } from '../fake-otlp/fake-otlp.ts';
import { type MemoryExportSource, memoryExportSource } from './memory-export-source.ts';
import { type MemoryLog, memoryLog } from './memory-log.ts';
import { sampleLedgerRequest } from './sample-ledger-request.ts';
import { type StepClock, stepClock } from './step-clock.ts';

export const NOW = Date.UTC(2026, 10, 24, 12) * 1_000;
export const SECOND = 1_000_000;

/** An exporter over a ledger in memory, with a clock that a test moves. */
export interface ExportBench {
  readonly clock: StepClock;
  readonly source: MemoryExportSource;
  readonly log: MemoryLog;
  readonly exporter: Exporter;
  /** Steps until there is nothing to do or a pause is asked for; the pause. */
  drain(sink?: string): Promise<number>;
}

/** Receivers of a test, and their end. */
export interface Receivers {
  open(): Promise<FakeOtlp>;
  close(): Promise<void>;
}

export function otlpReceivers(): Receivers {
  const opened: FakeOtlp[] = [];
  return {
    open: async () => {
      const fake = await startFakeOtlp();
      opened.push(fake);
      return fake;
    },
    close: async () => {
      for (const fake of opened.splice(0)) await fake.close();
    },
  };
}

export interface ExportBenchSettings {
  readonly gzip?: boolean;
  readonly encoding?: 'protobuf' | 'json';
  readonly batchItems?: number;
  readonly timeoutMs?: number;
}

export function exportBench(
  urls: Readonly<Record<string, string>>,
  settings: ExportBenchSettings = {},
): ExportBench {
  const clock = stepClock(NOW);
  const log = memoryLog();
  const source = memoryExportSource((position) =>
    sampleLedgerRequest({ startedAt: NOW - 10 * SECOND + position }, position),
  );
  const tools = {
    fetch,
    clock,
    version: '0.1.0',
    endpointOf: () => null,
    timeoutMs: settings.timeoutMs ?? 20_000,
    batchItems: settings.batchItems ?? 8,
  };
  const sinks = Object.entries(urls).map(([name, url]) => {
    const sink = otlpSink(
      {
        name,
        url,
        headers: { authorization: 'Bearer key' },
        encoding: settings.encoding ?? 'protobuf',
        gzip: settings.gzip ?? true,
        serviceName: 'tripmeter',
      },
      tools,
    );
    // The other streams, which have nothing to send, would ask for pauses of their own.
    return { ...sink, lanes: sink.lanes.filter((lane) => lane.stream === 'requests') };
  });
  const exporter = createExporter({ sinks, source, clock, random: () => 0, log });
  return {
    clock,
    source,
    log,
    exporter,
    drain: async (sink = 'first') => {
      for (;;) {
        const result = await exporter.step(sink);
        if (result.state === 'idle') return result.waitUs;
      }
    },
  };
}

/** Requests that the receiver accepted, in order. */
export const requestIds = (fake: FakeOtlp) =>
  fake.spans
    .filter((span) => span.attributes['proxy.request'] === true)
    .map((span) => span.attributes['request.id']);

/** Ids of the requests at these positions. */
export const expectedIds = (from: number, to: number) =>
  Array.from(
    { length: to - from + 1 },
    (_, index) =>
      sampleLedgerRequest({ startedAt: NOW - 10 * SECOND + from + index }, from + index).id,
  );

export const holds = (request: OtlpRequest, id: string) =>
  request.spans.some((span) => span.attributes['request.id'] === id);
