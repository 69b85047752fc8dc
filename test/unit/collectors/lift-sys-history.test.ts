import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { liftSysHistory } from '../../../collectors/history/lift-sys/lift-sys-history.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import type { HistoryItem } from '../../../src/ports/collector.ts';

const at = (text: string) => Date.parse(text) * 1_000;

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function read(text: string, zone = 'UTC'): Promise<HistoryItem[]> {
  const items: HistoryItem[] = [];
  for await (const item of liftSysHistory.read({ chunks: bytesOf(text), zone })) {
    items.push(item);
  }
  return items;
}

async function requestsOf(name: string, zone?: string): Promise<ClosedRequest[]> {
  const path = new URL(`../../fixtures/lift-sys/${name}.json`, import.meta.url);
  const items = await read(readFileSync(path, 'utf8'), zone);
  return items.map((item) => {
    if (item.type === 'problem') throw new Error(item.message);
    return item.request;
  });
}

describe('a parallel benchmark', () => {
  const file = () => requestsOf('benchmark_results_parallel_20260105_101500');

  test('becomes one call for the first stage and one for each attempt of the second', async () => {
    const calls = (await file()).filter((request) => request.tags?.test === 'alpha');
    expect(calls.map((call) => [call.operation, call.startedAt, call.durationUs])).toEqual([
      ['nlp_to_ir', at('2026-01-05T10:00:00.250Z'), 40_000_400],
      ['ir_to_code', at('2026-01-05T10:00:40.250Z') + 400, 10_000_000],
      ['ir_to_code', at('2026-01-05T10:00:50.250Z') + 400, 10_000_000],
      ['ir_to_code', at('2026-01-05T10:01:00.250Z') + 400, 10_000_000],
    ]);
    expect(calls[0]).toMatchObject({ outcome: 'ok', paid: 'yes', endpoint: 'lift-sys-32b' });
    expect(calls[1]?.tags).toMatchObject({ timing: 'split evenly over 3 attempts' });
  });

  test('holds a pipeline run together by group and trace', async () => {
    const calls = (await file()).filter((request) => request.tags?.test === 'alpha');
    expect(new Set(calls.map((call) => call.group)).size).toBe(1);
    expect(calls.every((call) => call.group === call.traceId)).toBe(true);
    expect(new Set((await file()).map((call) => call.group)).size).toBe(4);
  });

  test('explains a 408 that was released together with the call that blocked the event loop', async () => {
    const [call] = (await file()).filter((request) => request.tags?.test === 'beta');
    expect(call).toMatchObject({
      outcome: 'upstream_error',
      status: 408,
      errorClass: 'modal_missing_request',
      paid: 'yes',
      diagnosis: 'event_loop_blocked',
    });
  });

  test('a failure that never left the client costs nothing', async () => {
    const [call] = (await file()).filter((request) => request.tags?.test === 'gamma');
    expect(call).toMatchObject({ outcome: 'connect_failed', paid: 'no', execEstimateUs: null });
  });

  test('a time-out is one', async () => {
    const calls = (await file()).filter((request) => request.tags?.test === 'delta');
    expect(calls.map((call) => call.outcome)).toEqual(['ok', 'upstream_timeout']);
  });

  test('read again, it has the same ids; in another zone, other instants', async () => {
    const name = 'benchmark_results_parallel_20260105_101500';
    const ids = (await file()).map((call) => call.id);
    expect((await requestsOf(name)).map((call) => call.id)).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    const [elsewhere] = await requestsOf(name, 'America/New_York');
    expect(elsewhere?.startedAt).toBe(at('2026-01-05T15:00:00.250Z'));
  });
});

describe('a file whose rows have no start', () => {
  test('is laid end to end before the instant at which it was written', async () => {
    const calls = await requestsOf('execution_validation_20251015_120000');
    expect(calls.map((call) => [call.startedAt, call.durationUs, call.outcome])).toEqual([
      [at('2025-10-15T11:59:29.999Z') + 500, 10_000_000, 'ok'],
      [at('2025-10-15T11:59:39.999Z') + 500, 20_000_500, 'app_error'],
    ]);
    expect(calls[0]).toMatchObject({ operation: 'pipeline', endpoint: 'lift-sys-7b' });
    expect(calls[0]?.tags).toMatchObject({ gpu: 'A10G' });
  });

  test('a phase file keeps the kind of test, and is of the time of the A100', async () => {
    const calls = await requestsOf('nontrivial_phase2_20251020_120000');
    expect(calls.map((call) => call.outcome)).toEqual(['ok', 'ok']);
    expect(calls[1]).toMatchObject({
      endpoint: 'lift-sys-32b',
      tags: { category: 'made_up', complexity: 'hard', gpu: 'A100-80GB' },
    });
  });

  test('without that instant nothing says when, and nothing is guessed', async () => {
    const row = { test_name: 'x', compilation_success: true, total_latency_ms: 5 };
    expect(await read(JSON.stringify({ results: [row] }))).toEqual([
      { type: 'problem', line: null, message: expect.stringContaining('nothing says when') },
    ]);
  });
});

test('a row of no known shape is named by its place, and the others are read', async () => {
  const row = { test_name: 'x', compilation_success: true, total_latency_ms: 5 };
  const file = { timestamp: '2025-10-15T12:00:00', results: [{ test_name: 'y' }, row] };
  const [first, second] = await read(JSON.stringify(file));
  expect(first).toMatchObject({ type: 'problem', message: expect.stringContaining('results[0]') });
  expect(second).toMatchObject({ type: 'request' });
});

test.each(['', '[]', '{"results":7}', '{"results":[', 'null'])(
  '%j is no benchmark file',
  async (text) => {
    expect(await read(text)).toMatchObject([
      { type: 'problem', message: expect.stringContaining('no benchmark file') },
    ]);
  },
);
