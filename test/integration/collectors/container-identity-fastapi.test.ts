import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IDENTITY_HEADERS } from '../../../src/core/identity-headers.ts';
import { pythonWith } from '../../support/container-identity/python.ts';

const folder = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const python = pythonWith(['fastapi', 'uvicorn']);

describe.skipIf(python === null)('the identity middleware in FastAPI under uvicorn', () => {
  let server: ChildProcess;
  let origin: string;

  beforeAll(async () => {
    const script = folder('test/support/container-identity/fastapi_app.py');
    server = spawn(python ?? '', [script, folder('collectors/container-identity')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = await once(server.stdout ?? server, 'data');
    origin = `http://127.0.0.1:${String(port).trim()}`;
  });

  afterAll(async () => {
    server.kill();
    await once(server, 'exit');
  });

  test('a JSON answer is untouched but for the headers, handler time included', async () => {
    const response = await fetch(`${origin}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"prompt":"hi"}',
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('{"echo":{"prompt":"hi"}}');
    const header = (name: keyof typeof IDENTITY_HEADERS) =>
      response.headers.get(IDENTITY_HEADERS[name]);
    expect(header('containerId')).toBe('ta-fast');
    expect(header('cloud')).toBe('CLOUD_PROVIDER_OCI');
    expect(header('seen')).toBe('0');
    expect(Number(header('handlerUs'))).toBeGreaterThan(20_000);
    expect(Number(header('readyUs'))).toBeGreaterThan(0);
    expect(Number(header('ageUs'))).toBeGreaterThan(Number(header('readyUs')));
  });

  test('a stream arrives whole and claims no handler time', async () => {
    const response = await fetch(`${origin}/stream`);
    expect(await response.text()).toBe('data: 0\n\ndata: 1\n\ndata: 2\n\n');
    expect(response.headers.get(IDENTITY_HEADERS.containerId)).toBe('ta-fast');
    expect(response.headers.has(IDENTITY_HEADERS.handlerUs)).toBe(false);
  });

  test('an exception in the application is still its 500', async () => {
    const response = await fetch(`${origin}/broken`);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('Internal Server Error');
  });
});
