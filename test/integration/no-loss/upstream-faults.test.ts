import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../../support/chaos/free-port.ts';
import { type InProcessMeter, startMeter } from '../../support/chaos/in-process-meter.ts';
import { proxyEndpoint } from '../../support/proxy/start-proxy.ts';
import { RecordingUpstream } from '../../support/wire/recording-upstream.ts';
import type { WireStep } from '../../support/wire/wire-script.ts';

const upstream = new RecordingUpstream();
let meter: InProcessMeter | null = null;

afterEach(async () => {
  await meter?.close();
  meter = null;
  if (upstream.listening) await upstream.close();
});

async function call(steps: readonly WireStep[] | null) {
  if (steps !== null) {
    await upstream.listen();
    upstream.reset({ '*': steps });
  }
  const port = steps === null ? await freePort() : upstream.port;
  meter = await startMeter({
    endpoints: [
      proxyEndpoint('a', `http://127.0.0.1:${port}`, { headersTimeoutMs: 150, idleTimeoutMs: 150 }),
    ],
  });
  const response = await fetch(`${meter.url}/a/x`, { method: 'POST', body: '{}' });
  const text = await response.text().catch(() => null);
  const rows = await meter.rows(1);
  return { status: response.status, type: response.headers.get('content-type'), text, rows };
}

const STREAM = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n';

describe('an upstream that', () => {
  test('refuses the connection: 502, not paid', async () => {
    const { status, type, text, rows } = await call(null);
    expect([status, type?.split(';')[0]]).toEqual([502, 'application/problem+json']);
    expect(text).toContain('tripmeter');
    expect(rows).toMatchObject([
      { outcome: 'connect_failed', errorClass: 'connect_refused', paid: 'no', status: 502 },
    ]);
  });

  test('resets before the head: 502', async () => {
    const { status, rows } = await call(['await-body', 'reset']);
    expect(status).toBe(502);
    expect(rows).toMatchObject([{ outcome: 'upstream_reset', errorClass: 'upstream_reset' }]);
  });

  test('hangs before the head: 504', async () => {
    const { status, rows } = await call(['await-body', { awaitText: 'never' }]);
    expect(status).toBe(504);
    expect(rows).toMatchObject([{ outcome: 'upstream_timeout', errorClass: 'upstream_timeout' }]);
  });

  test('resets in the middle of a stream: the client sees a cut', async () => {
    const { status, text, rows } = await call(['await-body', STREAM, { pauseMs: 20 }, 'reset']);
    expect([status, text]).toEqual([200, null]);
    expect(rows).toMatchObject([{ outcome: 'upstream_reset', status: 200 }]);
  });

  test('falls silent in the middle of a stream: the client sees a cut', async () => {
    const { text, rows } = await call(['await-body', STREAM, { awaitText: 'never' }]);
    expect(text).toBeNull();
    expect(rows).toMatchObject([{ outcome: 'upstream_timeout', status: 200 }]);
  });

  test('speaks no HTTP: 502', async () => {
    const { status, rows } = await call(['await-body', 'SSH-2.0-OpenSSH\r\n']);
    expect(status).toBe(502);
    expect(rows).toMatchObject([{ errorClass: 'upstream_protocol_error' }]);
  });
});
