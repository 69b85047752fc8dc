import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BoardDefinition } from '../../../dashboards/honeycomb/boards/definition.ts';
import { planText } from '../../../dashboards/honeycomb/plan/plan-text.ts';
import { ownDefinitions } from '../../../dashboards/honeycomb/sync.ts';
import { hasOpenApi } from '../../support/fake-honeycomb/openapi-check.ts';
import {
  type SyncBench,
  startSyncBench,
  valuesOf as values,
} from '../../support/fake-honeycomb/sync-bench.ts';

let bench: SyncBench;
beforeEach(async () => {
  bench = await startSyncBench();
});
afterEach(() => bench.fake.close());

/** The definitions with one panel of one board changed. */
function definitionsWith(boardId: string, change: (board: BoardDefinition) => BoardDefinition) {
  const definitions = ownDefinitions(false);
  return {
    ...definitions,
    boards: definitions.boards.map((board) => (board.id === boardId ? change(board) : board)),
  };
}

const slowerDuration = (board: BoardDefinition): BoardDefinition => ({
  ...board,
  panels: board.panels.map((panel) =>
    panel.kind === 'query' && panel.id === 'duration'
      ? { ...panel, query: { ...panel.query, timeRangeSeconds: 7_200 } }
      : panel,
  ),
});

describe('honeycomb apply', () => {
  test('makes everything in an empty environment, and the second time nothing', async () => {
    const first = await bench.sync().apply();
    expect(first.left).toEqual([]);
    expect(values(bench.fake.store.boards).map((board) => board.name)).toEqual([
      'tripmeter: overview',
      'tripmeter: cost',
      'tripmeter: latency',
      'tripmeter: reliability',
      'tripmeter: migration triggers',
    ]);
    expect(bench.fake.store.triggers.size).toBe(2);
    const [trigger] = values(bench.fake.store.triggers);
    expect(trigger?.recipients).toEqual([{ id: values(bench.fake.store.recipients)[0]?.id }]);

    bench.fake.writes.splice(0);
    expect(await bench.sync().plan()).toEqual([]);
    expect((await bench.sync().apply()).changes).toEqual([]);
    expect(bench.fake.writes).toEqual([]);
  });

  test('makes columns, typed, before the first query that names them', async () => {
    await bench.sync().apply();
    const paths = bench.fake.writes.map(({ path }) => path);
    expect(paths[0]).toBe('/1/datasets');
    expect(paths.lastIndexOf('/1/columns/tripmeter')).toBeLessThan(
      paths.indexOf('/1/queries/tripmeter'),
    );
    const cost = values(bench.fake.store.columns).find(
      ({ key_name }) => key_name === 'cost.total_usd',
    );
    expect(cost?.type).toBe('float');
  });

  test('after one panel changed makes one update, and leaves no annotation behind', async () => {
    await bench.sync().apply();
    const annotations = bench.fake.store.annotations.size;
    bench.fake.writes.splice(0);
    const sync = bench.sync({ definitions: definitionsWith('latency', slowerDuration) });
    expect(planText(await sync.plan())).toBe(
      '~ board tripmeter: latency\n' +
        '    panels.duration.query.time_range: 86400 → 7200\n\n' +
        '0 to create, 1 to update, 0 to delete\n',
    );
    await sync.apply();
    expect(
      bench.fake.writes.map(({ method, path }) => `${method} ${path.replace(/id\d+/, 'ID')}`),
    ).toEqual([
      'POST /1/queries/tripmeter',
      'POST /1/query_annotations/tripmeter',
      'PUT /1/boards/ID',
      'DELETE /1/query_annotations/tripmeter/ID',
    ]);
    expect(bench.fake.store.annotations.size).toBe(annotations);
    expect(await sync.plan()).toEqual([]);
  });

  test('after a title changed keeps the query and rewords its annotation', async () => {
    await bench.sync().apply();
    bench.fake.writes.splice(0);
    const definitions = definitionsWith('cost', (board) => ({
      ...board,
      panels: board.panels.map((panel) =>
        panel.id === 'provisional' && panel.kind === 'query'
          ? { ...panel, title: 'Open cost' }
          : panel,
      ),
    }));
    await bench.sync({ definitions }).apply();
    expect(bench.fake.writes.map(({ method }) => method)).toEqual(['PUT', 'PUT']);
    expect(await bench.sync({ definitions }).plan()).toEqual([]);
  });

  test('cut off half way is finished by the next one', async () => {
    bench.fake.settings.failures = [];
    const full = bench.sync();
    let told = 0;
    await expect(
      full.apply(() => {
        told += 1;
        if (told === 95) throw new Error('cut off');
      }),
    ).rejects.toThrow('cut off');
    await bench.sync().apply();
    expect(await bench.sync().plan()).toEqual([]);
    expect(bench.fake.store.boards.size).toBe(5);
  });

  test('waits as long as a rate limit says and goes on', async () => {
    bench.fake.settings.callsAWindow = 20;
    await bench.sync().apply();
    expect(bench.pauses.length).toBeGreaterThan(5);
    expect(new Set(bench.pauses)).toEqual(new Set([1_000]));
    bench.fake.settings.callsAWindow = null;
    expect(await bench.sync().plan()).toEqual([]);
  });

  test('takes up an address that the team has already', async () => {
    bench.fake.store.recipients.set('theirs', {
      id: 'theirs',
      type: 'email',
      details: { email_address: 'Ops@example.com' },
    });
    await bench.sync().apply();
    expect(bench.fake.store.recipients.size).toBe(1);
    expect(values(bench.fake.store.triggers)[0]?.recipients).toEqual([{ id: 'theirs' }]);
  });

  test('makes the SLO where the plan has SLOs, and on Free is told that it has none', async () => {
    await expect(bench.sync({ withSlos: true }).apply()).rejects.toThrow(/Pro plan/);
    bench.fake.settings.plan = 'pro';
    await bench.sync({ withSlos: true }).apply();
    expect(values(bench.fake.store.slos)).toMatchObject([
      { sli: { alias: 'tripmeter.sli_answered' }, target_per_million: 990_000 },
    ]);
    expect(await bench.sync({ withSlos: true }).plan()).toEqual([]);
  });

  test.skipIf(!hasOpenApi)(
    'sends only what the OpenAPI file allows (HONEYCOMB_OPENAPI names the file)',
    async () => {
      bench.fake.settings.plan = 'pro';
      await bench.sync({ withSlos: true }).apply();
      await bench.sync({ definitions: definitionsWith('latency', slowerDuration) }).apply();
      await bench.sync().destroy();
      expect(bench.fake.store.boards.size).toBe(0);
    },
  );
});

