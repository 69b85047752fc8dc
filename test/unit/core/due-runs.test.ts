import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextSlot, parseCron, slotsBetween } from '../../../src/core/cron-schedule.ts';
import { dueRuns, type JobSpec } from '../../../src/core/due-runs.ts';
import { MICROS_PER_DAY, MICROS_PER_MINUTE } from '../../../src/core/units.ts';

const us = (iso: string) => Date.parse(iso) * 1_000;
const iso = (at: number) => new Date(at / 1_000).toISOString().slice(0, 16);
const slots = (text: string, zone: string, after: string, until: string) =>
  slotsBetween(parseCron(text), zone, { after: us(after), until: us(until) }).map(iso);

describe('slots of a schedule', () => {
  test.each([
    [
      'Mondays at nine',
      '0 9 * * 1',
      'UTC',
      '2026-11-01',
      '2026-11-17',
      ['2026-11-02T09:00', '2026-11-09T09:00', '2026-11-16T09:00'],
    ],
    ['Sunday is 0 and 7', '0 0 * * 7', 'UTC', '2026-11-20', '2026-11-23', ['2026-11-22T00:00']],
    [
      'names and steps',
      '*/30 8-9 * nov tue',
      'UTC',
      '2026-11-24',
      '2026-11-25',
      ['2026-11-24T08:00', '2026-11-24T08:30', '2026-11-24T09:00', '2026-11-24T09:30'],
    ],
    [
      'day of month or weekday when both are given',
      '0 0 1 * 1',
      'UTC',
      '2026-10-30',
      '2026-11-03',
      ['2026-11-01T00:00', '2026-11-02T00:00'],
    ],
    [
      'quarters',
      '0 9 1 1,4,7,10 *',
      'Europe/Berlin',
      '2026-01-01',
      '2026-12-01',
      ['2026-01-01T08:00', '2026-04-01T07:00', '2026-07-01T07:00', '2026-10-01T07:00'],
    ],
    [
      'a time that is skipped runs at the skip',
      '30 2 * * *',
      'America/New_York',
      '2026-03-08T00:00Z',
      '2026-03-09T00:00Z',
      ['2026-03-08T07:00'],
    ],
    [
      'a time shown twice runs once',
      '30 1 * * *',
      'America/New_York',
      '2026-11-01T00:00Z',
      '2026-11-02T00:00Z',
      ['2026-11-01T05:30'],
    ],
    [
      'midnight that is skipped',
      '0 0 * * *',
      'America/Santiago',
      '2026-09-05T12:00Z',
      '2026-09-07T00:00Z',
      ['2026-09-06T04:00'],
    ],
    ['nothing when time goes back', '* * * * *', 'UTC', '2026-11-02', '2026-11-01', []],
  ])('%s', (_, text, zone, after, until, expected) => {
    expect(slots(text, zone, after, until)).toEqual(expected);
  });

  test.each([
    '',
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '*/0 * * * *',
    'x * * * *',
    '1- * * * *',
  ])('refuses %j', (text) => expect(() => parseCron(text)).toThrow(/is no schedule/));

  test('the next slot of a rare schedule is found, of an impossible one is not', () => {
    expect(iso(nextSlot(parseCron('0 0 29 2 *'), 'UTC', us('2025-01-01T00:00Z')) ?? 0)).toBe(
      '2028-02-29T00:00',
    );
    expect(nextSlot(parseCron('0 0 31 2 *'), 'UTC', us('2025-01-01T00:00Z'))).toBeNull();
  });
});

describe('dueRuns', () => {
  const weekly: JobSpec = {
    schedule: parseCron('0 9 * * 1'),
    zone: 'Europe/Berlin',
    catchUp: 'each',
    maxAgeUs: 60 * MICROS_PER_DAY,
    firstLookBackUs: 0,
    maxAttempts: 10,
  };

  test('gives each week that was missed, late', () => {
    const due = dueRuns(us('2026-11-02T08:00Z'), us('2026-11-17T12:00Z'), weekly);
    expect(due.map(({ slot, late }) => [iso(slot), late])).toEqual([
      ['2026-11-09T08:00', true],
      ['2026-11-16T08:00', true],
    ]);
  });
  test('gives only the newest where older ones say nothing more', () => {
    const due = dueRuns(us('2026-11-02T08:00Z'), us('2026-11-17T12:00Z'), {
      ...weekly,
      catchUp: 'newest',
    });
    expect(due.map(({ slot }) => iso(slot))).toEqual(['2026-11-16T08:00']);
  });
  test('lets go of what is too old', () => {
    expect(dueRuns(us('2026-01-05T08:00Z'), us('2026-11-17T12:00Z'), weekly)).toHaveLength(9);
  });
  test('does not run the past of a job that is new', () => {
    expect(dueRuns(null, us('2026-11-17T12:00Z'), weekly)).toEqual([]);
    expect(dueRuns(null, us('2026-11-16T08:00:30Z'), weekly)).toHaveLength(1);
  });
  test('gives nothing when the clock was set back', () => {
    expect(dueRuns(us('2026-11-16T08:00Z'), us('2026-11-10T08:00Z'), weekly)).toEqual([]);
  });

  test('no slot is lost or doubled, whenever the ticks come', () => {
    const zones = ['UTC', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago'];
    const start = us('2026-03-01T00:00Z');
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom('0 9 * * 1', '30 2 * * *', '0 * * * *', '15 0 1 * *'),
        fc.array(fc.integer({ min: -2_000, max: 5_000 }), { minLength: 1, maxLength: 40 }),
        (zone, text, steps) => {
          const spec = {
            ...weekly,
            schedule: parseCron(text),
            zone,
            maxAgeUs: 1_000 * MICROS_PER_DAY,
          };
          let [last, now, newest] = [start, start, start];
          const ran: number[] = [];
          for (const minutes of steps) {
            now += minutes * MICROS_PER_MINUTE;
            newest = Math.max(newest, now);
            for (const { slot } of dueRuns(last, now, spec)) {
              ran.push(slot);
              last = slot;
            }
          }
          expect(ran).toEqual(slotsBetween(spec.schedule, zone, { after: start, until: newest }));
        },
      ),
      { numRuns: 60 },
    );
  });
});
