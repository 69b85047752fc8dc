import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  clientSpanIdOf,
  instantOf,
  isTraceOf,
  serverSpanIdOf,
  traceIdOf,
  uuidv7,
} from '../../../src/core/ids.ts';

const digits = () => randomBytes(8).toString('hex');

const at = 1_795_000_000_123_456;

test('an id is a version 7, variant 10 UUID that starts with its millisecond', () => {
  const id = uuidv7(at, digits());
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(instantOf(id)).toBe(1_795_000_000_123_000);
});

test('the variant takes two bits of the first digit, each as often as the others', () => {
  const variants = [...'0123456789abcdef'].map((digit) => uuidv7(at, digit.repeat(16))[19]);
  expect(variants.join('')).toBe('89ab89ab89ab89ab');
});

test('ids sort by time below the millisecond', () => {
  const ids = [0, 1, 250, 500, 999].map((us) => uuidv7(at - (at % 1_000) + us, digits()));
  expect([...ids].sort()).toEqual(ids);
});

test('trace and span ids come from the id and differ from each other', () => {
  const id = uuidv7(at, digits());
  expect(traceIdOf(id)).toMatch(/^[0-9a-f]{32}$/);
  expect(serverSpanIdOf(id)).toMatch(/^[0-9a-f]{16}$/);
  expect(clientSpanIdOf(id)).toMatch(/^[0-9a-f]{16}$/);
  expect(clientSpanIdOf(id)).not.toBe(serverSpanIdOf(id));
  expect(traceIdOf(id).endsWith(serverSpanIdOf(id))).toBe(true);
});

test('a trace is told to be the request’s own, or another’s', () => {
  const id = uuidv7(at, digits());
  expect(isTraceOf(id, traceIdOf(id))).toBe(true);
  expect(isTraceOf(id, traceIdOf(uuidv7(at, digits())))).toBe(false);
  expect(isTraceOf(id, traceIdOf(id).slice(0, -1))).toBe(false);
  expect(isTraceOf(id, `${traceIdOf(id)}0`)).toBe(false);
});

test('ten thousand ids of one microsecond are all different', () => {
  const ids = new Set(Array.from({ length: 10_000 }, () => uuidv7(at, digits())));
  expect(ids.size).toBe(10_000);
});
