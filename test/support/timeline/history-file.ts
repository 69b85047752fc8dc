import Database from 'better-sqlite3';
import { LatencySketch } from '../../../src/core/latency-sketch.ts';
import { MICROS_PER_HOUR } from '../../../src/core/units.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { seededRandom } from './traffic-shapes.ts';

export interface HistoryShape {
  /** End of the history. */
  readonly until: number;
  readonly hours: number;
  readonly requests: number;
}

const ENDPOINTS = ['generate', 'chat', 'review'];
const OPERATIONS = 4;
const CLIENTS = 3;
const EVIDENCE = { content_type: 3, path: 6, country: 5 };

/**
 * A ledger with the roll-ups of a long history, as intake, settlement and the evidence job would have left
 * them; the requests behind them are long forgotten by retention. Returns how many rows there are.
 */
export async function writeHistory(file: string, shape: HistoryShape): Promise<number> {
  await (await openLedger({ kind: 'sqlite', file })).close();
  const db = new Database(file);
  try {
    db.pragma('synchronous = off');
    return db.transaction(() => fill(db, shape))();
  } finally {
    db.close();
  }
}

function fill(db: Database.Database, { until, hours, requests }: HistoryShape): number {
  const random = seededRandom(7);
  const known = namesOf(db);
  const cells = known.endpoints.length * OPERATIONS * CLIENTS;
  const tools = {
    ...{ known, random, insert: inserter(db), perCell: requests / hours / cells },
    sketches: Array.from({ length: 24 }, () => sketchText(random)),
  };
  const first = until - (until % MICROS_PER_HOUR) - (hours - 1) * MICROS_PER_HOUR;
  for (const index of numbered(hours)) {
    for (const endpoint of known.endpoints) {
      fillHour(tools, { hour: first + index * MICROS_PER_HOUR, endpoint });
    }
  }
  return tools.insert.rows();
}

interface FillTools {
  readonly known: ReturnType<typeof namesOf>;
  readonly random: () => number;
  readonly insert: ReturnType<typeof inserter>;
  readonly sketches: readonly string[];
  readonly perCell: number;
}

function namesOf(db: Database.Database) {
  const statement = db.prepare('insert into names (kind, value) values (?, ?)');
  const name = (kind: string, value: string) => Number(statement.run(kind, value).lastInsertRowid);
  return {
    endpoints: ENDPOINTS.map((value) => name('endpoint', value)),
    operations: numbered(OPERATIONS).map((at) => name('operation', `op ${at}`)),
    clients: numbered(CLIENTS).map((at) => name('client', `client ${at}`)),
    region: name('region', 'us-east-1'),
    evidence: Object.entries(EVIDENCE).flatMap(([kind, count]) =>
      numbered(count).map((at) => ({ kind, name_id: name(kind, `${kind} ${at}`) })),
    ),
  };
}

function fillHour(
  { known, random, insert, sketches, perCell }: FillTools,
  { hour, endpoint }: { readonly hour: number; readonly endpoint: number },
): void {
  insert.row('spend_hours', spendRow(hour, endpoint, random));
  for (const operation of known.operations) {
    insert.row('latency_hours', latencyRow(hour, endpoint, operation));
    for (const client of known.clients) {
      // A quarter of the cells has failures as well.
      const outcomes = random() < 0.25 ? ['ok', 'upstream_error'] : ['ok'];
      for (const outcome of outcomes) {
        const count = Math.max(1, Math.round((perCell * (0.5 + random())) / outcomes.length));
        insert.row('rollup_hours', {
          ...{ hour, endpoint_id: endpoint, operation_id: operation, client_id: client },
          ...{ outcome, region_id: known.region, requests: count, bytes_out: count * 9_000 },
          duration_sketch: sketches[Math.floor(random() * sketches.length)],
        });
      }
    }
  }
  for (const each of known.evidence) {
    insert.row('evidence_hours', {
      ...{ ...each, hour, endpoint_id: endpoint, requests: 20, bytes: 180_000 },
      ...{ digested_bytes: 180_000, repeatable_bytes: 40_000 },
    });
  }
}

/** Inserts by column name; what is left out is 0 or empty. */
function inserter(db: Database.Database) {
  const statements = new Map<string, { run: (row: object) => unknown; blank: object }>();
  let rows = 0;
  const insert = (table: string, row: object) => {
    let found = statements.get(table);
    if (found === undefined) {
      const columns = db.pragma(`table_info(${table})`) as { name: string; type: string }[];
      const list = columns.map((column) => column.name);
      const statement = db.prepare(
        `insert into ${table} (${list.join(', ')}) values (${list.map((one) => `@${one}`).join(', ')})`,
      );
      const blank = Object.fromEntries(
        columns.map((column) => [column.name, column.type.toLowerCase() === 'text' ? '' : 0]),
      );
      found = { run: (given) => statement.run(given), blank };
      statements.set(table, found);
    }
    found.run({ ...found.blank, ...row });
    rows += 1;
  };
  return { row: insert, rows: () => rows };
}

function spendRow(hour: number, endpoint: number, random: () => number) {
  const nano = Math.round((0.3 + random()) * 4e8);
  return {
    ...{ hour, endpoint_id: endpoint, busy_nano: nano, modelled_nano: nano, low_nano: nano },
    ...{ high_nano: nano, effective_nano: nano, billed_nano: null, residual_nano: null },
  };
}

function latencyRow(hour: number, endpoint: number, operation: number) {
  return {
    ...{ hour, endpoint_id: endpoint, operation_id: operation, requests: 4, total_us: 4_000_000 },
    ...{ client_us: 40_000, network_us: 200_000, network_known: 4 },
  };
}

function sketchText(random: () => number): string {
  const sketch = new LatencySketch();
  for (let at = 0; at < 40; at += 1) sketch.add(Math.round(200_000 * Math.exp(random() * 3)));
  return sketch.toText();
}

function numbered(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
