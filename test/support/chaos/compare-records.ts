import type { LedgerRequest } from '../../../src/core/request-record.ts';
import type { SandboxLog } from '../sandbox/sandbox-log.ts';
import type { ClientRecord } from './chaos-traffic.ts';

/** How the ledger compares with what client and upstream saw. */
export interface Comparison {
  readonly sent: number;
  readonly completed: number;
  readonly reachedUpstream: number;
  readonly rows: number;
  readonly byOutcome: Readonly<Record<string, number>>;
  /** One line each; empty when nothing was lost. */
  readonly lost: readonly string[];
  /** One line each; empty when nothing was doubled. */
  readonly doubled: readonly string[];
  /** Rows that say something else than the client saw. */
  readonly wrong: readonly string[];
}

/**
 * Every request that the client saw complete has its one row, which says what the client saw; every
 * request that reached the upstream, or of which the client saw a head, has one row; no row is without
 * its request.
 */
export function compareRecords(
  client: readonly ClientRecord[],
  upstream: SandboxLog,
  ledger: readonly LedgerRequest[],
): Comparison {
  const rows = byMark(ledger);
  const reached = new Set(upstream.exchanges.flatMap(({ mark }) => (mark === null ? [] : [mark])));
  const lost: string[] = [];
  const doubled: string[] = [];
  const wrong: string[] = [];
  for (const record of client) {
    const own = rows.get(record.mark) ?? [];
    rows.delete(record.mark);
    const due = record.complete || record.requestId !== null || reached.has(record.mark);
    if (own.length === 0 && due) lost.push(`${describe(record)}: no row`);
    if (own.length > 1) doubled.push(`${describe(record)}: rows ${own.map(brief).join(', ')}`);
    for (const row of own.slice(0, 1)) wrong.push(...contradictions(record, row));
  }
  for (const [mark, own] of rows) doubled.push(`${mark}: rows without a request: ${own.length}`);
  return {
    sent: client.filter(({ sent }) => sent).length,
    completed: client.filter(({ complete }) => complete).length,
    reachedUpstream: reached.size,
    rows: ledger.length,
    byOutcome: countByOutcome(ledger),
    lost,
    doubled,
    wrong,
  };
}

function byMark(ledger: readonly LedgerRequest[]): Map<string, LedgerRequest[]> {
  const rows = new Map<string, LedgerRequest[]>();
  for (const row of ledger) {
    const mark = row.tags?.mark ?? '(no mark)';
    rows.set(mark, [...(rows.get(mark) ?? []), row]);
  }
  return rows;
}

function countByOutcome(ledger: readonly LedgerRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of ledger) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

function contradictions(record: ClientRecord, row: LedgerRequest): string[] {
  const found: string[] = [];
  if (record.requestId !== null && record.requestId !== row.id) {
    found.push(`${describe(record)}: the client was told ${record.requestId}, row ${brief(row)}`);
  }
  if (!record.complete) return found;
  if (row.outcome === 'crash_recovered' || row.status !== record.status) {
    found.push(`${describe(record)}: status ${record.status}, row ${brief(row)}`);
  }
  if (row.legs !== record.legs) {
    found.push(`${describe(record)}: ${record.legs} legs, row has ${row.legs}`);
  }
  return found;
}

const describe = ({ mark, kind }: ClientRecord) => `${mark} (${kind})`;
const brief = ({ id, outcome, status }: LedgerRequest) => `${id} ${outcome} ${status}`;
