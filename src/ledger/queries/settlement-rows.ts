import { sql } from 'kysely';
import type { EpochMicros } from '../../core/units.ts';
import { chunksOf, type LedgerTransaction, PreparedQuery } from '../prepared-query.ts';

export const PAGE_ROWS = 20_000;

/** What settlement reads of a request: what ran when, and what it cost so far. */
export type SettlementRow = Awaited<ReturnType<typeof settlementRows>>[number];

const COLUMNS = [
  ...([
    'seq',
    'started_at',
    'uid',
    'endpoint_id',
    'pool_id',
    'kind_id',
    'outcome',
    'paid',
  ] as const),
  ...(['sent_us', 'first_byte_us', 'last_byte_us', 'upstream_end_us', 'duration_us'] as const),
  ...(['exec_estimate_us', 'queue_us', 'generation_us', 'cold_start', 'container_id'] as const),
  ...(['container_age_us', 'ready_delay_us', 'cost_state', 'attribution', 'price_id'] as const),
  ...(['gpu_us', 'exec_nano', 'overhead_nano', 'total_nano', 'low_nano', 'high_nano'] as const),
  ...(['exec_us', 'session_id', 'modelled_nano'] as const),
] as const;

export interface RowPlace {
  readonly startedAt: EpochMicros;
  readonly uid: string;
}

/** Requests after `after` that started before `to`, by start, at most a page. */
export async function settlementRows(
  db: LedgerTransaction,
  window: {
    readonly after: RowPlace;
    readonly to: EpochMicros;
    readonly endpoints: readonly number[];
  },
) {
  const { after, to, endpoints } = window;
  return await db
    .selectFrom('requests')
    .select(COLUMNS)
    .where('started_at', '>=', after.startedAt)
    .where('started_at', '<', to)
    .where((eb) => eb.or([eb('started_at', '>', after.startedAt), eb('uid', '>', after.uid)]))
    .where('endpoint_id', 'in', [...endpoints])
    .orderBy('started_at')
    .orderBy('uid')
    .limit(PAGE_ROWS)
    .execute();
}

/** The rows with these numbers, by start. */
export async function settlementRowsOf(
  db: LedgerTransaction,
  seqs: readonly number[],
): Promise<SettlementRow[]> {
  const rows: SettlementRow[] = [];
  for (const chunk of chunksOf(seqs, 1_000)) {
    rows.push(
      ...(await db.selectFrom('requests').select(COLUMNS).where('seq', 'in', chunk).execute()),
    );
  }
  return rows.sort(byStart);
}

/** The rows of one session that the ledger holds, by start. `from`: start of the earliest of them. */
export async function rowsOfSession(
  db: LedgerTransaction,
  session: number,
  window: { readonly from: EpochMicros; readonly to: EpochMicros; readonly endpoint: number },
): Promise<SettlementRow[]> {
  return await db
    .selectFrom('requests')
    .select(COLUMNS)
    .where('started_at', '>=', window.from)
    .where('started_at', '<=', window.to)
    .where('endpoint_id', '=', window.endpoint)
    .where('session_id', '=', session)
    .orderBy('started_at')
    .orderBy('uid')
    .execute();
}

function byStart(a: SettlementRow, b: SettlementRow): number {
  return a.started_at - b.started_at || (a.uid < b.uid ? -1 : 1);
}

/** The cost columns of a request, as settlement writes them. */
export interface RowCost {
  readonly seq: number;
  readonly cost_state: SettlementRow['cost_state'];
  readonly attribution: SettlementRow['attribution'];
  readonly price_id: number | null;
  readonly gpu_us: number | null;
  readonly exec_nano: number | null;
  readonly overhead_nano: number | null;
  readonly total_nano: number | null;
  readonly low_nano: number | null;
  readonly high_nano: number | null;
  readonly exec_us: number | null;
  readonly session_id: number;
  readonly modelled_nano: number | null;
}

const TEXTS = ['cost_state', 'attribution'] as const;
const NUMBERS = [
  ...([
    'seq',
    'price_id',
    'gpu_us',
    'exec_nano',
    'overhead_nano',
    'total_nano',
    'low_nano',
  ] as const),
  ...(['high_nano', 'exec_us', 'session_id', 'modelled_nano'] as const),
] as const;
const ROWS_A_STATEMENT = [200, 20, 1] as const;

/** Writes costs of requests in statements of many rows, each compiled and prepared once for its size. */
export class RowCostWriter {
  readonly #updates: readonly { readonly rows: number; readonly query: PreparedQuery }[];

  constructor(db: LedgerTransaction) {
    this.#updates = ROWS_A_STATEMENT.map((rows) => ({ rows, query: updateOf(db, rows) }));
  }

  async write(trx: LedgerTransaction, costs: readonly RowCost[]): Promise<void> {
    let at = 0;
    for (const { rows, query } of this.#updates) {
      for (; costs.length - at >= rows; at += rows) {
        await query.run(trx, parametersOf(costs.slice(at, at + rows)));
      }
    }
  }
}

function parametersOf(costs: readonly RowCost[]): (string | number | null)[] {
  const parameters: (string | number | null)[] = [];
  for (const cost of costs) {
    for (const name of TEXTS) parameters.push(cost[name]);
    for (const name of NUMBERS) parameters.push(cost[name]);
  }
  return parameters;
}

function updateOf(db: LedgerTransaction, rows: number): PreparedQuery {
  const columns = [...TEXTS, ...NUMBERS];
  const values = Array.from({ length: rows }, (_, row) => {
    const place = sql`${null}`;
    // PostgreSQL takes the types of a list of values from its first row.
    const number = row === 0 ? sql`cast(${null} as bigint)` : place;
    return sql`(${sql.join([...TEXTS.map(() => place), ...NUMBERS.map(() => number)])})`;
  });
  const assignments = columns
    .filter((name) => name !== 'seq')
    .map((name) => sql`${sql.ref(name)} = ${sql.ref(`v.${name}`)}`);
  const query = sql`
    with v (${sql.join(columns.map((name) => sql.ref(name)))}) as (values ${sql.join(values)})
    update requests set ${sql.join(assignments)} from v where requests.seq = v.seq`;
  return new PreparedQuery({ compile: () => query.compile(db) }, rows * columns.length);
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
