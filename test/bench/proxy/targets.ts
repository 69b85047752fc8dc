import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endChild, spawnPinned } from './children.ts';

/** Something to send the load to. `pid` is `null` for the mock itself. */
export interface Target {
  readonly name: string;
  /** What it records of each request, for the table. */
  readonly records: string;
  readonly port: number;
  readonly path: (upstreamPath: string) => string;
  readonly host: string;
  readonly headers: string;
  readonly streams: boolean;
  readonly pid: number | null;
  stop(): Promise<void>;
}

type Start = (upstreamPort: number, port: number) => Promise<Target | null>;

const PEERS_FOLDER = resolve('.bench/peers');
const PEERS = {
  '@fastify/http-proxy': '11.6.3',
  fastify: '5.12.8',
  'http-proxy-middleware': '4.2.2',
  express: '5.3.0',
  '@portkey-ai/gateway': '1.15.2',
};

/** The proxies to compare, each pinned to CPU 1; the mock and the generator have CPU 0. */
export const TARGETS: Readonly<Record<string, Start>> = {
  direct: async (upstreamPort) => ({ ...common('direct', 'nothing', upstreamPort, null) }),
  nginx: startNginx,
  tripmeter: startTripmeter,
  '@fastify/http-proxy': (upstream, port) => startPeer('@fastify/http-proxy', upstream, port),
  'http-proxy-middleware': (upstream, port) => startPeer('http-proxy-middleware', upstream, port),
  '@portkey-ai/gateway': startPortkey,
};

/** The product as it is published, without sources to strip types from. */
export function buildTripmeter(): void {
  execFileSync('npm', ['run', '-s', 'build'], { stdio: 'inherit' });
}

/** Installs the peers into `.bench/peers`, outside the product's dependencies. */
export function installPeers(): void {
  mkdirSync(PEERS_FOLDER, { recursive: true });
  const manifest = join(PEERS_FOLDER, 'package.json');
  writeFileSync(
    manifest,
    JSON.stringify({ name: 'peers', private: true, type: 'module', dependencies: PEERS }),
  );
  if (existsSync(join(PEERS_FOLDER, 'node_modules/@portkey-ai/gateway'))) return;
  execFileSync('npm', ['install', '--no-audit', '--no-fund'], {
    cwd: PEERS_FOLDER,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function startTripmeter(upstreamPort: number, port: number): Promise<Target> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tripmeter-bench-'));
  const config = join(dataDir, 'tripmeter.yaml');
  writeFileSync(
    config,
    `listen: 127.0.0.1:${port}
admin: { listen: 127.0.0.1:${port + 1} }
dataDir: ${dataDir}/data
endpoints:
  bench:
    upstream: http://127.0.0.1:${upstreamPort}
    gpu: A100-80GB
    maxInputs: 100
    bodyRule: openai
`,
  );
  const child = pinned(
    'node',
    ['--max-semi-space-size=8', 'dist/src/main.js', 'serve', '--config', config],
    process.cwd(),
  );
  // It accepts before its office is up, whose start would be measured with the first requests.
  await ready(port + 1);
  return {
    ...common('tripmeter', 'journal, ledger, roll-ups, cost', port, child),
    path: (path) => `/bench${path}`,
    stop: async () => {
      await endChild(child);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function startNginx(upstreamPort: number, port: number): Promise<Target | null> {
  if (!existsSync('/usr/sbin/nginx')) return null;
  const dir = mkdtempSync(join(tmpdir(), 'nginx-bench-'));
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 8192; }
http {
  access_log ${dir}/access.log;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/f;
  uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  keepalive_requests 10000000;
  upstream mock { server 127.0.0.1:${upstreamPort}; keepalive 1024; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection "";
                 proxy_buffering off; }
  }
}`,
  );
  const child = pinned('/usr/sbin/nginx', ['-c', join(dir, 'nginx.conf'), '-p', dir], dir);
  await accepting(port);
  return {
    ...common('nginx', 'access log', port, child),
    stop: async () => {
      await endChild(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function startPeer(name: string, upstreamPort: number, port: number): Promise<Target> {
  const upstream = `http://127.0.0.1:${upstreamPort}`;
  const scripts: Record<string, string> = {
    '@fastify/http-proxy': `import fastify from 'fastify'; import proxy from '@fastify/http-proxy';
const app = fastify(); await app.register(proxy, { upstream: '${upstream}', undici: { connections: 2048, pipelining: 1 } });
await app.listen({ port: ${port}, host: '127.0.0.1' });`,
    'http-proxy-middleware': `import express from 'express'; import { createProxyMiddleware } from 'http-proxy-middleware';
import http from 'node:http';
const app = express(); app.use(createProxyMiddleware({ target: '${upstream}', agent: new http.Agent({ keepAlive: true, maxSockets: 2048 }) }));
app.listen(${port}, '127.0.0.1');`,
  };
  const file = join(PEERS_FOLDER, `${name.replaceAll('/', '-')}.mjs`);
  writeFileSync(file, scripts[name] ?? '');
  const child = pinned('node', [file], PEERS_FOLDER);
  await accepting(port);
  return common(name, 'nothing', port, child);
}

async function startPortkey(upstreamPort: number, port: number): Promise<Target> {
  const server = 'node_modules/@portkey-ai/gateway/build/start-server.js';
  const child = pinned('node', [server, `--port=${port}`, '--headless'], PEERS_FOLDER);
  await accepting(port);
  return {
    ...common('@portkey-ai/gateway', 'nothing', port, child),
    path: () => '/v1/chat/completions',
    headers:
      `x-portkey-provider: openai\r\n` +
      `x-portkey-custom-host: http://127.0.0.1:${upstreamPort}/v1\r\n`,
    // Its npm build answers 500 to every streaming request.
    streams: false,
  };
}

function common(name: string, records: string, port: number, child: ChildProcess | null): Target {
  return {
    name,
    records,
    port,
    path: (path) => path,
    host: 'bench.local',
    headers: '',
    streams: true,
    pid: child?.pid ?? null,
    stop: async () => {
      if (child !== null) await endChild(child);
    },
  };
}

function pinned(command: string, args: readonly string[], cwd: string): ChildProcess {
  return spawnPinned(1, [command, ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}

function ready(adminPort: number): Promise<void> {
  return until(`an office answers on port ${adminPort}`, async () => {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => null);
    return answer?.ok === true;
  });
}

function accepting(port: number): Promise<void> {
  return until(
    `something listens on port ${port}`,
    () =>
      new Promise<boolean>((settle) => {
        const socket = connect(port, '127.0.0.1');
        socket.once('connect', () => settle(true)).once('error', () => settle(false));
        socket.once('connect', () => socket.destroy());
      }),
  );
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (await holds()) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error(`waited 30 s in vain until ${what}`);
}
