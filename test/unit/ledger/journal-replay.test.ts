import { expect, test } from 'vitest';
import { type ReplayState, replay } from '../../../src/ledger/journal-replay.ts';
import type { JournalEntry, ParkedRequest } from '../../../src/ports/journal.ts';
import { SAMPLE_START, sampleClosed, sampleOpened } from '../../support/ledger/sample-requests.ts';

const EMPTY: ReplayState = { open: new Map(), lastEntryAt: 0, clockAt: null, carried: null };
const a = sampleOpened({ startedAt: SAMPLE_START });
const b = sampleOpened({ startedAt: SAMPLE_START + 1_000_000 });
const HEAD = { type: 'segment', at: SAMPLE_START + 60_000_000 } as const;
const BOOT: JournalEntry = { type: 'boot', instance: 'i2', at: SAMPLE_START + 60_000_000 };

function parked(request: typeof a): JournalEntry {
  const leg: ParkedRequest = {
    ...{ request, functionCallId: 'fc-1', legs: 1, parkedAtUs: 9_000_000, sentUs: 400 },
    ...{ overheadUs: 70, execEstimateUs: 9_000_000, bytesIn: 5, bytesOut: 6 },
  };
  return { type: 'parked', parked: leg };
}

test('an end takes its request off the open ones', () => {
  const end = sampleClosed({ ...a });
  const { closed, open } = replay(EMPTY, [
    { type: 'opened', request: a },
    { type: 'opened', request: b },
    { type: 'closed', request: end },
  ]);
  expect(closed).toEqual([end]);
  expect([...open.keys()]).toEqual([b.id]);
});

test('a boot ends what is open at the last sign of life, not at the boot', () => {
  const { closed, recovered, open } = replay(EMPTY, [
    { type: 'opened', request: a },
    { type: 'alive', at: SAMPLE_START + 5_000_000 },
    HEAD,
    BOOT,
  ]);
  expect(open.size).toBe(0);
  expect([...recovered]).toEqual([a.id]);
  expect(closed[0]).toMatchObject({
    ...{ id: a.id, outcome: 'crash_recovered', paid: 'unknown', durationUs: 5_000_000 },
    ...{ execEstimateUs: 5_000_000, legs: 1, status: null },
  });
});

test('a request opened at the very last moment has no duration rather than a negative one', () => {
  const { closed } = replay({ ...EMPTY, lastEntryAt: SAMPLE_START - 10 }, [
    { type: 'opened', request: a },
    HEAD,
    BOOT,
  ]);
  expect(closed[0]?.durationUs).toBe(0);
});

test('a boot keeps a parked request that its segment repeats, and ends one that it does not', () => {
  const { closed, open } = replay(EMPTY, [parked(a), parked(b), HEAD, parked(b), BOOT]);
  expect([...open.keys()]).toEqual([b.id]);
  expect(closed).toMatchObject([
    { id: a.id, outcome: 'crash_recovered', legs: 2, functionCallId: 'fc-1', bytesIn: 5 },
  ]);
  expect(closed[0]?.durationUs).toBe(10_000_000);
});

test('a boot whose head was read in an earlier part ends no parked request', () => {
  const { closed, open } = replay(EMPTY, [parked(a), { type: 'opened', request: b }, BOOT]);
  expect([...open.keys()]).toEqual([a.id]);
  expect(closed.map((request) => request.id)).toEqual([b.id]);
});

test('a head split over two batches still counts what it repeats', () => {
  const first = replay(EMPTY, [parked(a), parked(b), HEAD, parked(a)]);
  const second = replay(first, [BOOT]);
  expect([...second.open.keys()]).toEqual([a.id]);
});

test('a segment begun in the middle of a process ends nothing', () => {
  const { closed, open } = replay(EMPTY, [{ type: 'opened', request: a }, HEAD, parked(b)]);
  expect(closed).toEqual([]);
  expect([...open.keys()].sort()).toEqual([a.id, b.id].sort());
});

test('the state given in is left as it was', () => {
  const before = replay(EMPTY, [{ type: 'opened', request: a }]);
  replay(before, [HEAD, BOOT]);
  expect([...before.open.keys()]).toEqual([a.id]);
});
