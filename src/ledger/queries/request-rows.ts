import type { Kysely } from 'kysely';
import type { LedgerRequest } from '../../core/request-record.ts';
import type { Database } from '../database.ts';
import { loadNames } from '../names.ts';
import { type JoinedRequestRow, nameIdsOf, OWN_COLUMNS, requestOf } from '../request-row.ts';
import {
  CURRENT_ATTRIBUTION,
  CURRENT_STATE,
  CURRENT_TOTAL,
  currentCost,
  requestsWithCosts,
  SHARED_COLUMNS,
} from './request-costs.ts';

/** Rows with their kinds; every reader of whole requests starts here. */
export function joinedRequests(db: Kysely<Database>) {
  return requestsWithCosts(db)
    .innerJoin('request_kinds', 'request_kinds.id', 'requests.kind_id')
    .select(OWN_COLUMNS.map((name) => `requests.${name}` as const))
    .select([
      CURRENT_STATE.as('cost_state'),
      CURRENT_ATTRIBUTION.as('attribution'),
      CURRENT_TOTAL.as('total_nano'),
      ...SHARED_COLUMNS.map((name) => currentCost(name).as(name)),
    ])
    .select([
      ...(['operation_id', 'client_id', 'method_id', 'country_id', 'status'] as const),
      ...(['error_class', 'diagnosis', 'streamed', 'content_type_id'] as const),
      ...(['content_encoding_id', 'legs', 'retries', 'model_id', 'finish_reason_id'] as const),
      ...(['region_id', 'cloud_id'] as const),
    ]);
}

/** Rows as requests, with the names that their ids stand for. */
export async function requestsOf(
  db: Kysely<Database>,
  rows: readonly JoinedRequestRow[],
): Promise<LedgerRequest[]> {
  const names = await loadNames(
    db,
    (function* () {
      for (const row of rows) yield* nameIdsOf(row);
    })(),
  );
  return rows.map((row) => requestOf(row, names));
}
