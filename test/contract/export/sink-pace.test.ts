import { afterEach, describe, expect, test, vi } from 'vitest';
import { createExporter, type Exporter } from '../../../src/export/exporter.ts';
import { honeycombSink, otlpSink } from '../../../src/export/sinks.ts';
import {
  type MemoryExportSource,
  memoryExportSource,
} from '../../support/export/memory-export-source.ts';
import { type MemoryLog, memoryLog } from '../../support/export/memory-log.ts';
import { sampleLedgerRequest } from '../../support/export/sample-ledger-request.ts';
import { type StepClock, stepClock } from '../../support/export/step-clock.ts';
import {
  type FakeOtlp,
  type OtlpRequest,
  startFakeOtlp,
} from '../../support/fake-otlp/fake-otlp.ts';

const NOW = Date.UTC(2026, 10, 24, 12) * 1_000;
const SECOND = 1_000_000;

interface Bench {
  readonly clock: StepClock;
  readonly source: MemoryExportSource;
  readonly log: MemoryLog;
  readonly exporter: Exporter;
  /** Steps until there is nothing to do or a pause is asked for; the pause. */
  drain(sink?: string): Promise<number>;
}

const opened: FakeOtlp[] = [];
afterEach(async () => {
  for (const fake of opened.splice(0)) await fake.close();
});

async function receiver(): Promise<FakeOtlp> {
  const fake = await startFakeOtlp();
  opened.push(fake);
  return fake;
}

interface BenchSettings {
  readonly gzip?: boolean;
  readonly encoding?: 'protobuf' | 'json';
  readonly batchItems?: number;
  readonly timeoutMs?: number;
}

function bench(urls: Readonly<Record<string, string>>, settings: BenchSettings = {}): Bench {
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

const requestIds = (fake: FakeOtlp) =>
  fake.spans
    .filter((span) => span.attributes['proxy.request'] === true)
    .map((span) => span.attributes['request.id']);

const expectedIds = (from: number, to: number) =>
  Array.from(
    { length: to - from + 1 },
    (_, index) =>
      sampleLedgerRequest({ startedAt: NOW - 10 * SECOND + from + index }, from + index).id,
  );

const holds = (request: OtlpRequest, id: string) =>
  request.spans.some((span) => span.attributes['request.id'] === id);

describe('a sink that works', () => {
  test('gets every request once, in order, as gzipped protobuf with the key', async () => {
    const fake = await receiver();
    const { source, drain, exporter } = bench({ first: fake.url });
    source.grow(30);
    await drain();
    expect(requestIds(fake)).toEqual(expectedIds(1, 30));
    expect(fake.requests[0]).toMatchObject({
      url: '/v1/traces',
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'gzip',
        authorization: 'Bearer key',
      },
    });
    expect(await exporter.health()).toMatchObject([
      { sink: 'first', lagSeconds: 0, depth: 0, stopped: null, rejected: 0, sent: 30 },
    ]);
  });

  test('can be sent JSON to read along', async () => {
    const fake = await receiver();
    const { source, drain } = bench({ first: fake.url }, { encoding: 'json', gzip: false });
    source.grow(2);
    await drain();
    expect(fake.requests[0]?.headers['content-type']).toBe('application/json');
    const body = JSON.parse(fake.requests[0]?.body.toString() ?? '');
    expect(body.resourceSpans[0].scopeSpans[0].spans).toHaveLength(4);
  });

  test('waits for more without asking the ledger all the time', async () => {
    const fake = await receiver();
    const { drain } = bench({ first: fake.url });
    expect(await drain()).toBe(SECOND);
    expect(fake.requests).toEqual([]);
  });
});

