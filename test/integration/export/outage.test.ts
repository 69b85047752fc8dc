import { expect, test } from 'vitest';
import { uuidv7 } from '../../../src/core/ids.ts';
import type { LedgerRequest } from '../../../src/core/request-record.ts';
import { createExporter } from '../../../src/export/exporter.ts';
import { otlpSink } from '../../../src/export/sinks.ts';
import { memoryExportSource } from '../../support/export/memory-export-source.ts';
import { memoryLog } from '../../support/export/memory-log.ts';
import { sampleLedgerRequest } from '../../support/export/sample-ledger-request.ts';
import { stepClock } from '../../support/export/step-clock.ts';
import { startFakeOtlp } from '../../support/fake-otlp/fake-otlp.ts';

const SECOND = 1_000_000;
const HOUR = 3_600 * SECOND;
const START = Date.UTC(2026, 10, 24, 9) * 1_000;
const PER_SECOND = 200;

/** As bare as a request can be: one span each, so that a whole hour of them is quickly read back. */
const template = sampleLedgerRequest({
  path: '/health',
  model: null,
  tokensIn: null,
  tokensOut: null,
  finishReason: null,
  sentUs: null,
});

/** Number `position` of a steady stream; its id holds the number. */
function requestAt(position: number): LedgerRequest {
  const startedAt = START + (position * SECOND) / PER_SECOND;
  const id = uuidv7(startedAt, position.toString(16).padStart(16, '0'));
  return { ...template, id, traceId: id.replaceAll('-', ''), startedAt };
}

test('after an hour without its backend at 200 requests/s every span arrives, in order', async () => {
  const fake = await startFakeOtlp({ decode: 'ids' });
  const clock = stepClock(START);
  const source = memoryExportSource(requestAt);
  const tools = { fetch, clock, version: '0.1.0', endpointOf: () => null, timeoutMs: 60_000 };
  const sink = otlpSink(
    {
      name: 'first',
      url: fake.url,
      headers: {},
      encoding: 'protobuf',
      gzip: true,
      serviceName: 'tripmeter',
    },
    tools,
  );
  const exporter = createExporter({
    sinks: [sink],
    source,
    clock,
    random: () => 0.5,
    log: memoryLog(),
  });
  const lag = async () => (await exporter.health())[0]?.lagSeconds ?? Number.NaN;

  fake.behave(() => ({ kind: 'status', status: 503 }));
  for (let at = 0; at < HOUR; at += SECOND) {
    source.grow(PER_SECOND);
    clock.advance(SECOND);
    await exporter.step('first');
  }
  expect(fake.spans).toEqual([]);
  // One try in the first seconds, then every 30 to 60 seconds.
  expect(fake.requests.length).toBeLessThan(130);
  expect(await lag()).toBeGreaterThan(3_500);

  fake.behave(() => ({ kind: 'accept' }));
  clock.advance(61 * SECOND);
  const sending = Date.now();
  while ((await exporter.step('first')).state === 'busy');
  const total = (PER_SECOND * HOUR) / SECOND;
  const spansASecond = (total / (Date.now() - sending)) * 1_000;

  expect(fake.spans.length).toBe(total);
  const misplaced = fake.spans.findIndex(
    (span, index) => span.traceId !== requestAt(index + 1).traceId,
  );
  expect(misplaced).toBe(-1);
  expect(await lag()).toBe(0);
  expect((await exporter.health())[0]).toMatchObject({ depth: 0, rejected: 0, sent: total });
  expect(spansASecond).toBeGreaterThan(5_000);
  await fake.close();
}, 180_000);
