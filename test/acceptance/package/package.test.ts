import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServedProcess } from '../../support/app/served-process.ts';

let folder: string;
let program: string;
let upstream: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tripmeter-package-'));
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString(),
  ) as [{ filename: string }];
  execFileSync('tar', ['xzf', join(folder, packed.filename), '-C', folder]);
  // What `npm install` would put beside it.
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  program = join(folder, 'package/dist/src/main.js');
  upstream = createServer((_request, response) => response.end('{"ok":true}'));
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
}, 120_000);
afterAll(() => {
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => spawnSync('node', [program, ...args], { cwd: folder });

describe('the packed package', () => {
  test('holds no TypeScript and no tests, and what users copy out of it', () => {
    const files = execFileSync('find', [join(folder, 'package'), '-type', 'f']).toString();
    expect(files).not.toMatch(/\.test\.|[^d]\.ts$/m);
    for (const file of ['README.md', 'LICENSE', 'collectors/container-identity/tripmeter_asgi.py'])
      expect(existsSync(join(folder, 'package', file)), file).toBe(true);
  });

  test('writes a configuration that it accepts', () => {
    expect(run('init').status).toBe(0);
    const example = readFileSync(join(folder, 'tripmeter.yaml'), 'utf8');
    expect(example).toBe(readFileSync('src/config/tripmeter.example.yaml', 'utf8'));
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(run('--version').stdout.toString().trim()).toBe(version);
  });

  test('serves without a file, where its flags say, and records', async () => {
    const { port } = upstream.address() as AddressInfo;
    const served = new ServedProcess({}, program);
    const args = [
      ...['serve', '--upstream', `http://127.0.0.1:${port}`, '--gpu', 'L4'],
      ...['--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
      ...['--data-dir', join(served.folder, 'data')],
    ];
    const { proxyUrl, adminUrl } = await served.start(...args);
    expect(new URL(adminUrl).port).not.toBe('8788');
    expect(await (await fetch(`${proxyUrl}/any/path`)).text()).toBe('{"ok":true}');
    expect(await served.end('SIGTERM')).toBe(0);
    expect(existsSync(join(served.folder, 'data/ledger.db'))).toBe(true);
    const again = await served.start(...args);
    const page = await (await fetch(`${again.adminUrl}/api/v1/requests`)).json();
    expect(page).toMatchObject({ requests: [{ path: '/any/path', outcome: 'ok' }] });
    await served.close();
  });
});
