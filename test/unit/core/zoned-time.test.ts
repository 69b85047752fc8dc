import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { civilDateOf, dayNumberOf } from '../../../src/core/civil-date.ts';
import { instantOfLocal, localTimeOf, requireZone } from '../../../src/core/zone.ts';
import {
  addDays,
  daysBetween,
  dayWindow,
  hourFloor,
  monthWindow,
  nextMonth,
  quarterWindow,
  wallClockText,
  weekdayOf,
  weekWindow,
  windowBefore,
  windowOfLabel,
} from '../../../src/core/zoned-time.ts';

const us = (iso: string) => Date.parse(iso) * 1_000;
const iso = (at: number) => new Date(at / 1_000).toISOString();

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Los_Angeles',
  'America/Santiago',
  'America/Havana',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Asia/Tokyo',
  'Asia/Beirut',
  'Africa/Cairo',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Pacific/Chatham',
  'Antarctica/Troll',
];
const anyZone = fc.constantFrom(...ZONES);
const anyInstant = fc
  .integer({
    min: us('1995-01-01T00:00:00Z') / 1_000_000,
    max: us('2045-01-01T00:00:00Z') / 1_000_000,
  })
  .map((second) => second * 1_000_000 + 123_456);
const KINDS = [dayWindow, weekWindow, monthWindow, quarterWindow] as const;

