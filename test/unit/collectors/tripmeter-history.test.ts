import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tripmeterHistory } from '../../../collectors/history/tripmeter/tripmeter-history.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import type { HistoryItem } from '../../../src/ports/collector.ts';

const ID = '0198c5a0-0000-7000-8000-0123456789ab';
const FIRST = {
  endpoint: 'generate',
  startedAt: '2026-11-01T10:00:00.123456Z',
  durationMs: 38_230.5,
};

async function read(text: string | Uint8Array, chunkSize = 1_000_000): Promise<HistoryItem[]> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < bytes.length; from += chunkSize) {
      yield bytes.subarray(from, from + chunkSize);
    }
  }
  const items: HistoryItem[] = [];
  const input = { chunks: chunks(), endpoint: null, zone: 'UTC' };
  for await (const item of tripmeterHistory.read(input)) {
    items.push(item);
  }
  return items;
}

async function readOne(line: object): Promise<ClosedRequest> {
  const [item] = await read(JSON.stringify(line));
  if (item?.type !== 'request') throw new Error(JSON.stringify(item));
  return item.request;
}

describe('a line of history', () => {
  test('needs endpoint, start and duration, and leaves the rest unknown', async () => {
    const request = await readOne(FIRST);
    expect(request).toMatchObject({
      endpoint: 'generate',
      startedAt: Date.parse('2026-11-01T10:00:00.123Z') * 1_000 + 456,
      durationUs: 38_230_500,
      outcome: 'ok',
      paid: 'yes',
      status: null,
      tokensOut: null,
      containerId: null,
      execEstimateUs: 38_230_500,
      legs: 1,
    });
    expect(request.traceId).toBe(request.id.replaceAll('-', ''));
  });

  test('takes every field that tripmeter prints, and passes costs and newer keys over', async () => {
    const request = await readOne({
      ...FIRST,
      id: ID,
      operation: 'nlp_to_ir',
      client: 'ci',
      group: 'run-7',
      tags: { branch: 'main' },
      method: 'GET',
      path: '/v1/chat/completions',
      state: 'closed',
      outcome: 'upstream_error',
      status: 408,
      errorClass: 'modal_missing_request',
      paid: 'yes',
      diagnosis: 'event_loop_blocked',
      ttfbMs: 12.5,
      firstTokenMs: 20,
      overheadMs: 0.25,
      queueMs: 230.5,
      bytesIn: 10,
      bytesOut: 20,
      chunks: 3,
      streamed: true,
      legs: 2,
      model: 'm',
      tokensIn: 1,
      tokensOut: 2,
      tokensCached: 0,
      functionCallId: 'fc-1',
      containerId: 'ta-1',
      coldStart: true,
      gpuSeconds: 3,
      costUsd: { exec: '0.1', total: '0.2' },
      costState: 'settled',
      attribution: 'observed',
      priceId: 'x',
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      somethingNew: 1,
    });
    expect(request).toMatchObject({
      id: ID,
      operation: 'nlp_to_ir',
      client: 'ci',
      group: 'run-7',
      tags: { branch: 'main' },
      method: 'GET',
      path: '/v1/chat/completions',
      outcome: 'upstream_error',
      status: 408,
      errorClass: 'modal_missing_request',
      paid: 'yes',
      diagnosis: 'event_loop_blocked',
      firstByteUs: 12_500,
      firstTokenUs: 20_000,
      overheadUs: 250,
      queueUs: 230_500,
      execEstimateUs: 38_000_000,
      streamed: true,
      legs: 2,
      tokensCached: 0,
      functionCallId: 'fc-1',
      coldStart: true,
      traceId: 'a'.repeat(32),
    });
    expect(request).not.toHaveProperty('somethingNew');
  });

  test.each([
    [{}, 'ok', 'yes'],
    [{ status: 200 }, 'ok', 'yes'],
    [{ status: 500 }, 'upstream_error', 'unknown'],
    [{ status: 429 }, 'upstream_error', 'no'],
    [{ outcome: 'rejected' }, 'rejected', 'no'],
    [{ outcome: 'app_error', status: 200 }, 'app_error', 'yes'],
    [{ outcome: 'upstream_error', paid: 'yes', status: 401 }, 'upstream_error', 'yes'],
  ])('%j ended %s, paid %s', async (fields, outcome, paid) => {
    expect(await readOne({ ...FIRST, ...fields })).toMatchObject({ outcome, paid });
  });
});

