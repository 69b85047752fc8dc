import { sql } from 'kysely';
import { isoInstant } from '../core/measure-text.ts';
import type { EpochMicros } from '../core/units.ts';
import { journalFolderProblem } from '../journal/journal-folder.ts';
import { nodeFs, segmentFile, segmentNumbers } from '../journal/segment-files.ts';
import { type JournalPosition, journalIdOf } from '../journal/segment-reader.ts';
import type { Ledger } from './ledger.ts';
import type { LedgerTransaction } from './prepared-query.ts';
import { hoursOf, rollupsOfHour } from './rebuild-rollups.ts';
import { findSeq } from './request-writer.ts';
import { rollupRowOf } from './rollup.ts';
import type { RollupHoursTable } from './tables/requests.ts';

/** Something that is not as it must be, and what to do about it. */
export interface Finding {
  readonly check:
    | 'file'
    | 'roll-ups'
    | 'references'
    | 'order'
    | 'journal'
    /** The journal could not be looked at: the ledger may be sound all the same. */
    | 'journal folder'
    | 'open requests';
  readonly message: string;
}

export interface VerifySettings {
  readonly ledger: Ledger;
  /** Folders of the journals that this ledger takes in. */
  readonly journals?: readonly string[];
  readonly onProgress?: (hours: number) => void;
}

/** Proves that the ledger agrees with itself; one finding for each thing that does not, none when sound. */
export async function verifyLedger(settings: VerifySettings): Promise<Finding[]> {
  const { ledger, journals = [], onProgress } = settings;
  return [
    ...(await checkFile(ledger)),
    ...(await checkRollups(ledger, onProgress ?? (() => {}))),
    ...(await checkReferences(ledger)),
    ...(await checkOrder(ledger)),
    ...(await checkOpenRequests(ledger)),
    ...(await checkJournals(ledger, journals)),
  ];
}

async function checkFile({ upkeep }: Ledger): Promise<Finding[]> {
  const lines = await upkeep.checkIntegrity();
  return lines.map((line) => ({
    check: 'file',
    message: `${line}. The ledger file is damaged: restore a copy, or export what can be read.`,
  }));
}

async function checkRollups(
  ledger: Ledger,
  onProgress: (hours: number) => void,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  let hours = 0;
  for await (const hour of hoursOf(ledger, 0, Number.MAX_SAFE_INTEGER)) {
    const difference = await snapshot(ledger, (trx) => differenceIn(trx, hour));
    if (difference !== null) {
      findings.push({
        check: 'roll-ups',
        message: `hour ${isoInstant(hour)}: ${difference}. tripmeter verify --repair makes it anew from the requests.`,
      });
    }
    hours += 1;
    onProgress(hours);
  }
  return findings;
}

/** Both sides of a comparison are read as of one moment. */
function snapshot<T>(ledger: Ledger, work: (trx: LedgerTransaction) => Promise<T>): Promise<T> {
  const transaction = ledger.db.transaction();
  return ledger.kind === 'postgres'
    ? transaction.setIsolationLevel('repeatable read').execute(work)
    : transaction.execute(work);
}

async function differenceIn(trx: LedgerTransaction, hour: EpochMicros): Promise<string | null> {
  const stored = await trx
    .selectFrom('rollup_hours')
    .selectAll()
    .where('hour', '=', hour)
    .execute();
  const computed = [...(await rollupsOfHour(trx, hour)).cells].map(rollupRowOf);
  const expected = new Map(computed.map((row) => [keyText(row), row]));
  for (const row of stored) {
    const other = expected.get(keyText(row));
    if (other === undefined) {
      if (row.requests > 0) return `a roll-up counts ${row.requests} requests that are not there`;
      continue;
    }
    expected.delete(keyText(row));
    const column = (Object.keys(other) as (keyof RollupHoursTable)[]).find(
      (name) => row[name] !== other[name],
    );
    if (column !== undefined) {
      return `${column} is ${row[column]} in the roll-up and ${other[column]} by its requests`;
    }
  }
  const [missing] = expected.values();
  return missing === undefined ? null : `${missing.requests} requests are in no roll-up`;
}

