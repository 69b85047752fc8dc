import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { isoInstant } from '../../../src/core/measure-text.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../../../src/core/units.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { officeMetrics } from '../../../src/office/office-metrics.ts';
import { holdWatch } from '../../../src/office/retention-work.ts';
import { readStatus } from '../../../src/status/read-status.ts';
import { alertEngineOf } from '../../../src/wiring/alert-engine-of.ts';
import { recorderBeside } from '../../../src/wiring/alert-recorder.ts';
import { StillClock } from '../../support/journal/journal-kit.ts';
import { SAMPLE_START, samplePrice, sampleTraffic } from '../../support/ledger/sample-requests.ts';
import { describeStores } from '../../support/ledger/stores.ts';

const HEALTH = {
  ...{ journal: null, journalSegments: 0, rowsPending: 0, ledgerError: null },
  ...{ diskFreeBytes: null, proxySilentSeconds: null },
};

/** An office's view of a ledger: its metrics, its status, and a clock. */
function officeOn(ledger: Ledger) {
  const config = configured();
  const clock = new StillClock();
  const heldRequests = holdWatch({ config, ledger, clock, sinks: [] });
  const page = officeMetrics({
    ...{ ledger, config, clock, heldRequests, healthFacts: () => HEALTH },
    exporter: { health: async () => [] },
    state: { report: null },
  });
  const alerts = alertEngineOf({
    ...{ ledger, config, routes: [] },
    recorder: recorderBeside({ ledger, collectors: [] }),
  });
  return {
    clock,
    metric: async (name: string) => {
      const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec((await page()).body) ?? [];
      return value === undefined ? null : Number(value);
    },
    records: async () => {
      const status = await readStatus({
        ...{ ledger, config, clock, alerts, heldRequests, exporter: null, health: null },
        measured: async () => null,
      });
      return status.records;
    },
  };
}

function configured(): Config {
  const loaded = loadConfig({
    text: 'retention: { requests: 90d }\nendpoints:\n  generate: { upstream: "https://a.modal.run", gpu: A100-80GB }\n',
    ...{ file: null, workingDir: '/', secretSources: { env: {}, readFile: () => '' } },
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

describeStores('what waits in the ledger', (target) => {
  test('a request that has to outstay retention is told with its age and the reason, until it may go', async () => {
    const ledger = await target.open();
    await importRequests(sampleTraffic(3), { ledger, price: samplePrice });
    const { clock, metric, records } = officeOn(ledger);
    clock.at = SAMPLE_START + 2 * MICROS_PER_DAY;
    expect(await metric('tripmeter_retention_held_seconds')).toBe(0);
    expect(await records()).toEqual({ rejected: 0, heldSince: null, heldBecause: null });

    const hour = Math.floor(SAMPLE_START / MICROS_PER_HOUR) * MICROS_PER_HOUR;
    clock.at = hour + 90 * MICROS_PER_DAY + 3 * MICROS_PER_HOUR;
    const { started_at: oldest } = await ledger.db
      .selectFrom('requests')
      .select('started_at')
      .orderBy('started_at')
      .executeTakeFirstOrThrow();
    expect(await metric('tripmeter_retention_held_seconds')).toBeCloseTo(
      (hour + 3 * MICROS_PER_HOUR - oldest) / 1e6,
      3,
    );
    expect(await records()).toEqual({
      ...{ rejected: 0, heldSince: isoInstant(oldest) },
      heldBecause: 'requests are not settled yet',
    });

    await sql`insert into request_costs (seq, session_id, attribution)
      select seq, 0, 'inferred' from requests`.execute(ledger.db);
    clock.advance(5 * MICROS_PER_MINUTE);
    expect(await metric('tripmeter_retention_held_seconds')).toBe(0);
  });

  test('records that were set aside are counted until a person has deleted them', async () => {
    const ledger = await target.open();
    const { metric, records } = officeOn(ledger);
    expect(await metric('tripmeter_intake_rejected')).toBe(0);
    const row = { journal: 'a', reason: 'out of range', payload: '{}', rejected_at: 1 };
    for (const request_id of ['one', 'two']) {
      await ledger.db
        .insertInto('intake_rejected')
        .values({ ...row, request_id })
        .execute();
    }
    expect(await metric('tripmeter_intake_rejected')).toBe(2);
    expect(await records()).toMatchObject({ rejected: 2 });
    await ledger.db.deleteFrom('intake_rejected').execute();
    expect(await metric('tripmeter_intake_rejected')).toBe(0);
  });
});
