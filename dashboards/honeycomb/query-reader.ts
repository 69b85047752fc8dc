import type { HoneycombClient } from './client.ts';
import { normalQuery, type QuerySpec, queryHash } from './compile/query-spec.ts';
import type { Resource } from './compile/resource.ts';
import { queryWire } from './wire.ts';

/** What stored queries ask. Queries never change, so one whose stamp tells its hash is not fetched. */
export interface QueryReader {
  byId(id: string): Promise<QuerySpec>;
  /** `null`: none of the wanted queries has this hash. */
  byHash(hash: string): QuerySpec | null;
}

export function createQueryReader(
  client: HoneycombClient,
  slug: string,
  wanted: readonly Resource[],
): QueryReader {
  const known = new Map<string, QuerySpec>();
  for (const resource of wanted) {
    if (resource.kind !== 'board') continue;
    for (const panel of Object.values(resource.view.panels)) {
      if (panel.type === 'query') known.set(queryHash(panel.query), panel.query);
    }
  }
  return {
    byHash: (hash) => known.get(hash) ?? null,
    byId: async (id) => normalQuery(await client.get(`/1/queries/${slug}/${id}`, queryWire)),
  };
}