describe('ids', () => {
  test('a UUID is kept, any other id becomes one that is always the same', async () => {
    expect((await readOne({ ...FIRST, id: ID.toUpperCase() })).id).toBe(ID);
    const derived = await readOne({ ...FIRST, id: 'req-1' });
    expect(derived.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/);
    expect((await readOne({ ...FIRST, id: 'req-1', model: 'm' })).id).toBe(derived.id);
    expect((await readOne({ ...FIRST, id: 'req-2' })).id).not.toBe(derived.id);
  });

  test('without an id, the same file gives the same ids, and equal lines stay two requests', async () => {
    const text = `${JSON.stringify(FIRST)}\n${JSON.stringify(FIRST)}\n${JSON.stringify({ ...FIRST, durationMs: 1 })}\n`;
    const ids = async () =>
      (await read(text)).map((item) => (item.type === 'request' ? item.request.id : item.message));
    const first = await ids();
    expect(new Set(first).size).toBe(3);
    expect(await ids()).toEqual(first);
  });
});

describe('bad lines are reported with their number, and the others are read', () => {
  test.each([
    ['broken JSON', '{', /not JSON/],
    ['no object', '7', /line: .*expected object/],
    ['no endpoint', '{"startedAt":"2026-11-01T10:00:00Z","durationMs":1}', /endpoint/],
    [
      'no zone',
      '{"endpoint":"e","startedAt":"2026-11-01T10:00:00","durationMs":1}',
      /no zone: write Z/,
    ],
    ['no instant', '{"endpoint":"e","startedAt":"yesterday","durationMs":1}', /ISO 8601/],
    [
      'a negative duration',
      '{"endpoint":"e","startedAt":"2026-11-01T10:00:00Z","durationMs":-1}',
      /durationMs/,
    ],
    [
      'an unknown outcome',
      '{"endpoint":"e","startedAt":"2026-11-01T10:00:00Z","durationMs":1,"outcome":"meh"}',
      /outcome/,
    ],
    [
      'an open request',
      '{"endpoint":"e","startedAt":"2026-11-01T10:00:00Z","durationMs":1,"state":"open"}',
      /still open/,
    ],
  ])('%s', async (_, line, message) => {
    const good = JSON.stringify(FIRST);
    const items = await read(`${good}\n\n${line}\n${good}`);
    expect(items.map((item) => item.type)).toEqual(['request', 'problem', 'request']);
    expect(items[1]).toMatchObject({ line: 3, message: expect.stringMatching(message) });
  });

  test('a line that is not UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from(JSON.stringify(FIRST)),
    ]);
    expect(await read(bytes)).toMatchObject([
      { line: 1, message: 'not UTF-8 text' },
      { type: 'request' },
    ]);
  });

  test('a line without end is given up, in bounded memory, and the next one is read', async () => {
    const long = `"${'x'.repeat(3_000_000)}"\n${JSON.stringify(FIRST)}\n`;
    expect(await read(long, 65_536)).toMatchObject([
      { line: 1, message: expect.stringContaining('longer than') },
      { type: 'request' },
    ]);
  });
});

test('however the bytes are cut, the same requests come out', async () => {
  const texts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('\u2028 é 日本')), {
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 1, max: 40 }), async (groups, size) => {
      const lines = groups.map((group) =>
        JSON.stringify({ ...FIRST, group: group.toWellFormed() }),
      );
      const items = await read(lines.join('\r\n'), size);
      expect(items.map((item) => item.type === 'request' && item.request.group)).toEqual(
        groups.map((group) => group.toWellFormed()),
      );
    }),
    { numRuns: 50 },
  );
});
