import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HISTORY_FORMATS } from '../../../collectors/registry.ts';
import type { HistoryItem } from '../../../src/ports/collector.ts';

type Format = keyof typeof HISTORY_FORMATS;

const liftSys = new URL(
  '../../fixtures/lift-sys/benchmark_results_parallel_20260105_101500.json',
  import.meta.url,
);

/** A file of each format; a format without one does not compile. */
const FILES: Record<Format, string> = {
  tripmeter: ['2026-11-01T10:00:00Z', '2026-11-01T10:00:01.5Z']
    .map((startedAt) => JSON.stringify({ endpoint: 'generate', startedAt, durationMs: 12.5 }))
    .join('\n'),
  'lift-sys': readFileSync(liftSys, 'utf8'),
};

async function read(format: Format, bytes: Uint8Array): Promise<HistoryItem[]> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const items: HistoryItem[] = [];
  const input = { chunks: chunks(), zone: 'UTC' };
  for await (const item of HISTORY_FORMATS[format].read(input)) {
    items.push(item);
  }
  return items;
}

describe.each(Object.keys(HISTORY_FORMATS) as Format[])('the history format %s', (format) => {
  const requests = async () => {
    const items = await read(format, Buffer.from(FILES[format]));
    return items.flatMap((item) => (item.type === 'request' ? [item.request] : []));
  };

  test('gives requests with ids that are UUIDs, differ, and are the same each time', async () => {
    const first = await requests();
    expect(first.length).toBeGreaterThan(1);
    expect(first.every(({ id }) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))).toBe(
      true,
    );
    expect(new Set(first.map(({ id }) => id)).size).toBe(first.length);
    expect(await requests()).toEqual(first);
  });

  test('gives whole microseconds and no field that is undefined', async () => {
    for (const request of await requests()) {
      expect(Object.values(request)).not.toContain(undefined);
      const durations = Object.entries(request).filter(
        ([key]) => key.endsWith('Us') || key === 'startedAt',
      );
      expect(durations.every(([, value]) => value === null || Number.isSafeInteger(value))).toBe(
        true,
      );
    }
  });

  test('answers any bytes with requests or problems, never with an exception', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect((await read(format, bytes)).every((item) => item.type === 'problem')).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
