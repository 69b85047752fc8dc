import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { spanIdsOf } from '../../../src/core/span-ids.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { RequestWriter } from '../../../src/ledger/request-writer.ts';
import { startFakeOtlp } from '../../support/fake-otlp/fake-otlp.ts';
import { samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';

const SCRIPT = new URL('../../support/export/export-until-killed.ts', import.meta.url).pathname;

async function filledLedger(file: string, count: number) {
  const traffic = [...sampleTraffic(count)];
  const ledger = await openLedger({ kind: 'sqlite', file });
  const writer = new RequestWriter(ledger.db);
  await ledger.db.transaction().execute((trx) =>
    writer.write(
      trx,
      traffic.map((closed) => ({ closed, cost: samplePrice(closed) })),
    ),
  );
  await ledger.close();
  return traffic;
}

const ended = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));

test('kill -9 during export loses no span, and what is sent again has the same ids', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tripmeter-export-'));
  const file = join(folder, 'ledger.db');
  const traffic = await filledLedger(file, 600);
  const fake = await startFakeOtlp();

  // Killed while a request is under way: the spans have arrived, and the sender is not told.
  for (const request of [3, 8, 14]) {
    const child = spawn(process.execPath, [SCRIPT, file, fake.url], { stdio: 'inherit' });
    const before = fake.requests.length;
    fake.behave(() => {
      if (fake.requests.length - before < request) return { kind: 'accept' };
      child.kill('SIGKILL');
      return { kind: 'storeAndReset' };
    });
    await ended(child);
  }
  const duplicated = fake.spans.length;
  const last = spawn(process.execPath, [SCRIPT, file, fake.url], { stdio: 'inherit' });
  fake.behave(() => ({ kind: 'accept' }));
  const newest = spanIdsOf(traffic.at(-1)?.id ?? '').client;
  await expect.poll(() => fake.spans.some((span) => span.spanId === newest), PATIENT).toBe(true);
  last.kill('SIGKILL');
  await ended(last);

  const expected = traffic.flatMap(({ id }) => [spanIdsOf(id).server, spanIdsOf(id).client]);
  const received = fake.spans.map((span) => span.spanId);
  expect(new Set(received)).toEqual(new Set(expected));
  expect(duplicated).toBeGreaterThan(0);
  expect(received.length).toBeGreaterThan(expected.length);
  // First arrivals are in the ledger's order.
  expect([...new Set(received)]).toEqual(expected);
  await fake.close();
  await rm(folder, { recursive: true });
});

const PATIENT = { timeout: 30_000, interval: 20 };
