import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { storeCallPage } from '../../../src/ledger/queries/call-reports.ts';
import { callsToAsk, containersToAsk } from '../../../src/ledger/queries/container-questions.ts';
import { storeContainerReports } from '../../../src/ledger/queries/container-reports.ts';
import type { CallReport, ContainerReport } from '../../../src/ports/container-source.ts';
import { HOUR, SECOND } from './records.ts';
import { MONDAY } from './settling.ts';

const UNTIL = MONDAY + 31 * 24 * HOUR;

/** Seconds after `MONDAY`. */
export const at = (second: number) => MONDAY + second * SECOND;

/** A life in seconds: enqueued, ready, ended. */
export function report(
  containerId: string,
  [enqueued, ready, ended]: readonly [number, number, number | null],
): ContainerReport {
  return {
    ...{ containerId, appId: 'ap-1', gpu: 'A100-80GB', gpuCount: 1 },
    ...{ state: ended === null ? 'running' : 'ended', result: ended === null ? null : 'success' },
    ...{ enqueuedAt: at(enqueued), readyAt: at(ready) },
    endedAt: ended === null ? null : at(ended),
  };
}

/** Stores reports of containers that the ledger asks about. @returns how many of them it did not ask about. */
export async function tell({ db }: Ledger, reports: readonly ContainerReport[]): Promise<number> {
  const wanted = await containersToAsk(db, { from: MONDAY, until: UNTIL, limit: 1_000 });
  const byName = new Map(reports.map((each) => [each.containerId, each]));
  const found = wanted.flatMap((each) => {
    const known = byName.get(each.name);
    return known === undefined ? [] : [{ ...each, report: known }];
  });
  await db.transaction().execute((trx) => storeContainerReports(trx, found, at(0)));
  return reports.length - found.length;
}

/** Stores where calls ran, of the endpoint whose requests name them. */
export async function tellCalls({ db }: Ledger, calls: readonly CallReport[]): Promise<void> {
  const [work] = await callsToAsk(db, [1, 2, 3], MONDAY);
  const endpoint = work?.endpoint ?? 0;
  const page = { from: MONDAY, to: UNTIL, calls };
  await db
    .transaction()
    .execute((trx) =>
      storeCallPage(trx, { endpoint, functionId: 'fu-1' }, page, { now: UNTIL, heldAt: null }),
    );
}
