import { describe, expect, test } from 'vitest';
import {
  type CallFact,
  type ContainerLifetime,
  type ObservedRun,
  runByFacts,
} from '../../../src/core/container-facts.ts';

const RUN: ObservedRun = {
  ...{ arrivedAt: 100, start: 100, end: 200 },
  ...{ containerId: 'a', ageUs: null, readyUs: null },
};
const LIFE: ContainerLifetime = { enqueuedAt: 50, readyAt: 120, endedAt: 500 };
const CALL: CallFact = { containerId: 'b', runFrom: 130, runUs: 40, bootUs: 30 };

const by = (
  over: Partial<ObservedRun>,
  { call = null, life = LIFE }: { call?: CallFact | null; life?: ContainerLifetime | null } = {},
) => runByFacts({ ...RUN, ...over }, call, () => life);

describe('without a life', () => {
  test('headers claim a container, and the times stay', () => {
    const { start, end, claim } = by({ ageUs: 7, readyUs: 3 }, { life: null });
    expect([start, end]).toEqual([100, 200]);
    expect(claim).toEqual({
      ...{ id: 'a', level: 'observed', ageUs: 7, readyUs: 3 },
      ...{ startedAt: null, endedAt: null },
    });
  });

  test('no container is no claim', () => {
    expect(by({ containerId: null })).toEqual({ start: 100, end: 200, claim: null });
  });
});

describe('a life', () => {
  test.each([
    ['its word of its boot', { readyUs: 30 }, 90, 120],
    ['its age, when it says no boot', { ageUs: 25 }, 75, 120],
    ['a boot no longer than since it was enqueued', { readyUs: 1_000 }, 50, 120],
    ['an age no shorter than since it was ready', { start: 190, ageUs: 5 }, 120, 190],
  ])('starts by %s, and nothing runs before it is ready', (_, over, startedAt, start) => {
    const run = by(over);
    expect(run).toMatchObject({ start, end: 200, claim: { level: 'authoritative', startedAt } });
    expect(run.claim?.readyUs).toBe(120 - startedAt);
  });

  test('whose boot nothing tells starts as it is modelled, and ends as it did', () => {
    expect(by({})).toMatchObject({ start: 100, claim: { startedAt: null, endedAt: 500 } });
  });

  test('that was never ready starts as it is modelled', () => {
    const run = by({ readyUs: 30 }, { life: { ...LIFE, readyAt: null } });
    expect(run).toMatchObject({ start: 100, claim: { startedAt: null, readyUs: 30 } });
  });

  test('ends what ran longer', () => {
    expect(by({ readyUs: 30 }, { life: { ...LIFE, endedAt: 150 } })).toMatchObject({
      ...{ start: 120, end: 150 },
    });
  });

  test.each([
    ['ended before it', { ...LIFE, endedAt: 99 }],
    ['was ready after it', { ...LIFE, readyAt: 201 }],
  ])('that %s is not believed', (_, life) => {
    expect(by({ readyUs: 30 }, { life })).toMatchObject({
      ...{ start: 100, end: 200, claim: { level: 'observed', startedAt: null, endedAt: null } },
    });
  });
});

describe('a call', () => {
  test('says where and when, whatever headers say of another container', () => {
    expect(by({ ageUs: 7, readyUs: 3 }, { call: CALL, life: null })).toMatchObject({
      ...{ start: 130, end: 170, claim: { id: 'b', ageUs: null, readyUs: 30 } },
    });
  });

  test('leaves what its own container says of itself', () => {
    const call = { ...CALL, containerId: 'a' };
    expect(by({ ageUs: 7, readyUs: 3 }, { call, life: null })).toMatchObject({
      claim: { id: 'a', ageUs: 7, readyUs: 3 },
    });
  });

  test('does not run before its request came', () => {
    expect(by({}, { call: { ...CALL, runFrom: 90 }, life: null })).toMatchObject({
      ...{ start: 100, end: 140 },
    });
  });

  test('of unsaid length ends as the proxy saw it', () => {
    expect(by({}, { call: { ...CALL, runUs: null }, life: null })).toMatchObject({
      ...{ start: 130, end: 200 },
    });
  });

  test.each([
    ['after its request', { ...CALL, runFrom: 201 }],
    ['before its request', { ...CALL, runFrom: 10, runUs: 20 }],
  ])('%s is not believed', (_, call) => {
    expect(by({}, { call, life: null })).toMatchObject({ start: 100, claim: { id: 'a' } });
  });
});