describe('windows of a zone', () => {
  test.each([
    // [what, window, start, end, label]
    [
      'a UTC month',
      monthWindow(us('2026-11-24T09:00:00Z'), 'UTC'),
      '2026-11-01T00:00:00.000Z',
      '2026-12-01T00:00:00.000Z',
      '2026-11',
    ],
    [
      'a month with the spring change',
      monthWindow(us('2026-03-15T00:00:00Z'), 'America/New_York'),
      '2026-03-01T05:00:00.000Z',
      '2026-04-01T04:00:00.000Z',
      '2026-03',
    ],
    [
      'the last moment of a month in Kathmandu',
      monthWindow(us('2026-10-31T18:14:59Z'), 'Asia/Kathmandu'),
      '2026-09-30T18:15:00.000Z',
      '2026-10-31T18:15:00.000Z',
      '2026-10',
    ],
    [
      'the first moment of the next',
      monthWindow(us('2026-10-31T18:15:00Z'), 'Asia/Kathmandu'),
      '2026-10-31T18:15:00.000Z',
      '2026-11-30T18:15:00.000Z',
      '2026-11',
    ],
    [
      'a day of 23.5 hours on Lord Howe',
      dayWindow(us('2026-10-04T00:00:00Z'), 'Australia/Lord_Howe'),
      '2026-10-03T13:30:00.000Z',
      '2026-10-04T13:00:00.000Z',
      '2026-10-04',
    ],
    [
      'a day of 24.5 hours on Lord Howe',
      dayWindow(us('2026-04-05T00:00:00Z'), 'Australia/Lord_Howe'),
      '2026-04-04T13:00:00.000Z',
      '2026-04-05T13:30:00.000Z',
      '2026-04-05',
    ],
    [
      'a day whose midnight is skipped in Santiago',
      dayWindow(us('2026-09-06T12:00:00Z'), 'America/Santiago'),
      '2026-09-06T04:00:00.000Z',
      '2026-09-07T03:00:00.000Z',
      '2026-09-06',
    ],
    [
      'a day whose last hour comes twice in Santiago',
      dayWindow(us('2026-04-05T03:30:00Z'), 'America/Santiago'),
      '2026-04-04T03:00:00.000Z',
      '2026-04-05T04:00:00.000Z',
      '2026-04-04',
    ],
    [
      'the day before the one that Apia left out',
      dayWindow(us('2011-12-30T09:59:59Z'), 'Pacific/Apia'),
      '2011-12-29T10:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
      '2011-12-29',
    ],
    [
      'the day after it',
      dayWindow(us('2011-12-30T10:00:00Z'), 'Pacific/Apia'),
      '2011-12-30T10:00:00.000Z',
      '2011-12-31T10:00:00.000Z',
      '2011-12-31',
    ],
    [
      'the ISO week of a Tuesday',
      weekWindow(us('2026-11-17T12:00:00Z'), 'UTC'),
      '2026-11-16T00:00:00.000Z',
      '2026-11-23T00:00:00.000Z',
      '2026-W47',
    ],
    [
      'a week that belongs to the year before',
      weekWindow(us('2027-01-03T12:00:00Z'), 'UTC'),
      '2026-12-28T00:00:00.000Z',
      '2027-01-04T00:00:00.000Z',
      '2026-W53',
    ],
    [
      'the last quarter',
      quarterWindow(us('2026-11-24T00:00:00Z'), 'UTC'),
      '2026-10-01T00:00:00.000Z',
      '2027-01-01T00:00:00.000Z',
      '2026-Q4',
    ],
  ])('%s', (_, window, start, end, label) => {
    expect([iso(window.start), iso(window.end), window.label]).toEqual([start, end, label]);
  });

  test('hold the instant that they were asked for', () => {
    fc.assert(
      fc.property(anyInstant, anyZone, fc.constantFrom(...KINDS), (at, zone, kind) => {
        const { start, end } = kind(at, zone);
        expect(start <= at && at < end).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('follow each other without gap or overlap', () => {
    fc.assert(
      fc.property(anyInstant, anyZone, fc.constantFrom(...KINDS), (at, zone, kind) => {
        const window = kind(at, zone);
        expect(kind(window.end, zone).start).toBe(window.end);
        expect(kind(window.end - 1, zone)).toEqual(window);
        expect(kind(window.start - 1, zone).end).toBe(window.start);
        expect(windowBefore(window, zone)).toEqual(kind(window.start - 1, zone));
      }),
      { numRuns: 2_000 },
    );
  });

  test('are named so that the name gives the window back', () => {
    fc.assert(
      fc.property(anyInstant, anyZone, fc.constantFrom(...KINDS), (at, zone, kind) => {
        const window = kind(at, zone);
        expect(windowOfLabel(window.label, zone)).toEqual(window);
      }),
      { numRuns: 1_000 },
    );
  });

  test('begin and end where the month does, day by day', () => {
    for (const zone of ZONES) {
      for (const label of ['2026-02', '2026-03', '2026-04', '2026-09', '2026-10', '2028-02']) {
        const month = windowOfLabel(label, zone);
        const days = daysBetween(month.start, month.end, zone);
        expect(days.length).toBe(
          Number(
            dayNumberOf({ ...parts(label), month: parts(label).month + 1 }) -
              dayNumberOf(parts(label)),
          ),
        );
        expect(days[0]?.start).toBe(month.start);
        expect(days.at(-1)?.end).toBe(month.end);
      }
    }
  });

  test.each([
    '2026-13',
    '2026-02-30',
    '2026-W54',
    '2025-W53',
    '2026-W00',
    '2026-Q5',
    '26-01',
    '',
    'now',
  ])('refuses %j as a period', (label) =>
    expect(() => windowOfLabel(label, 'UTC')).toThrow(RangeError),
  );

  test('the next month starts where this one ends', () => {
    expect(nextMonth(us('2026-12-31T23:59:59Z'), 'UTC').label).toBe('2027-01');
  });
});

const parts = (label: string) => ({
  year: Number(label.slice(0, 4)),
  month: Number(label.slice(5)),
  day: 1,
});

describe('days added on the wall clock', () => {
  test('keep the hour over a change of clocks', () => {
    const monday = us('2026-03-02T14:00:00Z'); // 09:00 in New York
    expect(iso(addDays(monday, 7, 'America/New_York'))).toBe('2026-03-09T13:00:00.000Z');
  });
  test('land on the skip when the time does not exist', () => {
    const at = us('2026-03-07T07:30:00Z'); // 02:30 in New York, which the next day has not
    expect(iso(addDays(at, 1, 'America/New_York'))).toBe('2026-03-08T07:00:00.000Z');
  });
  test('come back where nothing was skipped or doubled', () => {
    fc.assert(
      fc.property(anyInstant, fc.integer({ min: -400, max: 400 }), (at, days) => {
        expect(addDays(addDays(at, days, 'Asia/Tokyo'), -days, 'Asia/Tokyo')).toBe(at);
      }),
    );
  });
});

describe('wall clock', () => {
  test('agrees with the calendar of the runtime', () => {
    fc.assert(
      fc.property(anyInstant, (at) => {
        const date = new Date(at / 1_000);
        const local = localTimeOf(at, 'UTC');
        expect(civilDateOf(dayNumberOf(local))).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
        });
        expect(weekdayOf(at, 'UTC') % 7).toBe(date.getUTCDay());
      }),
    );
  });
  test('a time shown twice means the first', () => {
    const twice = { year: 2026, month: 11, day: 1, hour: 1, minute: 30, second: 0, micros: 0 };
    expect(iso(instantOfLocal(twice, 'America/New_York'))).toBe('2026-11-01T05:30:00.000Z');
  });
  test('reads as people write it', () => {
    expect(wallClockText(us('2026-11-24T09:05:00Z'), 'Asia/Kathmandu')).toBe('2026-11-24 14:50');
  });
  test('hours are those of UTC in every zone', () => {
    expect(iso(hourFloor(us('2026-11-24T09:59:59Z')))).toBe('2026-11-24T09:00:00.000Z');
  });
  test('an unknown zone is refused by name', () => {
    expect(() => requireZone('Mars/Olympus')).toThrow(/unknown time zone "Mars\/Olympus"/);
  });
});
