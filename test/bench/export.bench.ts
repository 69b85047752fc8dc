/**
 * What a span costs the office's thread, and how fast a ledger file reaches a receiver:
 * `npm exec -- node test/bench/export.bench.ts [requests]`. Goals: 20 µs CPU a span, 5,000 spans/s.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { createExporter } from '../../src/export/exporter.ts';
import { OtlpProtobufEncoder } from '../../src/export/otlp/otlp-protobuf.ts';
import { otlpSink } from '../../src/export/sinks.ts';
import { requestSpans } from '../../src/export/spans/request-spans.ts';
import { importRequests } from '../../src/ledger/import.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { ledgerExportSource } from '../../src/ledger/queries/export-source.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { memoryLog } from '../support/export/memory-log.ts';
import { asSdkSpans } from '../support/export/sdk-spans.ts';
import { samplePrice, sampleTraffic } from '../support/ledger/sample-requests.ts';

const count = Number(process.argv[2] ?? 20_000);
const RECEIVER = `
  const server = require('node:http').createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200).end());
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(String(server.address().port)));
`;
const IDENTITY = {
  resource: { 'service.name': 'tripmeter', 'export.attempt': 1 },
  scope: { name: 'tripmeter', version: '0.1.0' },
};

/** Prints wall and CPU time of `work`, per span. */
async function measured(name: string, spans: number, work: () => unknown): Promise<void> {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const used = process.cpuUsage(cpu);
  const seconds = (performance.now() - wall) / 1_000;
  const perSpan = ((used.user + used.system) / spans).toFixed(2).padStart(8);
  const rate = Math.round(spans / seconds).toLocaleString('en-US');
  console.log(`${name.padEnd(44)}${perSpan} µs CPU/span${rate.padStart(12)} spans/s`);
}

const batch = [...sampleTraffic(500)].map((closed) => ({ ...closed, ...samplePrice(closed) }));
const spans = batch.flatMap((request) => requestSpans(request, null));
const encoder = new OtlpProtobufEncoder();
const sdkSpans = asSdkSpans(spans, IDENTITY);
const body = encoder.encode(spans, IDENTITY);
const steps: [string, () => unknown][] = [
  ['build spans', () => batch.flatMap((request) => requestSpans(request, null))],
  ['encode', () => encoder.encode(spans, IDENTITY)],
  ['gzip', () => gzipSync(body, { level: 1 })],
  ['OpenTelemetry’s span objects', () => asSdkSpans(spans, IDENTITY)],
  ['OpenTelemetry’s serializer', () => ProtobufTraceSerializer.serializeRequest(sdkSpans)],
];
// In turns, so that what else the machine does falls on all of them alike.
const samples = steps.map((): number[] => []);
for (let round = 0; round < 30; round++) {
  for (const [index, [, work]] of steps.entries()) samples[index]?.push(cpuPerSpan(work));
}
for (const [index, [name]] of steps.entries()) {
  const sorted = (samples[index] ?? []).sort((a, b) => a - b);
  const [least = 0, median = 0] = [sorted[0], sorted[sorted.length >> 1]];
  console.log(
    `${name.padEnd(44)}${median.toFixed(2).padStart(8)} µs CPU/span, at best ${least.toFixed(2)}`,
  );
}

function cpuPerSpan(work: () => unknown): number {
  const cpu = process.cpuUsage();
  for (let index = 0; index < 10; index++) work();
  const used = process.cpuUsage(cpu);
  return (used.user + used.system) / 10 / spans.length;
}

console.log(`${Math.round(body.length / spans.length)} bytes a span before gzip`);

const folder = mkdtempSync(join(tmpdir(), 'tripmeter-bench-'));
const ledger = await openLedger({ kind: 'sqlite', file: join(folder, 'ledger.db') });
await importRequests(sampleTraffic(count), { ledger, price: samplePrice });
// A receiver that only takes the bytes, in a process of its own: its work is not what is measured.
const receiver = spawn(process.execPath, ['-e', RECEIVER], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [port] = (await once(receiver.stdout, 'data')) as [Buffer];
const source = ledgerExportSource(ledger.db);

/** Everything from the first request on, for a sink that has nothing yet. */
async function exportAll(name: string): Promise<void> {
  const sink = otlpSink(
    {
      name,
      url: `http://127.0.0.1:${String(port)}`,
      headers: {},
      encoding: 'protobuf',
      gzip: true,
      serviceName: 'tripmeter',
      backfillUs: systemClock.now(),
    },
    { fetch, clock: systemClock, version: '0.1.0', endpointOf: () => null },
  );
  const tools = { source, clock: systemClock, random: Math.random, log: memoryLog() };
  const exporter = createExporter({ sinks: [sink], ...tools });
  while ((await exporter.step(name)).state === 'busy');
}

await measured('ledger to receiver, first (code still cold)', count * 2, () => exportAll('first'));
await measured('ledger to receiver, again', count * 2, () => exportAll('again'));
receiver.kill();
await ledger.close();
rmSync(folder, { recursive: true });
