import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { createLastResort } from '../../../alerts/last-resort.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import type { RecorderFacts } from '../../../src/core/facts.ts';
import { MICROS_PER_MINUTE } from '../../../src/core/units.ts';
import { type Ledger, openLedger } from '../../../src/ledger/open-ledger.ts';
import { listNotices, queueNotice } from '../../../src/ledger/queries/alerts.ts';
import { leaseStore } from '../../../src/ledger/queries/leases.ts';
import { wasDelivered } from '../../../src/ledger/queries/outbox.ts';
import type { Channel } from '../../../src/ports/channel.ts';
import {
  append,
  FaultyFs,
  systemError,
  temporaryFolder,
  testJournal,
} from '../../support/journal/journal-kit.ts';
import { sampleOpened } from '../../support/ledger/sample-requests.ts';

const NOW = Date.UTC(2026, 10, 24, 12) * 1_000;
const LOG = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const JOURNAL = { ok: false, entriesAtRisk: 5, lastError: 'ENOSPC' };

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function fileLedger(): Promise<Ledger> {
  const folder = mkdtempSync(join(tmpdir(), 'last-resort-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const ledger = await openLedger({ kind: 'sqlite', file: join(folder, 'ledger.db') });
  cleanups.push(() => ledger.close().catch(() => {}));
  return ledger;
}

interface AlarmOptions {
  readonly failures?: number;
  readonly journal?: () => RecorderFacts['journal'];
  /** Who writes to the ledger to see whether it can be written. */
  readonly holder?: string;
}

function alarmOn(
  ledger: Ledger,
  { failures = 0, journal = () => JOURNAL, holder = 'one' }: AlarmOptions = {},
) {
  const sent: string[] = [];
  const reasons: string[] = [];
  let failing = failures;
  const channel = (name: string): Channel => ({
    name,
    send: async ({ id, notice }) => {
      if (name === 'slack' && failing > 0) {
        failing -= 1;
        return { ok: false, retryable: true, error: 'HTTP 503', retryAfterUs: null };
      }
      sent.push(id);
      reasons.push(notice.verdict.reason);
      return { ok: true };
    },
  });
  const leases = leaseStore(ledger.db);
  const alarm = createLastResort({
    channels: [channel('slack'), channel('pagerduty')],
    routes: [
      { channel: 'slack', minSeverity: 'info' },
      { channel: 'pagerduty', minSeverity: 'critical' },
    ],
    ...{ alerts: DEFAULT_ALERT_SETTINGS, zone: 'UTC', log: LOG },
    probe: async (now) => {
      await leases.acquire({ name: 'alarm', holder, now, until: now + 1 });
    },
    recorder: () => ({ journal: journal() }),
    delivered: (id) => wasDelivered(ledger.db, id),
    queue: (notice, channels) => queueNotice(ledger.db, notice, channels),
    linkOf: () => 'http://127.0.0.1/',
  });
  return { sent, reasons, look: (minute: number) => alarm.look(NOW + minute * MICROS_PER_MINUTE) };
}

const JOURNAL_ID = 'budget.blindness/2026-11-24/journal/blind';
const LEDGER_ID = 'budget.blindness/2026-11-24/ledger/blind';

test('a ledger that takes no write stops no alarm: each channel hears it once', async () => {
  const ledger = await fileLedger();
  await sql`pragma query_only = 1`.execute(ledger.db);
  const { sent, look } = alarmOn(ledger);
  await look(0);
  expect(sent.sort()).toEqual([`${JOURNAL_ID}/pagerduty`, `${JOURNAL_ID}/slack`]);
  await look(4);
  expect(sent).toHaveLength(2);
  await look(5);
  await look(6);
  expect(sent.slice(2).sort()).toEqual([`${LEDGER_ID}/pagerduty`, `${LEDGER_ID}/slack`]);
});

test('a channel that fails is tried again, the other is not', async () => {
  const ledger = await fileLedger();
  await ledger.close();
  const { sent, look } = alarmOn(ledger, { failures: 2 });
  for (const minute of [0, 1, 2, 3]) await look(minute);
  expect(sent).toEqual([`${JOURNAL_ID}/pagerduty`, `${JOURNAL_ID}/slack`]);
});

test('what was told is kept, and its end is told, when the ledger works again', async () => {
  const ledger = await fileLedger();
  await sql`pragma query_only = 1`.execute(ledger.db);
  const { sent, look } = alarmOn(ledger, { journal: () => null });
  for (const minute of [0, 5]) await look(minute);
  expect(sent).toHaveLength(2);
  await sql`pragma query_only = 0`.execute(ledger.db);
  await look(6);
  await look(7);
  const kept = await listNotices(ledger.db, { from: 0, limit: 9 });
  expect(kept.map(({ notice, deliveries }) => [notice.kind, deliveries.length]).sort()).toEqual([
    ['blind', 0],
    ['sees_again', 2],
  ]);
});

test('a database that is away for less than five minutes is no news', async () => {
  const ledger = await fileLedger();
  await sql`pragma query_only = 1`.execute(ledger.db);
  const { sent, look } = alarmOn(ledger, { journal: () => null });
  await look(0);
  await sql`pragma query_only = 0`.execute(ledger.db);
  await look(4);
  await sql`pragma query_only = 1`.execute(ledger.db);
  await look(5);
  await look(9);
  expect(sent).toEqual([]);
});

test('a full disk is told of at once and once for each spot, and so is its end', async () => {
  const ledger = await fileLedger();
  const faults = new FaultyFs();
  const journal = testJournal(temporaryFolder(), { fs: faults.fs });
  cleanups.push(() => journal.close());
  // A row that needs pages of its own, which a full disk does not give.
  const holder = 'h'.repeat(20_000);
  const { sent, reasons, look } = alarmOn(ledger, { holder, journal: () => journal.health() });
  const recorded = () => append(journal, { type: 'opened', request: sampleOpened() });

  await recorded();
  await look(0);
  expect(sent).toEqual([]);

  faults.write = () => {
    throw systemError('ENOSPC');
  };
  await ledger.db.deleteFrom('leases').execute();
  await sql`vacuum`.execute(ledger.db);
  await sql`pragma max_page_count = 1`.execute(ledger.db);
  await recorded();
  await look(1);
  expect(sent.sort()).toEqual([`${JOURNAL_ID}/pagerduty`, `${JOURNAL_ID}/slack`]);
  expect(reasons[0]).toContain('ENOSPC');
  for (const minute of [5, 6, 7]) await look(minute);
  expect(sent.slice(2).sort()).toEqual([`${LEDGER_ID}/pagerduty`, `${LEDGER_ID}/slack`]);
  expect(reasons[2]).toContain('disk is full');

  faults.write = null;
  await sql`pragma max_page_count = 1000000`.execute(ledger.db);
  await recorded();
  await look(8);
  const kept = await listNotices(ledger.db, { from: 0, limit: 9 });
  expect(kept.map(({ notice }) => `${notice.subject} ${notice.kind}`).sort()).toEqual([
    'journal blind',
    'ledger blind',
    'ledger sees_again',
  ]);
  expect(sent).toHaveLength(4);
});
