import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectModal } from '../../../collectors/modal-api/connect.ts';
import { modalBilling } from '../../../collectors/modal-billing/modal-billing.ts';
import { parseBillingFile } from '../../../collectors/modal-billing/report-file.ts';
import type { BillingRow } from '../../../src/core/billing-row.ts';
import { parseUsd } from '../../../src/core/units.ts';
import {
  FAKE_CREDENTIALS,
  type FakeModal,
  startFakeModal,
} from '../../support/fake-modal/fake-modal.ts';

/** One bill, which every way of getting it must show as the same rows. */
const BILL = [
  ['ap-1', 'lift-sys, inference', '2026-11-20T08:00:00', 'H100', '3.9500000000'],
  ['ap-1', 'lift-sys, inference', '2026-11-20T08:00:00', 'CPU', '0.0473'],
  ['ap-1', 'lift-sys, inference', '2026-11-20T09:00:00', 'H100', '0.000000001'],
  ['ap-2', 'qwen "80b"', '2026-11-20T09:00:00', 'Memory', '12'],
] as const;
const TAGS = { team: 'core' };
const NOW = Date.parse('2026-11-20T10:20:30Z') * 1_000;

let modal: FakeModal;

beforeAll(async () => {
  modal = await startFakeModal();
  process.env.MODAL_SERVER_URL = modal.url;
  modal.items = itemsOfBill();
});

afterAll(async () => {
  delete process.env.MODAL_SERVER_URL;
  await modal.close();
});

const SOURCES: Record<string, () => Promise<readonly BillingRow[]>> = {
  'the CLI’s CSV': async () => rowsOfFile(csvOfBill()),
  'the CLI’s JSON': async () => rowsOfFile(JSON.stringify(jsonOfBill(), null, 2)),
  'the pull over gRPC': async () => {
    const source = modalBilling(() => connectModal(FAKE_CREDENTIALS));
    const { signal } = new AbortController();
    const rows: BillingRow[] = [];
    for await (const batch of source.pull({ now: NOW, completeUntil: NOW, signal })) {
      rows.push(...batch.rows);
    }
    return rows;
  },
};

describe.each(Object.entries(SOURCES))('%s', (_, read) => {
  test('gives every row of the bill, exactly', async () => {
    const rows = (await read()).map((row) => JSON.stringify(sortedKeys(row)));
    expect(rows.sort()).toEqual(
      expected()
        .map((row) => JSON.stringify(sortedKeys(row)))
        .sort(),
    );
  });
});

function expected(): BillingRow[] {
  return BILL.map(([objectId, description, start, resource, cost]) => ({
    objectId,
    description,
    environment: 'main',
    intervalStart: Date.parse(`${start}Z`) * 1_000,
    intervalUs: 3_600_000_000,
    resource,
    costNano: parseUsd(cost),
    tags: TAGS,
  }));
}

function sortedKeys(row: BillingRow): object {
  return Object.fromEntries(Object.entries(row).sort(([a], [b]) => a.localeCompare(b)));
}

function rowsOfFile(text: string): readonly BillingRow[] {
  return parseBillingFile(text, { fileName: 'report' }).rows;
}

function csvOfBill(): string {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const tags = quote(JSON.stringify(TAGS));
  const lines = BILL.map(([id, name, start, resource, cost]) =>
    [id, quote(name), 'main', start, resource, cost, tags].join(','),
  );
  const header = 'Object ID,Description,Environment,Interval Start,Resource,Cost,Tags';
  return [header, ...lines, ''].join('\n');
}

function jsonOfBill(): object[] {
  return BILL.map(([object_id, description, interval_start, resource, cost]) => ({
    object_id,
    description,
    environment: 'main',
    interval_start,
    resource,
    cost,
    tags: JSON.stringify(TAGS),
  }));
}

/** On the wire an item is one object and interval, with its resources in a map. */
function itemsOfBill() {
  const groups = Map.groupBy(BILL, ([id, , start]) => `${id} ${start}`);
  return [...groups.values()].map((rows) => {
    const [objectId, description, start] = rows[0] as (typeof BILL)[number];
    return {
      objectId,
      description,
      environmentName: 'main',
      interval: { seconds: Date.parse(`${start}Z`) / 1_000 },
      cost: String(rows.reduce((sum, [, , , , cost]) => sum + parseUsd(cost), 0) / 1e9),
      tags: TAGS,
      costByResource: Object.fromEntries(rows.map(([, , , resource, cost]) => [resource, cost])),
    };
  });
}
