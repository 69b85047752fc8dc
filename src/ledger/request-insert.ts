import { type LedgerTransaction, PreparedQuery } from './prepared-query.ts';
import { OWN_COLUMNS, type RequestRow } from './request-row.ts';
import type { RequestsTable } from './tables/requests.ts';

/** Rows of one statement: three lengths to compile and prepare, whatever the batch. */
const LENGTHS = [64, 8, 1] as const;

/** Statements kept: three a traffic's kind. What is beyond takes every column. */
const STATEMENTS_KEPT = 48;

type Column = keyof RequestsTable;

/**
 * Inserts rows of `requests`. To hand a value over costs as much as to store it, and half of them are
 * `null` in most traffic: a statement names only the columns that one of its rows has.
 */
export class RequestInsert {
  readonly #db: LedgerTransaction;
  readonly #statements = new Map<string, Statement>();

  constructor(db: LedgerTransaction) {
    this.#db = db;
  }

  /** The rows in parts for one statement each. */
  *partsOf<T>(rows: readonly T[]): Generator<T[]> {
    let at = 0;
    for (const length of LENGTHS) {
      for (; rows.length - at >= length; at += length) yield rows.slice(at, at + length);
    }
  }

  /** How many went in; those that are there already do not. */
  async run(
    trx: LedgerTransaction,
    part: readonly { readonly row: RequestRow }[],
  ): Promise<number> {
    const values = part.map(({ row }) => valuesOf(row));
    const { query, indexes } = this.#statementFor(values);
    const parameters = new Array<unknown>(indexes.length * part.length);
    let at = 0;
    for (const row of values) {
      for (const index of indexes) {
        parameters[at] = row[index];
        at += 1;
      }
    }
    const { numAffectedRows } = await query.run(trx, parameters);
    return Number(numAffectedRows ?? -1);
  }

  #statementFor(rows: readonly (readonly unknown[])[]): Statement {
    const used = usedIndexes(rows);
    const kept = this.#statements.get(keyOf(rows.length, used));
    if (kept !== undefined) return kept;
    const indexes = this.#statements.size < STATEMENTS_KEPT ? used : EVERY_COLUMN;
    const key = keyOf(rows.length, indexes);
    const statement = this.#statements.get(key) ?? statementOf(this.#db, rows.length, indexes);
    this.#statements.set(key, statement);
    return statement;
  }
}

interface Statement {
  readonly query: PreparedQuery;
  /** Of its columns, in `COLUMNS`. */
  readonly indexes: readonly number[];
}

function keyOf(rows: number, indexes: readonly number[]): string {
  return `${rows}:${indexes.join()}`;
}

function usedIndexes(rows: readonly (readonly unknown[])[]): number[] {
  const used: number[] = [];
  for (let index = 0; index < COLUMNS.length; index += 1) {
    for (const row of rows) {
      if (row[index] !== null) {
        used.push(index);
        break;
      }
    }
  }
  return used;
}

function statementOf(db: LedgerTransaction, rows: number, indexes: readonly number[]): Statement {
  const columns = indexes.map((index) => COLUMNS[index] as Column);
  const placeholder = Object.fromEntries(columns.map((name) => [name, 0]));
  const query = db
    .insertInto('requests')
    .columns(columns)
    .values(Array.from({ length: rows }, () => placeholder as unknown as RequestsTable))
    .onConflict((conflict) => conflict.doNothing());
  return { query: new PreparedQuery(query, columns.length * rows), indexes };
}

const COLUMNS: readonly Column[] = [
  ...OWN_COLUMNS,
  ...(['cost_state', 'attribution', 'price_id', 'gpu_us', 'exec_nano', 'overhead_nano'] as const),
  ...(['total_nano', 'low_nano', 'high_nano'] as const),
];
const EVERY_COLUMN: readonly number[] = [...COLUMNS.keys()];

/** In the order of `COLUMNS`; written out, because to look each name up costs four times as much. */
function valuesOf(row: RequestRow): unknown[] {
  return [
    row.seq,
    row.started_at,
    row.uid,
    row.endpoint_id,
    row.pool_id,
    row.kind_id,
    row.path_id,
    row.outcome,
    row.paid,
    row.group_key,
    row.tags,
    row.trace_id,
    row.parent_span_id,
    row.function_call_id,
    row.digest,
    row.sent_us,
    row.first_byte_us,
    row.first_token_us,
    row.last_byte_us,
    row.upstream_end_us,
    row.duration_us,
    row.overhead_us,
    row.exec_estimate_us,
    row.bytes_in,
    row.bytes_out,
    row.chunks,
    row.tokens_in,
    row.tokens_out,
    row.tokens_cached,
    row.tokens_reasoning,
    row.container_id,
    row.cold_start,
    row.ready_delay_us,
    row.container_age_us,
    row.container_requests_before,
    row.container_in_flight,
    row.queue_us,
    row.generation_us,
    row.cost_state,
    row.attribution,
    row.price_id,
    row.gpu_us,
    row.exec_nano,
    row.overhead_nano,
    row.total_nano,
    row.low_nano,
    row.high_nano,
  ];
}
