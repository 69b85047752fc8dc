import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uuidv7 } from '../../../src/core/ids.ts';
import { requestIdOf, storedIdOf, storedIdsToFind } from '../../../src/ledger/request-id.ts';

const instant = fc.integer({ min: 0, max: 4_102_444_800_000_000 });
const random = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));

test('an id made of its request’s start is stored in 11 characters and comes back', () => {
  fc.assert(
    fc.property(instant, random, (at, digits) => {
      const id = uuidv7(at, digits);
      const stored = storedIdOf(id, at);
      expect(stored).toHaveLength(11);
      expect(requestIdOf(stored, at)).toBe(id);
      expect(storedIdsToFind(id)[0]).toEqual({ uid: stored, startedAt: at });
    }),
  );
});

test('any other id is stored whole and comes back, whatever it looks like', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 40 }), instant, (id, at) => {
      const stored = storedIdOf(id, at);
      expect(stored).toBe(`=${id}`);
      expect(requestIdOf(stored, at)).toBe(id);
      expect(storedIdsToFind(id).map((place) => place.uid)).toContain(stored);
    }),
  );
});

test('an id of another start is stored whole, and found without knowing the start', () => {
  const id = uuidv7(1_764_000_000_000_000, '07'.repeat(8));
  const stored = storedIdOf(id, 1_764_000_000_000_999);
  expect(stored).toBe(`=${id}`);
  expect(storedIdsToFind(id)).toContainEqual({ uid: `=${id}`, startedAt: null });
});

test.each(['=elevenchars', '=abcdefghij', 'elevenchars', '='])('%s keeps its equals sign', (id) => {
  expect(requestIdOf(storedIdOf(id, 5), 5)).toBe(id);
});
