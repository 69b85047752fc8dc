import { describe, expect, test } from 'vitest';
import { waitAsked } from '../../../dashboards/honeycomb/client.ts';
import { normalQuery, queryHash } from '../../../dashboards/honeycomb/compile/query-spec.ts';
import { readStamp, stamped } from '../../../dashboards/honeycomb/compile/query-stamp.ts';
import type { Resource } from '../../../dashboards/honeycomb/compile/resource.ts';
import { differences } from '../../../dashboards/honeycomb/plan/difference.ts';
import { planChanges, planDestruction } from '../../../dashboards/honeycomb/plan/plan.ts';

describe('two queries that ask the same', () => {
  const query = {
    calculations: [{ op: 'COUNT' }],
    filters: [
      { column: 'b', op: '=', value: 1 },
      { column: 'a', op: 'exists' },
    ],
    time_range: 7_200,
  };
  test.each([
    ['in the order of filters', { ...query, filters: [...query.filters].reverse() }],
    ['in defaults spelled out', { ...query, limit: 1_000, filter_combination: 'AND', orders: [] }],
    ['in defaults left out', { calculations: query.calculations, filters: query.filters }],
    ['in nulls', { ...query, havings: null, breakdowns: null, granularity: 0 }],
    ['in a column that is null', { ...query, calculations: [{ op: 'COUNT', column: null }] }],
  ])('differ %s and have one normal form', (_name, other) => {
    expect(normalQuery(other)).toEqual(normalQuery(query));
    expect(queryHash(other)).toBe(queryHash(query));
  });

  test('and one that asks something else has another hash', () => {
    expect(queryHash({ ...query, time_range: 3_600 })).not.toBe(queryHash(query));
    expect(queryHash({ ...query, filter_combination: 'OR' })).not.toBe(queryHash(query));
  });
});

describe('the stamp of an annotation', () => {
  const stamp = { panel: 'cost/by-operation', hash: '0123456789abcdef' };

  test('reads back with the words before it', () => {
    expect(readStamp(stamped('Who the money went to.', stamp))).toEqual({
      stamp,
      about: 'Who the money went to.',
    });
  });

  test('fits where words are long, and is not found where there is none', () => {
    expect(stamped('x'.repeat(5_000), stamp).length).toBe(1_023);
    expect(readStamp('tripmeter cost/by-operation')).toBeNull();
  });
});

describe('differences', () => {
  test('are told by path, with what is there on either side', () => {
    const before = { a: 1, list: [{ x: 1 }, { x: 2 }], gone: true, same: [1, 2] };
    const after = { a: 2, list: [{ x: 1 }, { x: 3 }], new: null, same: [1, 2] };
    expect(differences(before, after)).toEqual([
      { path: 'a', before: 1, after: 2 },
      { path: 'gone', before: true, after: undefined },
      { path: 'list[1].x', before: 2, after: 3 },
      { path: 'new', before: undefined, after: null },
    ]);
  });
});

describe('a plan', () => {
  const column: Resource = {
    kind: 'column',
    key: 'a',
    title: 'a',
    view: { type: 'string', description: '' },
  };
  const field = (key: string, expression = '1'): Resource => ({
    kind: 'calculated field',
    key,
    title: key,
    view: { expression, description: '' },
  });
  const slo: Resource = {
    kind: 'slo',
    key: 's',
    title: 's',
    view: { name: 's', description: '', sli: 'f', targetPerMillion: 1, days: 1 },
  };

  test('makes what is used before what uses it, and deletes the other way round', () => {
    const changes = planChanges([slo, field('f'), column], []);
    expect(changes.map((change) => 'wanted' in change && change.wanted.kind)).toEqual([
      'column',
      'calculated field',
      'slo',
    ]);
    const gone = planDestruction([
      { ...column, id: '1' },
      { ...field('f'), id: '2' },
      { ...slo, id: '3' },
    ]);
    expect(gone.map((change) => 'present' in change && change.present.kind)).toEqual([
      'slo',
      'calculated field',
    ]);
  });

  test('is empty when all is as wanted', () => {
    expect(planChanges([field('f')], [{ ...field('f'), id: '1' }])).toEqual([]);
  });

  test('deletes what is ours and no longer wanted, and doubles', () => {
    const present = [
      { ...field('old'), id: '1' },
      { ...field('f'), id: '2' },
      { ...field('f'), id: '3' },
    ];
    const changes = planChanges([field('f')], present);
    expect(changes.map((change) => 'present' in change && change.present.id)).toEqual(['3', '1']);
  });
});

describe('how long Honeycomb asks to wait', () => {
  const NOW = Date.UTC(2026, 10, 24, 12);
  test.each([
    [{ ratelimit: 'limit=100, remaining=0, reset=12' }, 12_000],
    [{ 'retry-after': 'Tue, 24 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': '5' }, 5_000],
    [{}, null],
  ])('is read from %j', (headers, expected) => {
    expect(waitAsked(new Headers(headers as Record<string, string>), NOW)).toBe(expected);
  });
});
