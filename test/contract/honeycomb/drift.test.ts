import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planText } from '../../../dashboards/honeycomb/plan/plan-text.ts';
import type { Stored } from '../../support/fake-honeycomb/honeycomb-store.ts';
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

const boardCalled = (name: string) =>
  values(bench.fake.store.boards).find((board) => board.name === name) as Stored;

describe('drift', () => {
  beforeEach(() => bench.sync().apply());

  test('of a query edited by hand is shown with what it asked and what it asks now', async () => {
    const { store } = bench.fake;
    const board = boardCalled('tripmeter: overview');
    const panels = structuredClone(board.panels) as { query_panel: Record<string, unknown> }[];
    store.queries.set('by-hand-query', {
      ...(store.queries.get(String(panels[0]?.query_panel.query_id)) as Stored),
      id: 'by-hand-query',
      breakdowns: ['modal.endpoint'],
    });
    const annotation = store.annotations.get(String(panels[0]?.query_panel.query_annotation_id));
    store.annotations.set('by-hand', {
      ...(annotation as Stored),
      id: 'by-hand',
      query_id: 'by-hand-query',
      description: '',
    });
    Object.assign(panels[0]?.query_panel ?? {}, {
      query_id: 'by-hand-query',
      query_annotation_id: 'by-hand',
    });
    store.boards.set(board.id, { ...board, panels });
    const text = planText(await bench.sync().plan());
    expect(text).toContain('~ board tripmeter: overview');
    expect(text).toContain('- panels.by hand: Requests');
    expect(text).toContain('+ panels.requests');
    await bench.sync().apply();
    expect(await bench.sync().plan()).toEqual([]);
  });

  test('of a description, a threshold, a column’s type and a field is shown and undone', async () => {
    const { store } = bench.fake;
    const board = boardCalled('tripmeter: cost');
    store.boards.set(board.id, { ...board, description: 'mine now' });
    for (const trigger of values(store.triggers)) {
      if (trigger.frequency === 300) Object.assign(trigger, { threshold: { op: '>=', value: 3 } });
    }
    const column = values(store.columns).find(({ key_name }) => key_name === 'cost.total_usd');
    Object.assign(column ?? {}, { type: 'integer' });
    const field = values(store.fields).find(({ alias }) => alias === 'tripmeter.failed');
    Object.assign(field ?? {}, { expression: '1' });
    const text = planText(await bench.sync().plan());
    expect(text).toContain('~ column cost.total_usd\n    type: "integer" → "float"');
    expect(text).toContain('~ calculated field tripmeter.failed\n    expression: "1" → ');
    expect(text).toContain('~ board tripmeter: cost\n    description: "mine now" → ');
    expect(text).toContain('~ trigger tripmeter: a rule is met\n    threshold.value: 3 → 1');
    expect(text).toContain('0 to create, 4 to update, 0 to delete');
    await bench.sync().apply();
    expect(await bench.sync().plan()).toEqual([]);
  });

  test('of a board deleted by hand is a board to create', async () => {
    bench.fake.store.boards.delete(boardCalled('tripmeter: cost').id);
    expect(planText(await bench.sync().plan())).toContain('+ board tripmeter: cost');
    await bench.sync().apply();
    expect(await bench.sync().plan()).toEqual([]);
  });

  test('of a double is a board to delete', async () => {
    const board = boardCalled('tripmeter: cost');
    bench.fake.store.boards.set('double', { ...board, id: 'double' });
    expect(planText(await bench.sync().plan())).toContain('0 to create, 0 to update, 1 to delete');
  });
});

describe('foreign objects', () => {
  const tags = [{ key: 'managedby', value: 'terraform' }];
  beforeEach(async () => {
    const { store } = bench.fake;
    await bench.sync().apply();
    store.boards.set('theirs', {
      id: 'theirs',
      name: 'tripmeter: cost',
      type: 'flexible',
      tags,
      panels: [],
    });
    store.annotations.set('theirs', {
      id: 'theirs',
      name: 'x',
      description: 'x',
      query_id: 'x',
      dataset: 'tripmeter',
    });
    store.fields.set('theirs', {
      id: 'theirs',
      alias: 'is_slow',
      expression: '1',
      description: '',
    });
    store.columns.set('theirs', {
      id: 'theirs',
      key_name: 'mine',
      type: 'string',
      description: '',
    });
  });

  test('are not in the plan', async () => {
    expect(await bench.sync().plan()).toEqual([]);
  });

  test('of another tripmeter in the same environment are not ours', async () => {
    bench.fake.settings.plan = 'pro';
    await bench.sync({ dataset: 'staging' }).apply();
    expect(bench.fake.store.boards.size).toBe(11);
    await bench.sync({ dataset: 'staging' }).destroy();
    expect(bench.fake.store.boards.size).toBe(6);
    expect(bench.fake.store.triggers.size).toBe(2);
  });

  test('stay when ours are destroyed, and so do data and recipients', async () => {
    const { store } = bench.fake;
    const planned = await bench.sync().planDestroy();
    expect(planned.every((change) => change.action === 'delete')).toBe(true);
    await bench.sync().destroy();
    expect(values(store.boards).map(({ id }) => id)).toEqual(['theirs']);
    expect(values(store.annotations).map(({ id }) => id)).toEqual(['theirs']);
    expect(values(store.fields).map(({ id }) => id)).toEqual(['theirs']);
    expect(store.triggers.size).toBe(0);
    expect(store.datasets.size).toBe(1);
    expect(store.recipients.size).toBe(1);
    expect(store.columns.has('theirs')).toBe(true);
    expect(await bench.sync().planDestroy()).toEqual([]);
  });

  test('that use a field of ours keep it', async () => {
    const { store } = bench.fake;
    store.slos.set('theirs', { id: 'theirs', name: 'x', sli: { alias: 'tripmeter.sli_answered' } });
    const { left } = await bench.sync().destroy();
    expect(left).toEqual(['calculated field tripmeter.sli_answered is in use elsewhere']);
  });
});
