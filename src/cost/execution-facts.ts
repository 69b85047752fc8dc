import type { ExecutionFacts } from '../core/execution.ts';
import type { SettlementRow } from '../ledger/queries/settlement-rows.ts';

/** What a row says of when a container worked on the request. */
export function factsOf(row: SettlementRow): ExecutionFacts {
  return {
    paid: row.paid,
    execEstimateUs: row.exec_estimate_us,
    sentUs: row.sent_us,
    firstByteUs: row.first_byte_us,
    lastByteUs: row.last_byte_us,
    upstreamEndUs: row.upstream_end_us,
    durationUs: row.duration_us,
    queueUs: row.queue_us,
    generationUs: row.generation_us,
    coldStart: row.cold_start === null ? null : row.cold_start === 1,
    containerAgeUs: row.container_age_us,
  };
}