describe('a sink that says not now', () => {
  test.each([
    ['429 with seconds', 429, { 'retry-after': '40' }, 40],
    ['429 with a date', 429, { 'retry-after': 'Tue, 24 Nov 2026 12:00:25 GMT' }, 25],
    ['429 without a time', 429, {}, 1],
    ['500', 500, {}, 1],
    ['503 with seconds', 503, { 'retry-after': '7' }, 7],
  ])(
    'with %s gets the same batch again after the pause',
    async (_name, status, headers, seconds) => {
      const fake = await receiver();
      const { source, drain, clock, exporter } = bench({ first: fake.url });
      source.grow(8);
      fake.behave(() => ({ kind: 'status', status, headers: headers as Record<string, string> }));
      expect(await drain()).toBe(seconds * SECOND);
      fake.behave(() => ({ kind: 'accept' }));
      clock.advance(seconds * SECOND - 1);
      expect(await drain()).toBe(1);
      expect(fake.requests).toHaveLength(1);
      clock.advance(1);
      await drain();
      expect(requestIds(fake)).toEqual(expectedIds(1, 8));
      expect(fake.spans[0]?.resource['export.attempt']).toBe(2);
      expect((await exporter.health())[0]?.lastError).toBeNull();
    },
  );

  test('for ever is asked for ever, ever more rarely, and nothing is set aside', async () => {
    const fake = await receiver();
    const { source, drain, clock, log } = bench({ first: fake.url });
    source.grow(1);
    fake.behave(() => ({ kind: 'status', status: 500 }));
    const pauses: number[] = [];
    for (let failure = 0; failure < 50; failure++) {
      const pause = await drain();
      pauses.push(pause / SECOND);
      clock.advance(pause);
    }
    expect(pauses.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(pauses.at(-1)).toBe(60);
    expect(source.refused).toEqual([]);
    expect(log.lines.filter((line) => line.level === 'warn')).toHaveLength(1);
  });

  test.each(['hang', 'reset', 'storeAndReset'] as const)(
    'by a %s gets the same spans again',
    async (kind) => {
      const fake = await receiver();
      const { source, drain, clock } = bench({ first: fake.url }, { timeoutMs: 1_000 });
      source.grow(3);
      fake.behave(() => ({ kind }));
      clock.advance(await drain());
      fake.behave(() => ({ kind: 'accept' }));
      await drain();
      const [before, after] = fake.requests.map((request) =>
        request.spans.map((span) => span.spanId),
      );
      expect(before).toHaveLength(6);
      expect(after).toEqual(before);
      expect(new Set(requestIds(fake))).toEqual(new Set(expectedIds(1, 3)));
    },
  );

  test('by refusing connections is waited out', async () => {
    const fake = await startFakeOtlp();
    await fake.close();
    const { source, drain, exporter } = bench({ first: fake.url });
    source.grow(1);
    expect(await drain()).toBe(SECOND);
    expect((await exporter.health())[0]?.lastError).toMatch(/ECONNREFUSED/);
  });
});

describe('a sink that refuses a batch', () => {
  test.each([
    ['400', { kind: 'status', status: 400, body: 'bad span' }],
    ['413', { kind: 'status', status: 413 }],
    ['partial success', { kind: 'partial', rejected: 2, message: 'bad span' }],
  ] as const)(
    'with %s gets all but the single bad item, which is set aside',
    async (_name, answer) => {
      const fake = await receiver();
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
    const fake = await receiver();
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
    const fake = await receiver();
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
      const fake = await receiver();
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
    const [fake, other] = [await receiver(), await receiver()];
    const { source, drain, exporter } = bench({ first: fake.url });
    source.grow(1);
    const headers = { location: `${other.url}/v1/traces` };
    fake.behave(() => ({ kind: 'status', status: 307, headers }));
    await drain();
    expect(other.requests).toEqual([]);
    expect((await exporter.health())[0]?.stopped).toContain('HTTP 307');
  });
});

describe('several sinks', () => {
  test('do not wait for one another', async () => {
    const [dead, alive] = [await receiver(), await receiver()];
    dead.behave(() => ({ kind: 'hang' }));
    const { source, exporter } = bench({ first: dead.url, second: alive.url });
    source.grow(40);
    const stop = new AbortController();
    const running = exporter.run(stop.signal);
    await alive.stored(80);
    // The receiver has the last batch before the sender has its answer.
    await vi.waitFor(async () => expect((await exporter.health())[1]?.depth).toBe(0));
    stop.abort();
    await running;
    expect(requestIds(alive)).toEqual(expectedIds(1, 40));
    expect(await exporter.health()).toMatchObject([
      { sink: 'first', depth: 40 },
      { sink: 'second', depth: 0 },
    ]);
  });
});

describe('a ledger that cannot be read', () => {
  test('is waited out, and what was sent before its cursor was stored goes again', async () => {
    const fake = await receiver();
    const { source, drain, clock, exporter } = bench({ first: fake.url });
    source.grow(2);
    source.break('database is locked');
    expect(await drain()).toBe(SECOND);
    expect((await exporter.health())[0]).toMatchObject({ lagSeconds: null, depth: null });
    source.break(null);
    clock.advance(SECOND);
    await drain();
    expect(requestIds(fake)).toEqual(expectedIds(1, 2));
  });
});

describe('Honeycomb', () => {
  test('gets spans with the ingest key, and a marker where a rule began with the other key', async () => {
    const fake = await receiver();
    const clock = stepClock(NOW);
    const source = memoryExportSource(() => sampleLedgerRequest());
    const event = {
      at: NOW,
      rule: 'budget.crossed',
      subject: '500',
      period: '2026-11',
      title: 'Month over $500',
      state: 'met',
      firing: true,
      value: 501e9,
      threshold: 500e9,
      unit: 'nano_usd',
      reason: '$501.00 of $500.00',
      monthNano: 501e9,
      began: true,
    } as const;
    source.push('alerts', { kind: 'alert', position: 1, event });
    source.push('markers', { kind: 'alert', position: 1, event });
    const sink = honeycombSink(
      {
        key: 'ingest',
        region: 'eu',
        apiUrl: fake.url,
        dataset: 'tripmeter',
        configurationKey: 'conf',
      },
      { fetch, clock, version: '0.1.0', endpointOf: () => null },
    );
    const log = memoryLog();
    const exporter = createExporter({ sinks: [sink], source, clock, random: () => 0, log });
    await exporter.step('honeycomb');
    const byUrl = Object.fromEntries(fake.requests.map((request) => [request.url, request]));
    expect(byUrl['/v1/traces']?.headers['x-honeycomb-team']).toBe('ingest');
    expect(byUrl['/v1/traces']?.spans[0]).toMatchObject({
      name: 'alert.evaluation',
      resource: { 'service.name': 'tripmeter' },
      attributes: { 'alert.name': 'budget.crossed', 'alert.firing': 1, 'alert.value': 501 },
    });
    const marker = byUrl['/1/markers/__all__'];
    expect(marker?.headers['x-honeycomb-team']).toBe('conf');
    expect(JSON.parse(marker?.body.toString() ?? '')).toEqual({
      message: 'Month over $500: $501.00 of $500.00',
      type: 'alert',
      start_time: NOW / SECOND,
    });
  });
});
