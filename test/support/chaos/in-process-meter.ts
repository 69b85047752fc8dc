import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LedgerRequest } from '../../../src/core/request-record.ts';
import type { JournalFs } from '../../../src/journal/segment-files.ts';
import { openJournal } from '../../../src/journal/segment-journal.ts';
import { createIntake, type Intake } from '../../../src/ledger/intake.ts';
import { type Ledger, openLedger } from '../../../src/ledger/open-ledger.ts';
import { exportRequests } from '../../../src/ledger/queries/export.ts';
import type { JournalWriter } from '../../../src/ports/journal.ts';
import { createProxy, type Proxy as MeterProxy } from '../../../src/proxy/proxy-server.ts';
import type { ProxyEndpoint, ProxySettings } from '../../../src/proxy/proxy-settings.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { proxySettings } from '../proxy/start-proxy.ts';
import { unpriced } from './unpriced.ts';

/** Proxy, journal, intake and ledger in the test's own process. */
export interface InProcessMeter {
  readonly url: string;
  readonly proxy: MeterProxy;
  readonly journal: JournalWriter;
  /** Takes one batch in. */
  step(): Promise<unknown>;
  /** The ledger goes away under the intake, as it does when its thread dies. */
  loseLedger(): Promise<void>;
  /** A new intake on the same files. */
  reopenLedger(): Promise<void>;
  /** Takes in until so many rows are there, and gives them in the order of intake. */
  rows(count: number): Promise<readonly LedgerRequest[]>;
  close(): Promise<void>;
}

export interface InProcessMeterOptions {
  readonly endpoints: readonly ProxyEndpoint[];
  readonly onJournalFailure?: 'forward' | 'refuse';
  /** What the journal takes for its file system. */
  readonly fs?: JournalFs;
  /** Default: a new folder, removed at the end. */
  readonly dataDir?: string;
  readonly proxy?: Partial<ProxySettings>;
}

export async function startMeter(options: InProcessMeterOptions): Promise<InProcessMeter> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'tripmeter-meter-')));
  const dir = join(dataDir, 'journal');
  const onJournalFailure = options.onJournalFailure ?? 'forward';
  const journal = openJournal({
    dir,
    durability: 'process',
    onFailure: onJournalFailure,
    instance: randomBytes(8).toString('hex'),
    clock: systemClock,
    ...(options.fs === undefined ? {} : { fs: options.fs }),
  });
  const openOffice = async () => {
    const ledger = await openLedger({ kind: 'sqlite', file: join(dataDir, 'ledger.db') });
    const intake = createIntake({ ledger, journals: dir, price: unpriced, clock: systemClock });
    return { ledger, intake };
  };
  let office = await openOffice();
  const settings = { journal, onJournalFailure, drainSeconds: 1, ...options.proxy };
  const proxy = createProxy(proxySettings(options.endpoints, settings));
  const { port } = await proxy.listen();
  return {
    url: `http://127.0.0.1:${port}`,
    proxy,
    journal,
    step: () => office.intake.step(),
    loseLedger: () => office.ledger.close(),
    reopenLedger: async () => {
      office = await openOffice();
    },
    rows: (count) => takeIn(office.ledger, office.intake, count),
    close: async () => {
      await proxy.stop();
      journal.close();
      office.intake.close();
      await office.ledger.close();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true });
    },
  };
}

const PATIENCE_MS = 10_000;

async function takeIn(
  ledger: Ledger,
  intake: Intake,
  count: number,
): Promise<readonly LedgerRequest[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    while (!(await intake.step()).caughtUp);
    const rows: LedgerRequest[] = [];
    for await (const { request } of exportRequests(ledger.db)) rows.push(request);
    if (rows.length >= count || performance.now() > deadline) return rows;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
