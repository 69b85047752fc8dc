import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEntry, encodeEntry } from '../../../src/journal/entry-codec.ts';
import { sampleClosed, sampleOpened } from '../../support/ledger/sample-requests.ts';

test('a closed request comes back with every field, whatever its text', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  fc.assert(
    fc.property(
      text,
      fc.dictionary(text, text, { maxKeys: 3 }),
      fc.maxSafeInteger(),
      (path, tags, bytesOut) => {
        const request = sampleClosed({ path, tags, bytesOut, coldStart: false });
        const entry = { type: 'closed' as const, request };
        // A key `__proto__` is no own property of what JSON.parse gives to toEqual; the text is the measure.
        expect(encodeEntry(decodeEntry(encodeEntry(entry)) as typeof entry)).toBe(
          encodeEntry(entry),
        );
        const back = (decodeEntry(encodeEntry(entry)) as typeof entry).request;
        expect(Object.keys(back).sort()).toEqual(Object.keys(request).sort());
      },
    ),
  );
});

test('every field comes back in its own place', () => {
  const numbered = <T extends object>(request: T): T =>
    Object.fromEntries(Object.keys(request).map((name, index) => [name, index])) as T;
  const closed = { type: 'closed' as const, request: numbered(sampleClosed()) };
  expect(decodeEntry(encodeEntry(closed))).toEqual(closed);
  const opened = { type: 'opened' as const, request: numbered(sampleOpened()) };
  expect(decodeEntry(encodeEntry(opened))).toEqual(opened);
  const leg = {
    ...{ functionCallId: 'fc-1', legs: 2, parkedAtUs: 3, sentUs: 4, overheadUs: 5 },
    ...{ execEstimateUs: 6, bytesIn: 7, bytesOut: 8 },
  };
  const parked = { type: 'parked' as const, parked: { ...leg, request: opened.request } };
  expect(decodeEntry(encodeEntry(parked))).toEqual(parked);
});

test('fields that an older program did not write read as null', () => {
  const fields = JSON.parse(encodeEntry({ type: 'closed', request: sampleClosed() }));
  const older = JSON.stringify(fields.slice(0, -3));
  expect(decodeEntry(older)).toMatchObject({ request: { digest: null, retries: null } });
});

test.each([
  ['no JSON', '["c",1,'],
  ['no array', '{"type":"closed"}'],
  ['another version', '["c",2,"id"]'],
  ['another type', '["z",1,"id"]'],
  ['a parked entry without its request', '["p",1,"fc-1"]'],
])('%s is no entry', (_name, payload) => {
  expect(decodeEntry(payload)).toBeNull();
});

test('a closed request of typical size takes less than 450 bytes, an opened one less than 250', () => {
  expect(encodeEntry({ type: 'closed', request: sampleClosed() }).length).toBeLessThan(450);
  expect(encodeEntry({ type: 'opened', request: sampleOpened() }).length).toBeLessThan(250);
});
