import { afterEach, describe, expect, test, vi } from 'vitest';
import { createExporter } from '../../../src/export/exporter.ts';
import { honeycombSink } from '../../../src/export/sinks.ts';
import {
  exportBench as bench,
  expectedIds,
  NOW,
  otlpReceivers,
  requestIds,
  SECOND,
} from '../../support/export/export-bench.ts';
import { memoryExportSource } from '../../support/export/memory-export-source.ts';
import { memoryLog } from '../../support/export/memory-log.ts';
import { sampleLedgerRequest } from '../../support/export/sample-ledger-request.ts';
import { stepClock } from '../../support/export/step-clock.ts';
import { startFakeOtlp } from '../../support/fake-otlp/fake-otlp.ts';

const receivers = otlpReceivers();
afterEach(() => receivers.close());

describe('a sink that works', () => {
  test('gets every request once, in order, as gzipped protobuf with the key', async () => {
    const fake = await receivers.open();
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
    const fake = await receivers.open();
    const { source, drain } = bench({ first: fake.url }, { encoding: 'json', gzip: false });
    source.grow(2);
    await drain();
    expect(fake.requests[0]?.headers['content-type']).toBe('application/json');
    const body = JSON.parse(fake.requests[0]?.body.toString() ?? '');
    expect(body.resourceSpans[0].scopeSpans[0].spans).toHaveLength(4);
  });

  test('waits for more without asking the ledger all the time', async () => {
    const fake = await receivers.open();
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
      const fake = await receivers.open();
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
    const fake = await receivers.open();
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
      const fake = await receivers.open();
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

describe('several sinks', () => {
  test('do not wait for one another', async () => {
    const [dead, alive] = [await receivers.open(), await receivers.open()];
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
    const fake = await receivers.open();
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
    const fake = await receivers.open();
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
