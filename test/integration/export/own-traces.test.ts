import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServedProcess } from '../../support/app/served-process.ts';
import { type FakeOtlp, startFakeOtlp } from '../../support/fake-otlp/fake-otlp.ts';

let collector: FakeOtlp;
let served: ServedProcess;

beforeEach(async () => {
  collector = await startFakeOtlp();
});
afterEach(async () => {
  await served.close();
  await collector.close();
});

const serve = (exports: object) => {
  served = new ServedProcess({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    dataDir: './data',
    endpoints: { chat: { upstream: 'http://127.0.0.1:9', gpu: 'A100-80GB' } },
    export: { otlp: [{ name: 'collector', url: collector.url }], ...exports },
  });
  return served.serve();
};

interface JsonAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface JsonTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly JsonAttribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly { readonly name: string; readonly attributes: JsonAttribute[] }[];
    }[];
  }[];
}

const plain = (attributes: readonly JsonAttribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** The SDK's exporter speaks JSON, and ours protobuf. */
const office = () =>
  collector.requests
    .filter(({ headers }) => headers['content-type'] === 'application/json')
    .flatMap(({ body }) => (JSON.parse(body.toString()) as JsonTraces).resourceSpans)
    .flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) =>
        spans.map(({ name, attributes }) => ({
          name,
          attributes: plain(attributes),
          resource: plain(resource.attributes),
        })),
      ),
    );

test('the target that is named gets spans of jobs and exports, under a service name of their own', async () => {
  const { proxyUrl } = await serve({ ownTraces: 'collector' });
  // Long enough for the SDK, which nothing waits for, to be there at the next batch.
  await expect
    .poll(
      async () => {
        await (await fetch(`${proxyUrl}/chat/`)).text();
        return office().map((span) => span.name);
      },
      { timeout: 30_000, interval: 500 },
    )
    .toContain('export batch');
  const span = office().find(({ name }) => name === 'export batch');
  expect(span?.attributes).toMatchObject({ sink: 'collector', stream: 'requests', attempt: 1 });
  expect(span?.resource).toMatchObject({
    'service.name': 'tripmeter-office',
    'telemetry.sdk.language': 'nodejs',
  });
  // Spans of requests are never among them: those are counted and priced.
  expect(office().some(({ attributes }) => attributes['proxy.request'] === true)).toBe(false);
});

test('nothing is traced unless a target is named', async () => {
  const { proxyUrl } = await serve({});
  await (await fetch(`${proxyUrl}/chat/`)).text();
  await collector.stored(1);
  expect(await served.end('SIGTERM')).toBe(0);
  expect(office()).toEqual([]);
});
