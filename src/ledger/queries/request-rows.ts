import type { Kysely } from 'kysely';
import type { LedgerRequest } from '../../core/request-record.ts';
import type { Database } from '../database.ts';
import { loadNames } from '../names.ts';
import { type JoinedRequestRow, nameIdsOf, requestOf } from '../request-row.ts';
import {
  CURRENT_ATTRIBUTION,
  CURRENT_STATE,
  CURRENT_TOTAL,
  currentCost,
  requestsWithCosts,
  SHARED_COLUMNS,
} from './request-costs.ts';

/** What settlement does not change. */
const OWN = [
  ...(['seq', 'started_at', 'uid', 'endpoint_id', 'pool_id', 'kind_id', 'path_id'] as const),
  ...(['outcome', 'paid', 'group_key', 'tags', 'trace_id', 'parent_span_id'] as const),
  ...(['function_call_id', 'digest', 'sent_us', 'first_byte_us', 'first_token_us'] as const),
  ...(['last_byte_us', 'upstream_end_us', 'duration_us', 'overhead_us'] as const),
  ...(['exec_estimate_us', 'bytes_in', 'bytes_out', 'chunks', 'tokens_in', 'tokens_out'] as const),
  ...(['tokens_cached', 'tokens_reasoning', 'container_id', 'cold_start'] as const),
  ...(['ready_delay_us', 'container_age_us', 'container_requests_before'] as const),
  ...(['container_in_flight', 'queue_us', 'generation_us'] as const),
] as const;

/** Rows with their kinds; every reader of whole requests starts here. */
export function joinedRequests(db: Kysely<Database>) {
  return requestsWithCosts(db)
    .innerJoin('request_kinds', 'request_kinds.id', 'requests.kind_id')
    .select(OWN.map((name) => `requests.${name}` as const))
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
