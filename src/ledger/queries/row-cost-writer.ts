import { sql } from 'kysely';
import { type LedgerTransaction, PreparedQuery } from '../prepared-query.ts';
import type { SettlementRow } from './settlement-rows.ts';

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

const COLUMNS = [
  ...(['cost_state', 'attribution', 'seq', 'price_id', 'gpu_us', 'exec_nano'] as const),
  ...(['overhead_nano', 'total_nano', 'low_nano', 'high_nano', 'exec_us'] as const),
  ...(['session_id', 'modelled_nano'] as const),
] as const;
/** The first columns are text, the others numbers. */
const TEXTS = 2;
const ROWS_A_STATEMENT = [50, 10, 1] as const;

/** Writes costs of requests in statements of many rows, each compiled and prepared once for its size. */
export class RowCostWriter {
  readonly #updates: readonly { readonly rows: number; readonly query: PreparedQuery }[];

  constructor(db: LedgerTransaction) {
    this.#updates = ROWS_A_STATEMENT.map((rows) => ({ rows, query: updateOf(db, rows) }));
  }

  /** `costs` are put into the order of the table, whose neighbours then share a page. */
  async write(trx: LedgerTransaction, costs: RowCost[]): Promise<void> {
    costs.sort((a, b) => a.seq - b.seq);
    let at = 0;
    for (const { rows, query } of this.#updates) {
      for (; costs.length - at >= rows; at += rows) {
        await query.run(trx, parametersOf(costs, at, rows));
      }
    }
  }
}

function parametersOf(costs: readonly RowCost[], from: number, rows: number) {
  const parameters = new Array<string | number | null>(rows * COLUMNS.length);
  let place = 0;
  for (let index = from; index < from + rows; index += 1) {
    const cost = costs[index] as RowCost;
    parameters[place] = cost.cost_state;
    parameters[place + 1] = cost.attribution;
    parameters[place + 2] = cost.seq;
    parameters[place + 3] = cost.price_id;
    parameters[place + 4] = cost.gpu_us;
    parameters[place + 5] = cost.exec_nano;
    parameters[place + 6] = cost.overhead_nano;
    parameters[place + 7] = cost.total_nano;
    parameters[place + 8] = cost.low_nano;
    parameters[place + 9] = cost.high_nano;
    parameters[place + 10] = cost.exec_us;
    parameters[place + 11] = cost.session_id;
    parameters[place + 12] = cost.modelled_nano;
    place += COLUMNS.length;
  }
  return parameters;
}

function updateOf(db: LedgerTransaction, rows: number): PreparedQuery {
  const values = Array.from({ length: rows }, (_, row) => {
    const place = sql`${null}`;
    // PostgreSQL takes the types of a list of values from its first row.
    const number = row === 0 ? sql`cast(${null} as bigint)` : place;
    return sql`(${sql.join(COLUMNS.map((_, column) => (column < TEXTS ? place : number)))})`;
  });
  const assignments = COLUMNS.filter((name) => name !== 'seq').map(
    (name) => sql`${sql.ref(name)} = ${sql.ref(`v.${name}`)}`,
  );
  const query = sql`
    with v (${sql.join(COLUMNS.map((name) => sql.ref(name)))}) as (values ${sql.join(values)})
    update requests set ${sql.join(assignments)} from v where requests.seq = v.seq`;
  return new PreparedQuery({ compile: () => query.compile(db) }, rows * COLUMNS.length);
}
