import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLedger } from '../../support/chaos/chaos-run.ts';
import { freePort } from '../../support/chaos/free-port.ts';
import { METER_DEFAULTS, MeterProcess } from '../../support/chaos/meter-process.ts';
import { request, response } from '../../support/transparency/transparency-case.ts';
import { RecordingUpstream } from '../../support/wire/recording-upstream.ts';

let upstream: RecordingUpstream;
let dataDir: string;
let port: number;

beforeEach(async () => {
  upstream = new RecordingUpstream();
  await upstream.listen();
  dataDir = await mkdtemp(join(tmpdir(), 'tripmeter-kill-in-chain-'));
  port = await freePort();
});
afterEach(async () => {
  await upstream.close();
  await rm(dataDir, { recursive: true });
});

const meter = (redirectGraceSeconds: number) =>
  MeterProcess.start({
    ...METER_DEFAULTS,
    dataDir,
    port,
    endpoints: { up: `http://127.0.0.1:${upstream.port}` },
    redirectGraceSeconds,
  });

const asksFor = (call: string) => `/?__modal_function_call_id=${call}`;
const url = (target: string) => `http://127.0.0.1:${port}/up${target}`;

/** A request that gets a 303, and a wait for it that the client leaves. */
async function waitBrokenOff(call: string): Promise<void> {
  const redirect = response('303 See Other', [`Location: ${asksFor(call)}`]);
  upstream.reset({
    '/': ['await-body', redirect],
    [asksFor(call)]: [{ awaitText: 'what never comes' }],
  });
  await fetch(url('/'), { method: 'POST', body: '{}', redirect: 'manual' });
  const socket = connect(port, '127.0.0.1');
  socket.write(request(`GET /up${asksFor(call)}`), 'latin1');
  await upstream.received(2);
  socket.destroy();
  await upstream.idle();
  // No record, and answered only after the turn in which the client's end was written.
  await fetch(`http://127.0.0.1:${port}/nowhere`);
}

test('a wait that broke off before kill -9 is taken up in the next process, or ends there: one row each', async () => {
  const first = await meter(60);
  await waitBrokenOff('fc-1');
  await waitBrokenOff('fc-2');
  await first.kill();
  upstream.reset({ [asksFor('fc-1')]: ['await-body', response('200 OK', [], 'done')] });
  const second = await meter(60);
  const again = await fetch(url(asksFor('fc-1')));
  expect([again.status, await again.text()]).toEqual([200, 'done']);
  await second.kill();
  const third = await meter(0);
  // What waits without a grace has ended by the time that a later request is answered.
  await fetch(`http://127.0.0.1:${port}/nowhere`);
  await third.stop();
  const { rows, findings } = await readLedger(dataDir);
  expect(findings).toEqual([]);
  const told = rows.map(({ functionCallId, outcome, legs, method }) => [
    functionCallId,
    outcome,
    legs,
    method,
  ]);
  expect(told.sort()).toEqual([
    ['fc-1', 'ok', 3, 'POST'],
    ['fc-2', 'client_abort', 2, 'POST'],
  ]);
}, 60_000);
