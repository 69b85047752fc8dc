import { createExporter } from '../../../src/export/exporter.ts';
import { otlpSink } from '../../../src/export/sinks.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { ledgerExportSource } from '../../../src/ledger/queries/export-source.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { memoryLog } from './memory-log.ts';

/** A process that exports a ledger file to an OTLP receiver until it is killed: FILE URL. */
const [, , file = '', url = ''] = process.argv;

const ledger = await openLedger({ kind: 'sqlite', file });
const sink = otlpSink(
  {
    name: 'first',
    url,
    headers: {},
    encoding: 'protobuf',
    gzip: true,
    serviceName: 'tripmeter',
    backfillUs: systemClock.now(),
  },
  { fetch, clock: systemClock, version: '0.1.0', endpointOf: () => null, batchItems: 20 },
);
await createExporter({
  sinks: [sink],
  source: ledgerExportSource(ledger.db),
  clock: systemClock,
  random: Math.random,
  log: memoryLog(),
}).run(new AbortController().signal);
