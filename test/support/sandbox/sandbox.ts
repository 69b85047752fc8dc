import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../src/ports/clock.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { type BillRow, billRows, mergeBillRows } from './bill.ts';
import { billedIntervals, billedResources } from './deployment.ts';
import { EDGE } from './edge-refusal.ts';
import { endpointSettings, type SandboxEndpointOptions } from './endpoint-settings.ts';
import { SandboxEndpoint } from './sandbox-endpoint.ts';
import { SandboxLog } from './sandbox-log.ts';

export interface SandboxOptions {
  /** For the instants in the log and the bill. Waiting is done in real time. */
  readonly clock?: Clock;
  /** How many exchanges the log remembers, about. Default: all. */
  readonly keepExchanges?: number;
  /** By label. */
  readonly endpoints: Readonly<Record<string, SandboxEndpointOptions>>;
}

/** A simulated Modal on loopback. */
export interface Sandbox {
  /** Chooses the endpoint by the `Host` header, as Modal does. */
  readonly url: string;
  /** Base URL of one endpoint, whatever the `Host`. @throws RangeError for an unknown label. */
  urlOf(label: string): string;
  /** @throws RangeError for an unknown label. */
  endpoint(label: string): SandboxEndpoint;
  readonly log: SandboxLog;
  /** The bill so far: open containers are billed up to now, the last interval is a partial one. */
  bill(resolution?: 'h' | 'd'): readonly BillRow[];
  close(): Promise<void>;
}

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const clock = options.clock ?? systemClock;
  const log = new SandboxLog(options.keepExchanges);
  const endpoints = new Map<string, SandboxEndpoint>();
  const byHost = new Map<string, SandboxEndpoint>();
  const urls = new Map<string, string>();
  const servers: Server[] = [];
  for (const [label, given] of Object.entries(options.endpoints)) {
    const endpoint = new SandboxEndpoint(label, endpointSettings(label, given), clock, log);
    endpoints.set(label, endpoint);
    byHost.set(endpoint.settings.host, endpoint);
    const server = await listen(() => endpoint);
    servers.push(server);
    urls.set(label, urlOf(server));
  }
  const front = await listen((request) => byHost.get(hostOf(request)));
  servers.push(front);
  return {
    url: urlOf(front),
    urlOf: (label) => known(urls, label),
    endpoint: (label) => known(endpoints, label),
    log,
    bill: (resolution = 'h') =>
      mergeBillRows([...endpoints.values()].flatMap((e) => bill(e, clock.now(), resolution))),
    close: async () => {
      for (const endpoint of endpoints.values()) endpoint.close();
      await Promise.all(servers.map(closeServer));
    },
  };
}

async function listen(
  choose: (request: IncomingMessage) => SandboxEndpoint | undefined,
): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 });
  server.on('request', (request, response) => {
    const endpoint = choose(request);
    if (endpoint !== undefined) {
      endpoint.handle(request, response);
      return;
    }
    response.writeHead(EDGE.invalidFunctionCall.status, { 'content-type': 'text/plain' });
    response.end(EDGE.invalidFunctionCall.body);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const endpoint = choose(request);
    if (endpoint === undefined) socket.destroy();
    else endpoint.upgrade(request, socket, head);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  // Upgraded sockets are no longer the HTTP server's to close.
  server.on('close-sockets', () => {
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.emit('close-sockets');
  await closed;
}

function bill(endpoint: SandboxEndpoint, now: number, resolution: 'h' | 'd'): readonly BillRow[] {
  const { settings } = endpoint;
  return billRows(billedIntervals(endpoint.containers, now), {
    app: settings.app,
    resources: billedResources(settings),
    multiplierThousandths: settings.multiplierThousandths,
    resolution,
  });
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function hostOf(request: IncomingMessage): string {
  return (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
}

function known<Value>(values: ReadonlyMap<string, Value>, label: string): Value {
  const value = values.get(label);
  if (value === undefined) {
    throw new RangeError(`no endpoint ${label}; there are: ${[...values.keys()].join(', ')}`);
  }
  return value;
}
