import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { grafanaDashboard } from '../../../dashboards/grafana/grafana-dashboard.ts';
import { METRICS } from '../../../src/core/metric-names.ts';
import { ServedProcess } from '../../support/app/served-process.ts';
import { type FakeOtlp, startFakeOtlp } from '../../support/fake-otlp/fake-otlp.ts';

let upstream: Server;
let collector: FakeOtlp;
let served: ServedProcess;

beforeEach(async () => {
  collector = await startFakeOtlp();
  upstream = createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'text/event-stream');
    response.write('data: {"choices":[{"delta":{"content":"a"}}]}\n\n');
    response.end('data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5}}\n\n');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  served = new ServedProcess({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    dataDir: './data',
    endpoints: { chat: { upstream: `http://127.0.0.1:${port}`, gpu: 'A100-80GB' } },
    export: { otlp: [{ name: 'collector', url: collector.url }] },
  });
});
afterEach(async () => {
  await served.close();
  await collector.close();
  upstream.close();
});

const PATIENT = { timeout: 20_000, interval: 100 };

/** Series of a scrape by metric: `name{labels}` without the value. */
async function scrape(adminUrl: string): Promise<Map<string, string[]>> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const series = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const name = /^(tripmeter_[a-z_]+)/.exec(line)?.[1];
    if (name !== undefined) series.set(name, [...(series.get(name) ?? []), line]);
  }
  return series;
}

/** What the panels ask for: each metric with the label values that a panel picks. */
function askedByGrafana(): { name: string; picked: string[] }[] {
  const { panels } = grafanaDashboard() as {
    panels: { targets?: { expr: string }[] }[];
  };
  return panels
    .flatMap(({ targets = [] }) => targets)
    .flatMap(({ expr }) => [...expr.matchAll(/(tripmeter_[a-z_]+)(?:\{([^}]*)\})?/g)])
    .map(([, name = '', filter = '']) => ({
      name,
      picked: [...filter.matchAll(/[a-z_]+="[^"]*"/g)].map(([pair]) => pair),
    }));
}

test('a running office has a series for every panel of the Grafana dashboard', async () => {
  const { proxyUrl, adminUrl } = await served.serve();
  await (
    await fetch(`${proxyUrl}/chat/v1/chat/completions`, { method: 'POST', body: '{}' })
  ).text();
  // Intake, the first evaluation of the rules and the first export come within moments.
  await expect
    .poll(async () => {
      const series = await scrape(adminUrl);
      return askedByGrafana().filter(
        ({ name, picked }) =>
          !(series.get(name) ?? []).some((line) => picked.every((pair) => line.includes(pair))),
      );
    }, PATIENT)
    .toEqual([]);
  expect(askedByGrafana().length).toBeGreaterThan(15);
  const series = await scrape(adminUrl);
  const silent = Object.values(METRICS).filter(({ name }) => !series.has(name));
  expect(silent).toEqual([]);
});

test('metrics have the type, the labels and the help that the code declares', async () => {
  const { adminUrl } = await served.serve();
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  for (const { name, type, help } of Object.values(METRICS)) {
    expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
  }
});

test('a sink that refuses the key is in the metrics and in `status`, with the reason', async () => {
  collector.behave(() => ({ kind: 'status', status: 401, body: 'unknown API key' }));
  const { proxyUrl, adminUrl } = await served.serve();
  await (await fetch(`${proxyUrl}/chat/`)).text();
  await expect
    .poll(async () => (await scrape(adminUrl)).get('tripmeter_export_stopped'), PATIENT)
    .toEqual(['tripmeter_export_stopped{sink="collector"} 1']);
  const config = await readFile(served.file, 'utf8');
  const admin = new URL(adminUrl).host;
  await writeFile(served.file, config.replace(/(admin:\s+listen: )\S+/, `$1${admin}`));
  const { stdout } = await served.run('status');
  expect(stdout).toMatch(/^export {3}collector: lag \d+ s, \d+ to send, 0 rejected$/m);
  expect(stdout).toMatch(/! stopped: requests: HTTP 401: unknown API key$/m);
});
