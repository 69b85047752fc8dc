import { afterEach, describe, expect, test } from 'vitest';
import {
  exportBench as bench,
  expectedIds,
  holds,
  otlpReceivers,
  requestIds,
  SECOND,
} from '../../support/export/export-bench.ts';

const receivers = otlpReceivers();
afterEach(() => receivers.close());

describe('a sink that refuses a batch', () => {
  test.each([
    ['400', { kind: 'status', status: 400, body: 'bad span' }],
    ['413', { kind: 'status', status: 413 }],
    ['partial success', { kind: 'partial', rejected: 2, message: 'bad span' }],
  ] as const)(
    'with %s gets all but the single bad item, which is set aside',
    async (_name, answer) => {
      const fake = await receivers.open();
      const { source, drain, exporter } = bench({ first: fake.url });
      source.grow(20);
      const [bad] = expectedIds(11, 11);
      fake.behave((request) => (holds(request, bad as string) ? answer : { kind: 'accept' }));
      await drain();
      expect(requestIds(fake)).toEqual([...expectedIds(1, 10), ...expectedIds(12, 20)]);
      expect(source.refused).toMatchObject([
        { sink: 'first', stream: 'requests', position: 11, subject: bad },
      ]);
      expect(await exporter.health()).toMatchObject([{ rejected: 1, stopped: null, depth: 0 }]);
    },
  );

  test('of more than it can hold gets smaller ones, and nothing is set aside', async () => {
    const fake = await receivers.open();
    const { source, drain } = bench({ first: fake.url }, { batchItems: 64 });
    source.grow(200);
    fake.behave((request) =>
      request.spans.length > 20 ? { kind: 'status', status: 413 } : { kind: 'accept' },
    );
    await drain();
    expect(requestIds(fake)).toEqual(expectedIds(1, 200));
    expect(source.refused).toEqual([]);
  });

  test('of whatever it holds is stopped after ten single items: it is not the items', async () => {
    const fake = await receivers.open();
    const { source, drain, exporter, log } = bench({ first: fake.url });
    source.grow(100);
    fake.behave(() => ({ kind: 'status', status: 400, body: 'unknown dataset' }));
    await drain();
    expect(source.refused).toHaveLength(10);
    const [health] = await exporter.health();
    expect(health).toMatchObject({ depth: 90, rejected: 10 });
    expect(health?.stopped).toMatch(/10 items in a row.*unknown dataset/);
    expect(log.lines.at(-1)?.level).toBe('error');
  });
});

describe('a sink that refuses the key or the address', () => {
  test.each([401, 403, 404])(
    'with %i stops, says so, and goes on where it was once mended',
    async (status) => {
      const fake = await receivers.open();
      const { source, drain, clock, exporter, log } = bench({ first: fake.url });
      source.grow(8);
      fake.behave(() => ({ kind: 'status', status, body: 'unknown API key' }));
      const pause = await drain();
      expect(pause).toBe(300 * SECOND);
      expect((await exporter.health())[0]?.stopped).toContain(`HTTP ${status}: unknown API key`);
      expect(log.lines.map((line) => line.level)).toEqual(['error']);
      fake.behave(() => ({ kind: 'accept' }));
      clock.advance(pause);
      await drain();
      expect(requestIds(fake)).toEqual(expectedIds(1, 8));
      expect((await exporter.health())[0]?.stopped).toBeNull();
    },
  );

  test('by a redirect is not followed, for the key would go along', async () => {
    const [fake, other] = [await receivers.open(), await receivers.open()];
    const { source, drain, exporter } = bench({ first: fake.url });
    source.grow(1);
    const headers = { location: `${other.url}/v1/traces` };
    fake.behave(() => ({ kind: 'status', status: 307, headers }));
    await drain();
    expect(other.requests).toEqual([]);
    expect((await exporter.health())[0]?.stopped).toContain('HTTP 307');
  });
});