describe('a key', () => {
  test('that is unknown says so without the key', async () => {
    const error = await bench
      .sync({ key: 'wrong-secret' })
      .plan()
      .catch((reason: unknown) => String(reason));
    expect(error).toMatch(/GET \/1\/auth: HTTP 401, unknown API key/);
    expect(error).not.toContain('wrong-secret');
  });

  test('that lacks rights is told which', async () => {
    Object.assign(bench.fake.settings.access, { boards: false, triggers: false });
    await expect(bench.sync().plan()).rejects.toThrow(/lacks these rights: boards, triggers/);
  });

  test('may spell the right to create datasets either way', async () => {
    const { createDatasets: _either, ...others } = bench.fake.settings.access;
    bench.fake.settings.access = { ...others, create_datasets: true };
    await expect(bench.sync().plan()).resolves.toBeDefined();
  });

  test('of a Classic environment is refused', async () => {
    bench.fake.settings.environment = '';
    await expect(bench.sync().plan()).rejects.toThrow(/Classic environment/);
  });
});

describe('a Honeycomb that fails', () => {
  test('is asked again, with growing pauses', async () => {
    bench.fake.settings.failures = [500, 502, 503];
    await bench.sync().plan();
    expect(bench.pauses).toEqual([1_000, 2_000, 4_000]);
  });

  test('for good ends the plan with what was asked', async () => {
    bench.fake.settings.failures = Array.from({ length: 9 }, () => 500);
    await expect(bench.sync().plan()).rejects.toThrow('GET /1/auth: HTTP 500, try again');
  });
});
