import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createIntake } from '../../../src/ledger/intake.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { requestIdOf } from '../../../src/ledger/request-id.ts';
import { verifyLedger } from '../../../src/ledger/verify.ts';
import {
  readAll,
  StillClock,
  temporaryFolder,
  testJournal,
} from '../../support/journal/journal-kit.ts';
import { samplePrice, seededRandom } from '../../support/ledger/sample-requests.ts';

const WRITER = fileURLToPath(
  new URL('../../support/journal/write-until-killed.ts', import.meta.url),
);
const KILLS = 8;

/** What the child printed until it was killed, after at least `lines` lines. */
async function runAndKill(dir: string, seed: number, lines: number): Promise<string[]> {
  const child: ChildProcess = spawn(process.execPath, [WRITER, dir, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  let seen = 0;
  child.stdout?.on('data', (data: Buffer) => {
    text += data;
    for (const byte of data) if (byte === 10) seen += 1;
    if (seen >= lines) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return text.split('\n').slice(0, -1);
}

test('a killed writer loses nothing that it had reported, and doubles nothing', async () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  const random = seededRandom(seed);
  const dir = temporaryFolder();
  const ledger = await openLedger({ kind: 'sqlite', file: join(temporaryFolder(), 'ledger.db') });
  const reported = new Set<string>();
  for (let kill = 0; kill < KILLS; kill++) {
    const ids = await runAndKill(dir, seed + kill, Math.floor(random() * 300));
    for (const id of ids) reported.add(id);
    if (random() < 0.4) await takeIn();
  }
  testJournal(dir).close();
  await takeIn();
  async function takeIn() {
    const clock = new StillClock();
    const intake = createIntake({ ledger, journals: dir, price: samplePrice, clock });
    while (!(await intake.step()).caughtUp);
    intake.close();
  }
  const { db } = ledger;
  const rows = await db.selectFrom('requests').select(['started_at', 'uid', 'outcome']).execute();
  const stored = rows.map((row) => requestIdOf(row.uid, row.started_at));
  const missing = [...reported].filter((id) => !new Set(stored).has(id));
  expect(missing, `seed ${seed}`).toEqual([]);
  expect(new Set(stored).size, `seed ${seed}`).toBe(stored.length);
  // Every `opened` has an end: its own, or the one that recovery gave it.
  expect(await db.selectFrom('open_requests').selectAll().execute()).toEqual([]);
  expect(await verifyLedger({ ledger, journals: [dir] }), `seed ${seed}`).toEqual([]);
  expect(readAll(dir).damagedBytes, `seed ${seed}`).toBe(0);
  await ledger.close();
});
