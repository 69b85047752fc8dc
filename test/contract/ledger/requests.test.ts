import { expect, test } from 'vitest';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { joinedRequests, requestsOf } from '../../../src/ledger/queries/request-rows.ts';
import { findRequest, listRequests } from '../../../src/ledger/queries/requests.ts';
import { RequestWriter } from '../../../src/ledger/request-writer.ts';
import {
  SAMPLE_START,
  sampleClosed,
  samplePrice,
  sampleTraffic,
} from '../../support/ledger/sample-requests.ts';
import { describeStores } from '../../support/ledger/stores.ts';

async function store(ledger: Ledger, requests: readonly ClosedRequest[]) {
  const writer = new RequestWriter(ledger.db);
  const priced = requests.map((closed) => ({ closed, cost: samplePrice(closed) }));
  return await ledger.db.transaction().execute((trx) => writer.write(trx, priced));
}

const EVERYTHING_KNOWN: Partial<ClosedRequest> = {
  pool: 'size=7b',
  group: 'run-17',
  tags: { team: 'lift', stage: 'ü' },
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  parentSpanId: '00f067aa0ba902b7',
  clientCountry: 'DE',
  functionCallId: 'fc-01KGABC',
  containerId: 'ta-01KGABC',
  containerRegion: 'us-east-1',
  containerCloud: 'aws',
  coldStart: true,
  readyDelayUs: 12_000_000,
  containerAgeUs: 12_500_000,
  containerRequestsBefore: 0,
  containerInFlight: 1,
  queueUs: 0,
  generationUs: 1_800_000,
  tokensCached: 0,
  tokensReasoning: 12,
  outcome: 'app_error',
  errorClass: 'app_error',
  diagnosis: 'event_loop_blocked',
  upstreamEndUs: 2_500_000,
  contentEncoding: 'gzip',
  digest: '0123456789abcdef',
  legs: 3,
  retries: 1,
  bytesOut: 5_000_000_000,
};

