/**
 * `npm run soak -- --minutes 10`: mixed traffic with aborts against a meter in a process of its own.
 * Prints its resident size, sockets and handles; exit code 1 when one of them leaks, or a row is missing.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { countAfter } from '../../src/ledger/queries/export.ts';
import { startChaosSandbox } from '../support/chaos/chaos-run.ts';
import { ChaosTraffic } from '../support/chaos/chaos-traffic.ts';
import { freePort } from '../support/chaos/free-port.ts';
import { METER_DEFAULTS, MeterProcess } from '../support/chaos/meter-process.ts';
import { type SoakSample, sampleProcess } from '../support/soak/process-sample.ts';
import { soakVerdict } from '../support/soak/soak-verdict.ts';

/** Longer than client and upstream connections are kept. */
const QUIET_MS = 8_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string' },
    workers: { type: 'string', default: '32' },
    'pause-ms': { type: 'string', default: '40' },
  },
});
const minutes = Number(values.minutes ?? positionals[0] ?? 10);
const sandbox = await startChaosSandbox(1_000);
const dataDir = await mkdtemp(join(tmpdir(), 'tripmeter-soak-'));
const port = await freePort();
const meter = await MeterProcess.start({
  ...METER_DEFAULTS,
  dataDir,
  port,
  endpoints: { chat: sandbox.urlOf('chat'), solve: sandbox.urlOf('solve') },
  redirectGraceSeconds: 2,
});
const startedAt = performance.now();
const sample = async (): Promise<SoakSample> => {
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const held = await sampleProcess(meter.pid, seconds);
  // The resident size is a sawtooth of minutes, from collection to collection: what is left after one is compared.
  const taken = { ...held, liveMiB: (await meter.collect()) / 1_024 ** 2 };
  const { atSeconds, rssMiB, liveMiB, sockets, handles } = taken;
  const sizes = `${rssMiB.toFixed(1)} MiB, ${liveMiB.toFixed(1)} MiB of it live`;
  const figures = `${sizes}, ${sockets} sockets, ${handles} handles`;
  console.log(`${String(atSeconds).padStart(5)} s  ${figures}`);
  return taken;
};

const before = await sample();
const traffic = new ChaosTraffic({
  baseUrl: `http://127.0.0.1:${port}`,
  workers: Number(values.workers),
  prefix: 'soak',
  pauseMs: Number(values['pause-ms']),
  keepRecords: 1_000,
});
const during: SoakSample[] = [];
const everyMs = Math.max(1_000, Math.min(60_000, minutes * 3_000));
while (performance.now() - startedAt < minutes * 60_000) {
  await sleep(everyMs);
  during.push(await sample());
}
await traffic.stop();
await sleep(QUIET_MS);
const after = await sample();
await meter.stop();

const ledger = await openLedger({ kind: 'sqlite', file: join(dataDir, 'ledger.db') });
const rows = await countAfter(ledger.db, 0);
await ledger.close();
await sandbox.close();
await rm(dataDir, { recursive: true });

const { slopeMiBPerMinute, leaks } = soakVerdict(during, { before, after });
console.log(`${traffic.begun} requests, ${rows} rows`);
console.log(
  `live size in the second half: ${slopeMiBPerMinute?.toFixed(2) ?? 'unknown'} MiB a minute`,
);
const problems = [...leaks];
if (rows !== traffic.begun) problems.push(`${traffic.begun} requests, but ${rows} rows`);
for (const problem of problems) console.log(`LEAK: ${problem}`);
console.log(problems.length === 0 ? 'flat' : 'FAILED');
process.exitCode = problems.length === 0 ? 0 : 1;
