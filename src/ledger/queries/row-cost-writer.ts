import { type LedgerTransaction, PreparedQuery } from '../prepared-query.ts';
import type { RequestCost } from './request-costs.ts';

const KEPT = [
  ...(['session_id', 'price_id', 'exec_us', 'gpu_us', 'exec_nano', 'overhead_nano'] as const),
  ...(['low_nano', 'high_nano', 'modelled_nano', 'attribution'] as const),
] as const;
const COLUMNS = ['seq', ...KEPT] as const;
const ROWS_A_STATEMENT = [50, 10, 1] as const;

/** Writes costs of requests in statements of many rows, each compiled and prepared once for its size. */
export class RowCostWriter {
  readonly #upserts: readonly { readonly rows: number; readonly query: PreparedQuery }[];

  constructor(db: LedgerTransaction) {
    this.#upserts = ROWS_A_STATEMENT.map((rows) => ({ rows, query: upsertOf(db, rows) }));
  }

  /** `costs` are put into the order of the table, whose neighbours then share a page. */
  async write(trx: LedgerTransaction, costs: RequestCost[]): Promise<void> {
    costs.sort((a, b) => a.seq - b.seq);
    let at = 0;
    for (const { rows, query } of this.#upserts) {
      for (; costs.length - at >= rows; at += rows) {
        await query.run(trx, parametersOf(costs, at, rows));
      }
    }
  }
}

function parametersOf(costs: readonly RequestCost[], from: number, rows: number) {
  const parameters = new Array<string | number | null>(rows * COLUMNS.length);
  let place = 0;
  for (let index = from; index < from + rows; index += 1) {
    const cost = costs[index] as RequestCost;
    parameters[place] = cost.seq;
    parameters[place + 1] = cost.session_id;
    parameters[place + 2] = cost.price_id;
    parameters[place + 3] = cost.exec_us;
    parameters[place + 4] = cost.gpu_us;
    parameters[place + 5] = cost.exec_nano;
    parameters[place + 6] = cost.overhead_nano;
    parameters[place + 7] = cost.low_nano;
    parameters[place + 8] = cost.high_nano;
    parameters[place + 9] = cost.modelled_nano;
    parameters[place + 10] = cost.attribution;
    place += COLUMNS.length;
  }
  return parameters;
}

function upsertOf(db: LedgerTransaction, rows: number): PreparedQuery {
  const placeholder = Object.fromEntries(COLUMNS.map((name) => [name, 0]));
  const query = db
    .insertInto('request_costs')
    .columns([...COLUMNS])
    .values(Array.from({ length: rows }, () => placeholder as unknown as RequestCost))
    .onConflict((conflict) =>
      conflict
        .column('seq')
        .doUpdateSet((eb) =>
          Object.fromEntries(KEPT.map((name) => [name, eb.ref(`excluded.${name}`)])),
        ),
    );
  return new PreparedQuery(query, rows * COLUMNS.length);
}