describeStores('closed requests', (target) => {
  test('come back exactly as they went in, with everything known and with nothing', async () => {
    const ledger = await target.open();
    const known = sampleClosed(EVERYTHING_KNOWN);
    const unknown = sampleClosed({
      ...{ operation: null, client: null, model: null, tokensIn: null, tokensOut: null },
      ...{ finishReason: null, status: null, sentUs: null, firstByteUs: null, lastByteUs: null },
      ...{ firstTokenUs: null, execEstimateUs: null, contentType: null, outcome: 'connect_failed' },
    });
    await store(ledger, [known, unknown]);
    const rows = await joinedRequests(ledger.db).orderBy('requests.seq').execute();
    const stored = await requestsOf(ledger.db, rows);
    expect(stored).toEqual([
      { ...known, ...samplePrice(known) },
      { ...unknown, ...samplePrice(unknown) },
    ]);
  });

  test('come back alike whatever mixture of columns a batch has, more mixtures than statements are kept for', async () => {
    const ledger = await target.open();
    const optional = Object.keys(EVERYTHING_KNOWN) as (keyof ClosedRequest)[];
    const writer = new RequestWriter(ledger.db);
    const expected: unknown[] = [];
    for (let round = 0; round < 60; round += 1) {
      // One, nine or seventy-three rows: each length of statement, each with columns of its own.
      const requests = Array.from({ length: [1, 9, 73][round % 3] ?? 1 }, (_, index) => {
        const known = optional.filter((_name, place) => (round * 7 + index + place) % 5 === 0);
        const over = Object.fromEntries(known.map((name) => [name, EVERYTHING_KNOWN[name]]));
        return sampleClosed({ startedAt: SAMPLE_START + round * 1_000 + index, ...over });
      });
      const priced = requests.map((closed) => ({ closed, cost: samplePrice(closed) }));
      await ledger.db.transaction().execute((trx) => writer.write(trx, priced));
      expected.push(...priced.map(({ closed, cost }) => ({ ...closed, ...cost })));
    }
    const rows = await joinedRequests(ledger.db).orderBy('requests.seq').execute();
    expect(await requestsOf(ledger.db, rows)).toEqual(expected);
  });

  test('are stored once, however often they arrive', async () => {
    const ledger = await target.open();
    const requests = [...sampleTraffic(200)];
    const first = await store(ledger, requests);
    const again = await store(ledger, [...requests.slice(50), ...requests.slice(0, 10)]);
    expect(first).toMatchObject({ inserted: 200, repeated: 0 });
    expect(again).toMatchObject({ inserted: 0, repeated: 160 });
    const counted = await ledger.db
      .selectFrom('requests')
      .select((eb) => eb.fn.countAll().as('rows'))
      .executeTakeFirstOrThrow();
    expect(Number(counted.rows)).toBe(200);
    const rollups = await ledger.db
      .selectFrom('rollup_hours')
      .select((eb) => eb.fn.sum('requests').as('requests'))
      .executeTakeFirstOrThrow();
    expect(Number(rollups.requests)).toBe(200);
  });

  test('keep a foreign id, once, whatever start it is given the second time', async () => {
    const ledger = await target.open();
    const foreign = sampleClosed({ id: 'run-0042', traceId: 'trace-42' });
    const shortest = sampleClosed({ id: 'elevenchars', traceId: 'trace-43' });
    await store(ledger, [foreign, shortest]);
    const again = await store(ledger, [
      { ...foreign, startedAt: foreign.startedAt + 5 },
      { ...shortest, startedAt: shortest.startedAt + 5 },
    ]);
    expect(again).toMatchObject({ inserted: 0, repeated: 2 });
    expect((await findRequest(ledger.db, 'run-0042'))?.id).toBe('run-0042');
    expect((await findRequest(ledger.db, 'elevenchars'))?.id).toBe('elevenchars');
    expect(await findRequest(ledger.db, 'run-0043')).toBeNull();
  });

  test('list newest first, page by page, each exactly once', async () => {
    const ledger = await target.open();
    const requests = [...sampleTraffic(137)];
    await store(ledger, requests);
    const seen: string[] = [];
    let cursor: string | undefined;
    for (;;) {
      const page = await listRequests(ledger.db, { limit: 20, cursor });
      seen.push(...page.requests.map((request) => request.id));
      if (page.next === null) break;
      cursor = page.next;
    }
    const expected = requests.toSorted((a, b) => b.startedAt - a.startedAt).map((r) => r.id);
    expect(seen).toEqual(expected);
  });

  test('are filtered by time, endpoint, outcome, client, operation and group', async () => {
    const ledger = await target.open();
    const requests = [...sampleTraffic(300, { everyUs: 60_000_000 })];
    const named = sampleClosed({ group: 'run-17', startedAt: SAMPLE_START + 1 });
    await store(ledger, [...requests, named]);
    const cases: [object, (request: ClosedRequest) => boolean][] = [
      [{ endpoint: 'chat' }, (r) => r.endpoint === 'chat'],
      [{ outcome: 'client_abort' }, (r) => r.outcome === 'client_abort'],
      [{ client: 'ci', operation: 'code' }, (r) => r.client === 'ci' && r.operation === 'code'],
      [{ group: 'run-17' }, (r) => r.group === 'run-17'],
      [{ group: requests[7]?.traceId }, (r) => r === requests[7]],
      [{ endpoint: 'no-such' }, () => false],
      [
        { since: SAMPLE_START + 3_600_000_000, until: SAMPLE_START + 7_200_000_000 },
        (r) =>
          r.startedAt >= SAMPLE_START + 3_600_000_000 && r.startedAt < SAMPLE_START + 7_200_000_000,
      ],
    ];
    for (const [filter, matches] of cases) {
      const { requests: found } = await listRequests(ledger.db, { ...filter, limit: 1_000 });
      const expected = [named, ...requests].filter(matches);
      expect(found.map((r) => r.id).sort()).toEqual(expected.map((r) => r.id).sort());
    }
  });

  test('refuse a cursor that is none', async () => {
    const ledger = await target.open();
    await expect(listRequests(ledger.db, { cursor: 'x' })).rejects.toThrow('not a cursor');
  });

  test('mark the earliest start of each pool for settlement', async () => {
    const ledger = await target.open();
    await store(ledger, [sampleClosed({ startedAt: SAMPLE_START + 10 })]);
    await store(ledger, [sampleClosed({ startedAt: SAMPLE_START + 20 })]);
    await store(ledger, [sampleClosed({ startedAt: SAMPLE_START + 5 })]);
    const marks = await ledger.db.selectFrom('dirty_pools').selectAll().execute();
    expect(marks).toEqual([
      { endpoint_id: expect.any(Number), pool_id: 0, from_us: SAMPLE_START + 5, marks: 3 },
    ]);
  });
});
