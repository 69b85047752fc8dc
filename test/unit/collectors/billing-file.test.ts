import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBillingFile } from '../../../collectors/modal-billing/report-file.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR, usdString } from '../../../src/core/units.ts';

const HEADER = 'Object ID,Description,Environment,Interval Start,Cost';
const at = (text: string) => Date.parse(text) * 1_000;
const csv = (...lines: string[]) => [HEADER, ...lines, ''].join('\n');
const parse = (text: string) => parseBillingFile(text, { fileName: 'report.csv' });

describe('a CSV of modal billing report', () => {
  test('by day: an interval without a zone is UTC', () => {
    const file = parse(
      csv(
        'ap-1,lift-sys-inference,main,2026-11-01T00:00:00,12.5',
        'ap-1,lift-sys-inference,main,2026-11-02T00:00:00,0.000000001',
      ),
    );
    expect(file).toEqual({
      rows: [
        {
          objectId: 'ap-1',
          description: 'lift-sys-inference',
          environment: 'main',
          intervalStart: at('2026-11-01T00:00:00Z'),
          intervalUs: MICROS_PER_DAY,
          resource: null,
          costNano: 12_500_000_000,
          tags: {},
        },
        expect.objectContaining({ costNano: 1 }),
      ],
      intervalUs: MICROS_PER_DAY,
      intervalCertain: true,
      from: at('2026-11-01T00:00:00Z'),
      to: at('2026-11-03T00:00:00Z'),
    });
  });

  test('by hour, split by resource, with tags as JSON in the field, quoted names, BOM and CRLF', () => {
    const file = parse(
      '\uFEFFObject ID,Description,Environment,Interval Start,Resource,Cost,Tags\r\n' +
        'ap-1,"a, ""quoted"" app",main,2026-11-01T05:00:00,H100,3.95,"{""team"": ""core""}"\r\n' +
        'ap-1,"a, ""quoted"" app",main,2026-11-01T05:00:00,CPU,0.0473,"{""team"": ""core""}"\r\n',
    );
    expect(file.intervalUs).toBe(MICROS_PER_HOUR);
    expect(file.rows.map((row) => [row.resource, row.costNano, row.description, row.tags])).toEqual(
      [
        ['H100', 3_950_000_000, 'a, "quoted" app', { team: 'core' }],
        ['CPU', 47_300_000, 'a, "quoted" app', { team: 'core' }],
      ],
    );
  });

  test('under --tz: offsets are honoured, and midnight alone means hours', () => {
    const file = parse(
      csv('ap-1,x,main,2026-11-01T00:00:00-04:00,1', 'ap-2,x,main,2026-11-01T05:30:00+05:30,1'),
    );
    expect(file.rows.map((row) => row.intervalStart)).toEqual([
      at('2026-11-01T04:00:00Z'),
      at('2026-11-01T00:00:00Z'),
    ]);
    expect(file.intervalUs).toBe(MICROS_PER_HOUR);
  });

  test('a single midnight is taken for a day, and says that it is a guess; -r h can be told', () => {
    const text = csv('ap-1,x,main,2026-11-01T00:00:00,1');
    expect(parse(text)).toMatchObject({ intervalUs: MICROS_PER_DAY, intervalCertain: false });
    expect(parseBillingFile(text, { fileName: 'r', resolution: 'h' })).toMatchObject({
      intervalUs: MICROS_PER_HOUR,
      intervalCertain: true,
    });
  });

  test('a row repeated word for word counts once', () => {
    const line = 'ap-1,x,main,2026-11-01T00:00:00,1.5';
    expect(parse(csv(line, line)).rows).toHaveLength(1);
  });

  test.each([
    [
      'a cost that is no amount',
      'ap-1,x,main,2026-11-01T00:00:00,free',
      /:2: cost: "free" is not a decimal/,
    ],
    [
      'an interval that is no instant',
      'ap-1,x,main,yesterday,1',
      /:2: interval_start: "yesterday" is not/,
    ],
    ['a day that no calendar has', 'ap-1,x,main,2026-06-31T00:00:00,1', /:2: interval_start/],
    ['an empty object id', ',x,main,2026-11-01T00:00:00,1', /:2: Object ID is empty/],
    [
      'an interval inside an hour',
      'ap-1,x,main,2026-11-01T00:30:00,1',
      /:2: Interval Start is not the start/,
    ],
    ['a row that is too short', 'ap-1,x,main', /:2: not a CSV file of one width/],
    ['an amount beyond a safe integer', 'ap-1,x,main,2026-11-01T00:00:00,99999999', /:2: cost/],
  ])('%s refuses the file with its line', (_, line, message) => {
    expect(() => parse(csv(line))).toThrow(message);
    expect(() => parse(csv(line))).toThrow(/Nothing was imported/);
  });

  test('two costs for one key are a contradiction, not a sum', () => {
    const text = csv('ap-1,x,main,2026-11-01T00:00:00,1', 'ap-1,x,main,2026-11-01T00:00:00,2');
    expect(() => parse(text)).toThrow(/report.csv:3: the same object.* as line 2/);
  });

  test('all problems are reported at once, ten at most', () => {
    const bad = Array.from(
      { length: 12 },
      (_, hour) => `ap-1,x,main,2026-11-01T${hour + 10}:00:00,?`,
    );
    expect(() => parse(csv(...bad))).toThrow(/report.csv:11: .*\nand 2 more\nNothing/);
  });

  test.each([
    [
      'another file',
      'name,age\nx,1\n',
      /:2: no Object ID: is this a file of `modal billing report`/,
    ],
    ['an empty report', `${HEADER}\n`, /report is empty/],
    ['nothing', '', /report is empty/],
    ['an unclosed quote', `${HEADER}\nap-1,"x,main,2026-11-01,1\n`, /not a CSV file/],
  ])('%s is refused with a reason', (_, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});

describe('a JSON of modal billing report', () => {
  const row = {
    object_id: 'ap-1',
    description: 'x',
    environment: 'main',
    interval_start: '2026-11-01T03:00:00',
    cost: '0.5',
  };

  test('carries tags as JSON inside JSON, and a cost as text or number', () => {
    const rows = [
      { ...row, resource: 'H100', tags: '{"team": "core"}' },
      { ...row, resource: 'CPU', cost: 1e-7, tags: { team: 'core' } },
    ];
    const file = parse(JSON.stringify(rows));
    expect(file.rows.map((r) => [r.resource, r.costNano, r.tags])).toEqual([
      ['H100', 500_000_000, { team: 'core' }],
      ['CPU', 100, { team: 'core' }],
    ]);
  });

  test('a bad row is named by its line in a file printed over many lines', () => {
    const rows = [row, { ...row, description: 'a "}{,\n" b', interval_start: 'soon' }];
    const text = JSON.stringify(rows, null, 2);
    const line = text.slice(0, text.lastIndexOf('{\n')).split('\n').length;
    expect(() => parse(text)).toThrow(new RegExp(`:${line}: interval_start: "soon"`));
  });

  test.each([
    ['broken JSON', '[\n{"object_id":\n', /:\d+: not JSON/],
    ['an object', '{"rows": []}', /expected a JSON array/],
    ['a row that is no object', '[\n 1]', /:2: expected an object for each row/],
    [
      'tags that are no object',
      JSON.stringify([{ ...row, tags: '[1]' }]),
      /:1: tags: .*JSON object/,
    ],
    ['an empty array', '[]', /report is empty/],
  ])('%s is refused with its line', (_, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});

test('any bill survives the way through CSV and through JSON, to the nano-dollar', () => {
  const bill = fc.uniqueArray(
    fc.record({
      object_id: fc.stringMatching(/^ap-[a-z0-9]{1,8}$/),
      description: fc.string().map((text) => text.trim()),
      hour: fc.integer({ min: 0, max: 700 }),
      nano: fc.integer({ min: 0, max: 5_000_000_000_000 }),
    }),
    { minLength: 1, maxLength: 30, selector: (row) => `${row.object_id} ${row.hour}` },
  );
  fc.assert(
    fc.property(bill, (rows) => {
      const records = rows.map(({ object_id, description, hour, nano }) => ({
        object_id,
        description,
        environment: 'main',
        interval_start: new Date(Date.UTC(2026, 10, 1, hour)).toISOString().slice(0, 19),
        cost: usdString(nano),
      }));
      const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const lines = records.map((record) => Object.values(record).map(quote).join(','));
      const total = rows.reduce((sum, row) => sum + row.nano, 0);
      for (const text of [JSON.stringify(records, null, 2), csv(...lines)]) {
        const file = parseBillingFile(text, { fileName: 'r', resolution: 'h' });
        expect(file.rows.reduce((sum, row) => sum + row.costNano, 0)).toBe(total);
        expect(file.rows.map((row) => row.description)).toEqual(rows.map((row) => row.description));
      }
    }),
    { numRuns: 100 },
  );
});
