import { createHoneycombClient } from '../../../dashboards/honeycomb/client.ts';
import type { Definitions } from '../../../dashboards/honeycomb/compile/compile.ts';
import {
  createHoneycombSync,
  type HoneycombSync,
  ownDefinitions,
} from '../../../dashboards/honeycomb/sync.ts';
import { type FakeHoneycomb, startFakeHoneycomb } from './fake-honeycomb.ts';
import type { Stored } from './honeycomb-store.ts';

/** Everything in a collection of the fake. */
export const valuesOf = (collection: ReadonlyMap<string, Stored>) => [...collection.values()];

export interface SyncBench {
  readonly fake: FakeHoneycomb;
  /** Pauses that the client took, in milliseconds. */
  readonly pauses: number[];
  sync(over?: SyncBenchOptions): HoneycombSync;
}

export interface SyncBenchOptions {
  readonly key?: string;
  readonly dataset?: string;
  readonly emails?: readonly string[];
  readonly withSlos?: boolean;
  readonly definitions?: Definitions;
}

/** A fake Honeycomb, and syncs with it that do not really sleep. */
export async function startSyncBench(): Promise<SyncBench> {
  const fake = await startFakeHoneycomb();
  const pauses: number[] = [];
  return {
    fake,
    pauses,
    sync: (over = {}) =>
      createHoneycombSync({
        dataset: over.dataset ?? 'tripmeter',
        emails: over.emails ?? ['ops@example.com'],
        withSlos: over.withSlos ?? false,
        definitions: over.definitions ?? ownDefinitions(over.withSlos ?? false),
        client: createHoneycombClient({
          apiUrl: fake.url,
          key: over.key ?? fake.settings.key,
          fetch,
          sleep: async (ms) => {
            pauses.push(ms);
          },
          random: () => 0,
          now: () => Date.now(),
        }),
      }),
  };
}