function keyText(row: RollupHoursTable): string {
  return `${row.endpoint_id},${row.operation_id},${row.client_id},${row.outcome},${row.region_id}`;
}

const NAME_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  requests: ['endpoint_id', 'pool_id', 'path_id', 'container_id', 'price_id'],
  request_kinds: [
    ...['operation_id', 'client_id', 'method_id', 'country_id', 'content_type_id'],
    ...['content_encoding_id', 'model_id', 'finish_reason_id', 'region_id', 'cloud_id'],
  ],
  rollup_hours: ['endpoint_id', 'operation_id', 'client_id', 'region_id'],
  open_requests: ['endpoint_id'],
  dirty_pools: ['endpoint_id', 'pool_id'],
  request_costs: ['price_id'],
};

async function checkReferences({ db }: Ledger): Promise<Finding[]> {
  const links = Object.entries(NAME_COLUMNS).flatMap(([table, columns]) =>
    columns.map((column) => ({ table, column, target: 'names', key: 'id' })),
  );
  links.push(
    { table: 'requests', column: 'kind_id', target: 'request_kinds', key: 'id' },
    { table: 'request_costs', column: 'seq', target: 'requests', key: 'seq' },
  );
  const findings: Finding[] = [];
  for (const { table, column, target, key } of links) {
    // An id of 0 stands for none in keys, where null cannot be.
    const { rows } = await sql<{ rows: number }>`
      select count(*) as rows from ${sql.table(table)}
      where ${sql.ref(column)} <> 0 and ${sql.ref(column)} not in (select ${sql.ref(key)} from ${sql.table(target)})
    `.execute(db);
    const count = Number(rows[0]?.rows ?? 0);
    if (count > 0) {
      const message = `${count} rows of ${table} have a ${column} that ${target} does not know.`;
      findings.push({ check: 'references', message });
    }
  }
  return findings;
}

async function checkOrder({ db }: Ledger): Promise<Finding[]> {
  const newest = await db
    .selectFrom('requests')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .executeTakeFirst();
  const counter = await db
    .selectFrom('counters')
    .select('value')
    .where('name', '=', 'request_seq')
    .executeTakeFirst();
  if (counter !== undefined && counter.value >= (newest?.seq ?? 0)) return [];
  return [
    {
      check: 'order',
      message: `the counter of requests is at ${counter?.value ?? 'nothing'}, behind request ${newest?.seq}.`,
    },
  ];
}

async function checkOpenRequests({ db }: Ledger): Promise<Finding[]> {
  const rows = await db.selectFrom('open_requests').select('id').execute();
  const findings: Finding[] = [];
  for (const { id } of rows) {
    if ((await findSeq(db, id)) !== null) {
      findings.push({ check: 'open requests', message: `request ${id} is both open and closed.` });
    }
  }
  return findings;
}

async function checkJournals(ledger: Ledger, dirs: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const dir of dirs) {
    const problem = journalFolderProblem(dir, 'read');
    if (problem !== null) {
      findings.push({ check: 'journal folder', message: `${dir} ${problem}.` });
      continue;
    }
    const place = await ledger.db
      .selectFrom('journal_offsets')
      .selectAll()
      .where('journal', '=', journalIdOf(dir))
      .executeTakeFirst();
    const message = place === undefined ? null : misplaced(dir, place);
    if (message !== null) findings.push({ check: 'journal', message });
  }
  return findings;
}

function misplaced(dir: string, { segment, offset }: JournalPosition): string | null {
  const segments = segmentNumbers(nodeFs, dir);
  const newest = segments.at(-1);
  if (newest !== undefined && newest < segment) {
    return `${dir}: intake stands at segment ${segment}, and the newest one is ${newest}.`;
  }
  if (!segments.includes(segment)) return null;
  const { size } = nodeFs.statSync(segmentFile(dir, segment));
  return offset >= 0 && offset <= size
    ? null
    : `${segmentFile(dir, segment)}: intake stands at byte ${offset} of ${size}.`;
}
