import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliBench, createCliBench } from '../../support/cli/cli-bench.ts';

let bench: CliBench;
beforeEach(async () => {
  bench = await createCliBench();
  await bench.fill();
});
afterEach(() => bench.remove());

test('verify and status are silent of records set aside while there are none', async () => {
  expect((await bench.run(['verify'])).out).not.toContain('set aside');
  expect((await bench.run(['status'])).out).not.toContain('set aside');
});

test('verify counts records set aside and says how to look at them, and the ledger stays sound', async () => {
  const raw = new Database(bench.ledgerFile);
  raw.exec(`insert into intake_rejected (journal, request_id, reason, payload, rejected_at)
    values ('a', 'one', 'older', '{}', 1000000), ('a', 'two', 'no price for so much', '{}', 60000000)`);
  const { code, out } = await bench.run(['verify']);
  expect(code).toBe(0);
  expect(out).toContain('the ledger is sound');
  expect(out).toContain(
    'set aside: the ledger refused 2 records, the newest at 1970-01-01T00:01:00',
  );
  expect(out).toContain('(no price for so much)');
  const [, file, query] = /sqlite3 (\S+) "([^"]+)"/.exec(out) ?? [];
  expect(file).toBe(bench.ledgerFile);
  expect(raw.prepare(query ?? '').all()).toHaveLength(2);
  raw.close();
  expect(JSON.parse((await bench.run(['verify', '--json'])).out)).toMatchObject({
    ...{ sound: true, rejected: 2 },
  });
  expect((await bench.run(['status'])).out).toMatch(
    /^records {2}! 2 records refused by the ledger and set aside; `tripmeter verify` says how/m,
  );
});
