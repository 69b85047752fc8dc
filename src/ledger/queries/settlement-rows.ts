import type { Selectable } from 'kysely';
import { executionOf } from '../../core/execution.ts';
import type { EpochMicros, Micros } from '../../core/units.ts';
import { ARRAY_ROWS, valuesOf } from '../array-rows.ts';
import type { Database } from '../database.ts';
import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';

export const PAGE_ROWS = 10_000;

const COLUMNS = [
  ...(['seq', 'started_at', 'uid', 'endpoint_id', 'pool_id', 'kind_id', 'outcome'] as const),
  ...(['container_id', 'container_age_us', 'ready_delay_us', 'cost_state', 'attribution'] as const),
  ...(['price_id', 'gpu_us', 'exec_nano', 'overhead_nano', 'total_nano', 'low_nano'] as const),
  ...(['high_nano', 'exec_us', 'session_id', 'modelled_nano'] as const),
  ...(['paid', 'sent_us', 'first_byte_us', 'last_byte_us', 'upstream_end_us'] as const),
  ...(['duration_us', 'exec_estimate_us', 'queue_us', 'generation_us', 'cold_start'] as const),
] as const;

type Columns = Selectable<Database['requests']>;
type ValuesOf<Names extends readonly (keyof Columns)[]> = {
  readonly [Index in keyof Names]: Columns[Names[Index]];
};
type Values = ValuesOf<typeof COLUMNS>;
type Kept = Exclude<(typeof COLUMNS)[number], keyof typeof FACTS>;

/** Columns that only say when a container worked on the request. */
const FACTS = {
  paid: true,
  sent_us: true,
  first_byte_us: true,
  last_byte_us: true,
  upstream_end_us: true,
  duration_us: true,
  exec_estimate_us: true,
  queue_us: true,
  generation_us: true,
} as const;

/** What settlement reads of a request: what ran when, and what it cost so far. */
export interface SettlementRow extends Pick<Columns, Kept> {
  /** A container worked on it in [`runFromUs`, `runToUs`) after its start; `null`: none did. */
  readonly runFromUs: Micros | null;
  readonly runToUs: Micros;
}

export interface RowPlace {
  readonly startedAt: EpochMicros;
  readonly uid: string;
}

function selectRows(db: LedgerTransaction) {
  return db.selectFrom('requests').select(COLUMNS).modifyFront(ARRAY_ROWS);
}

/** Requests after `after` that started before `to`, by start, at most a page. */
export async function settlementRows(
  db: LedgerTransaction,
  window: {
    readonly after: RowPlace;
    readonly to: EpochMicros;
    readonly endpoints: readonly number[];
  },
): Promise<SettlementRow[]> {
  const { after, to, endpoints } = window;
  const rows = await selectRows(db)
    .where('started_at', '>=', after.startedAt)
    .where('started_at', '<', to)
    .where((eb) => eb.or([eb('started_at', '>', after.startedAt), eb('uid', '>', after.uid)]))
    .where('endpoint_id', 'in', [...endpoints])
    .orderBy('started_at')
    .orderBy('uid')
    .limit(PAGE_ROWS)
    .execute();
  return rows.map(rowOf);
}

/** The rows with these numbers, by start. */
export async function settlementRowsOf(
  db: LedgerTransaction,
  seqs: readonly number[],
): Promise<SettlementRow[]> {
  const rows: SettlementRow[] = [];
  for (const chunk of chunksOf(seqs, 1_000)) {
    const found = await selectRows(db).where('seq', 'in', chunk).execute();
    rows.push(...found.map(rowOf));
  }
  return rows.sort(byStart);
}

/** The rows of one session that the ledger holds, by start. `from`: start of the earliest of them. */
export async function rowsOfSession(
  db: LedgerTransaction,
  session: number,
  window: { readonly from: EpochMicros; readonly to: EpochMicros; readonly endpoint: number },
): Promise<SettlementRow[]> {
  const rows = await selectRows(db)
    .where('started_at', '>=', window.from)
    .where('started_at', '<=', window.to)
    .where('endpoint_id', '=', window.endpoint)
    .where('session_id', '=', session)
    .orderBy('started_at')
    .orderBy('uid')
    .execute();
  return rows.map(rowOf);
}

function byStart(a: SettlementRow, b: SettlementRow): number {
  return a.started_at - b.started_at || (a.uid < b.uid ? -1 : 1);
}

function rowOf(found: Pick<Columns, (typeof COLUMNS)[number]>): SettlementRow {
  const row = valuesOf(found, COLUMNS) as unknown as Values;
  const coldStart = row[31];
  const execution = executionOf({
    paid: row[22],
    sentUs: row[23],
    firstByteUs: row[24],
    lastByteUs: row[25],
    upstreamEndUs: row[26],
    durationUs: row[27],
    execEstimateUs: row[28],
    queueUs: row[29],
    generationUs: row[30],
    coldStart: coldStart === null ? null : coldStart === 1,
    containerAgeUs: row[8],
  });
  return {
    seq: row[0],
    started_at: row[1],
    uid: row[2],
    endpoint_id: row[3],
    pool_id: row[4],
    kind_id: row[5],
    outcome: row[6],
    container_id: row[7],
    container_age_us: row[8],
    ready_delay_us: row[9],
    cost_state: row[10],
    attribution: row[11],
    price_id: row[12],
    gpu_us: row[13],
    exec_nano: row[14],
    overhead_nano: row[15],
    total_nano: row[16],
    low_nano: row[17],
    high_nano: row[18],
    exec_us: row[19],
    session_id: row[20],
    modelled_nano: row[21],
    cold_start: coldStart,
    runFromUs: execution === null ? null : execution.startUs,
    runToUs: execution === null ? 0 : execution.endUs,
  };
}

/** Marks rows that used no container. */
export async function markWithoutSession(
  trx: LedgerTransaction,
  seqs: readonly number[],
): Promise<void> {
  for (const chunk of chunksOf(seqs, 1_000)) {
    await trx.updateTable('requests').set({ session_id: 0 }).where('seq', 'in', chunk).execute();
  }
}
