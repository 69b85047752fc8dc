import { type Selectable, sql } from 'kysely';
import { executionOf } from '../../core/execution.ts';
import type { EpochMicros, Micros } from '../../core/units.ts';
import { ARRAY_ROWS, valuesOf } from '../array-rows.ts';
import type { Database } from '../database.ts';
import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';
import { type RequestCost, requestsWithCosts } from './request-costs.ts';

export const PAGE_ROWS = 2_000;

const FACTS = [
  ...(['seq', 'started_at', 'uid', 'endpoint_id', 'pool_id', 'kind_id', 'outcome'] as const),
  ...(['container_id', 'container_age_us', 'ready_delay_us', 'cold_start'] as const),
  ...(['price_id', 'gpu_us', 'exec_nano', 'overhead_nano'] as const),
  ...(['paid', 'sent_us', 'first_byte_us', 'last_byte_us', 'upstream_end_us'] as const),
  ...(['duration_us', 'exec_estimate_us', 'queue_us', 'generation_us'] as const),
] as const;

/** Of `request_costs`; both tables have columns of these names. */
const FOUND = [
  ...(['session_id', 'price_id', 'exec_us', 'gpu_us', 'exec_nano', 'overhead_nano'] as const),
  ...(['low_nano', 'high_nano', 'modelled_nano', 'attribution'] as const),
] as const;

type Facts = Selectable<Database['requests']>;
type Found = {
  readonly [Name in (typeof FOUND)[number] as `found_${Name}`]: RequestCost[Name] | null;
};
type Columns = Facts & Found;
type ValuesOf<Names extends readonly (keyof Columns)[]> = {
  readonly [Index in keyof Names]: Columns[Names[Index]];
};

const COLUMNS = [
  ...FACTS,
  ...(['found_session_id', 'found_price_id', 'found_exec_us', 'found_gpu_us'] as const),
  ...(['found_exec_nano', 'found_overhead_nano', 'found_low_nano', 'found_high_nano'] as const),
  ...(['found_modelled_nano', 'found_attribution'] as const),
] as const;
type Values = ValuesOf<typeof COLUMNS>;

/** What settlement reads of a request: what ran when, and what it cost so far. */
export interface SettlementRow
  extends Pick<
    Facts,
    | ('seq' | 'started_at' | 'uid' | 'endpoint_id' | 'pool_id' | 'kind_id' | 'outcome')
    | ('container_id' | 'container_age_us' | 'ready_delay_us' | 'cold_start')
    | ('price_id' | 'gpu_us' | 'exec_nano' | 'overhead_nano')
  > {
  /** A container worked on it in [`runFromUs`, `runToUs`) after its start; `null`: none did. */
  readonly runFromUs: Micros | null;
  readonly runToUs: Micros;
  /** What settlement found before; `null`: it has not seen the request. */
  readonly found: RequestCost | null;
}

export interface RowPlace {
  readonly startedAt: EpochMicros;
  readonly uid: string;
}

function selectRows(db: LedgerTransaction) {
  return requestsWithCosts(db)
    .select(FACTS.map((name) => `requests.${name}` as const))
    .select(FOUND.map((name) => sql`${sql.ref(`costs.${name}`)}`.as(`found_${name}`)))
    .modifyFront(ARRAY_ROWS)
    .$castTo<Columns>();
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
    const found = await selectRows(db).where('requests.seq', 'in', chunk).execute();
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
    .where('costs.session_id', '=', session)
    .orderBy('started_at')
    .orderBy('uid')
    .execute();
  return rows.map(rowOf);
}

function byStart(a: SettlementRow, b: SettlementRow): number {
  return a.started_at - b.started_at || (a.uid < b.uid ? -1 : 1);
}

function rowOf(columns: Columns): SettlementRow {
  const row = valuesOf(columns, COLUMNS) as unknown as Values;
  const coldStart = row[10];
  const execution = executionOf({
    coldStart: coldStart === null ? null : coldStart === 1,
    containerAgeUs: row[8],
    paid: row[15],
    sentUs: row[16],
    firstByteUs: row[17],
    lastByteUs: row[18],
    upstreamEndUs: row[19],
    durationUs: row[20],
    execEstimateUs: row[21],
    queueUs: row[22],
    generationUs: row[23],
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
    cold_start: coldStart,
    // A price that was not known when it came stays the one that settlement first found.
    price_id: row[11] ?? row[25],
    gpu_us: row[12],
    exec_nano: row[13],
    overhead_nano: row[14],
    runFromUs: execution === null ? null : execution.startUs,
    runToUs: execution === null ? 0 : execution.endUs,
    found: row[24] === null ? null : foundOf(row, row[24]),
  };
}

function foundOf(row: Values, session: number): RequestCost {
  return {
    seq: row[0],
    session_id: session,
    price_id: row[25],
    exec_us: row[26],
    gpu_us: row[27],
    exec_nano: row[28],
    overhead_nano: row[29],
    low_nano: row[30],
    high_nano: row[31],
    modelled_nano: row[32],
    attribution: row[33] ?? 'inferred',
  };
}
