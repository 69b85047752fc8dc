/**
 * Child process: proxy, journal, intake and ledger in one, as small as they go. Kills itself at the wanted
 * passage of a write point; on SIGTERM it drains, takes everything in and exits 0. Argument: `MeterOptions`
 * as JSON. Prints `ready` once it listens, and
 * `stopping` once it stops. On SIGUSR2 it makes a full collection and prints `live` with
 * the bytes that are in use, and `collected`.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { WRITE_POINTS, type WritePoint } from '../../../src/core/write-points.ts';
import { openJournal } from '../../../src/journal/segment-journal.ts';
import { createIntake } from '../../../src/ledger/intake.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { createProxy } from '../../../src/proxy/proxy-server.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { proxyEndpoint, proxySettings } from '../proxy/start-proxy.ts';
import type { MeterOptions } from './meter-process.ts';
import { unpriced } from './unpriced.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as MeterOptions;
const passages = new Map<WritePoint, number>();

function writePoint(point: WritePoint): void {
  const count = (passages.get(point) ?? 0) + 1;
  passages.set(point, count);
  const { killAt } = options;
  if (killAt === null || WRITE_POINTS[killAt.point] !== point || count < killAt.passage) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal is delivered on the way back from the system call; nothing may run after it.
  for (;;);
}

const journal = openJournal({
  dir: join(options.dataDir, 'journal'),
  durability: options.durability,
  onFailure: options.onJournalFailure,
  instance: randomBytes(8).toString('hex'),
  clock: systemClock,
  segmentBytes: options.segmentBytes,
  writePoint,
});
const ledger = await openLedger({ kind: 'sqlite', file: join(options.dataDir, 'ledger.db') });
const intake = createIntake({
  ledger,
  journals: join(options.dataDir, 'journal'),
  price: unpriced,
  clock: systemClock,
  batchSize: 50,
  writePoint,
});
const proxy = createProxy(
  proxySettings(
    Object.entries(options.endpoints).map(([name, url]) => proxyEndpoint(name, url)),
    {
      listen: { host: '127.0.0.1', port: options.port },
      journal,
      onJournalFailure: options.onJournalFailure,
      redirectGraceSeconds: options.redirectGraceSeconds,
      drainSeconds: options.drainSeconds,
    },
  ),
);

let stopping = false;
process.on('SIGTERM', () => {
  if (stopping) {
    proxy.stopNow();
    return;
  }
  stopping = true;
  process.stdout.write('stopping\n');
  void stop();
});
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.stdout.write(`live ${heapUsed + external}\ncollected\n`);
});
await proxy.listen();
process.stdout.write('ready\n');
takeIn();

function takeIn(): void {
  if (stopping) return;
  intake.step().then(
    ({ caughtUp }) => setTimeout(takeIn, caughtUp ? 20 : 0),
    (error: unknown) => {
      process.stderr.write(`intake: ${error}\n`);
      setTimeout(takeIn, 100);
    },
  );
}

async function stop(): Promise<void> {
  await proxy.stop();
  journal.close();
  while (!(await intake.step()).caughtUp);
  intake.close();
  await ledger.close();
  process.exit(0);
}
