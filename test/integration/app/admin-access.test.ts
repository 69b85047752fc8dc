import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServedProcess } from '../../support/app/served-process.ts';

const TOKEN = 'a-token-of-this-test';
const PUBLIC = 'https://meter.example.com/tripmeter';

let served: ServedProcess;
let url: string;

beforeAll(async () => {
  process.env.TRIPMETER_TEST_TOKEN = TOKEN;
  const secret = { env: 'TRIPMETER_TEST_TOKEN' };
  served = new ServedProcess({
    listen: '127.0.0.1:0',
    admin: { listen: '0.0.0.0:0', publicUrl: `${PUBLIC}/`, token: secret },
    dataDir: './data',
    endpoints: { chat: { upstream: 'http://127.0.0.1:9', gpu: 'none' } },
  });
  const { adminUrl } = await served.serve();
  url = adminUrl.replace('0.0.0.0', '127.0.0.1');
});
afterAll(async () => {
  delete process.env.TRIPMETER_TEST_TOKEN;
  await served.close();
});

describe('an admin port with a token', () => {
  test('asks for it, in a way that a browser understands', async () => {
    const refused = await fetch(`${url}/api/v1/status`);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Basic realm="tripmeter"');
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('admin.token') });
    expect((await fetch(`${url}/`, { method: 'POST' })).status).toBe(401);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const headers = { authorization: `Basic ${Buffer.from(`me:${TOKEN}`).toString('base64')}` };
    expect((await fetch(url, { headers })).status).toBe(200);
  });

  test('may listen beyond this machine without a warning', () => {
    expect(served.stderr).not.toContain('admin port');
  });

  test('shows its address for people, never its token', async () => {
    const { stdout } = await served.run('check');
    expect(stdout).toContain(`publicUrl: ${PUBLIC}`);
    expect(stdout).not.toContain(TOKEN);
  });
});

test('an admin port that stands open to the network says so', async () => {
  const open = new ServedProcess({
    listen: '127.0.0.1:0',
    admin: { listen: '0.0.0.0:0' },
    dataDir: './data',
    endpoints: { chat: { upstream: 'http://127.0.0.1:9', gpu: 'none' } },
  });
  await open.serve();
  expect(open.stderr).toContain('asks for no token');
  await open.close();
});
