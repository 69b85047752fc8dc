import { describe, expect, test } from 'vitest';
import { backoff } from '../../../src/export/backoff.ts';
import { failedDelivery } from '../../../src/export/delivery.ts';
import { parseRetryAfter } from '../../../src/export/retry-after.ts';

const NOW = Date.UTC(2026, 10, 24, 12) * 1_000;

describe('Retry-After', () => {
  test.each([
    ['30', 30_000_000],
    ['0', 0],
    [' 5 ', 5_000_000],
    ['Tue, 24 Nov 2026 12:00:45 GMT', 45_000_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 0],
    ['999999', 3_600_000_000],
    ['soon', null],
    ['', null],
    [null, null],
  ])('%j means %s µs', (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });
});

describe('back-off', () => {
  test('doubles from one second to one minute, and takes off at most half', () => {
    const full = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => backoff(failures, () => 0));
    expect(full.map((us) => us / 1e6)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(backoff(7, () => 0.999_999)).toBeGreaterThanOrEqual(30e6);
  });
});

describe('a status that is not 2xx', () => {
  test.each([
    [400, 'refused'],
    [413, 'refused'],
    [422, 'refused'],
    [401, 'stop'],
    [403, 'stop'],
    [404, 'stop'],
    [415, 'stop'],
    [302, 'stop'],
    [408, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
    [502, 'retry'],
    [503, 'retry'],
    [529, 'retry'],
  ])('%i means %s', (status, kind) => {
    expect(failedDelivery(status, '', null).kind).toBe(kind);
  });
});
