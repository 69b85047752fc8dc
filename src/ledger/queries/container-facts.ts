import type { CallFact, ContainerLifetime } from '../../core/container-facts.ts';
import type { EpochMicros } from '../../core/units.ts';
import { chunksOf, type LedgerTransaction } from '../prepared-query.ts';

/** Which kinds of facts there are at all: most ledgers have none, and are not asked again. */
export async function anyContainerFacts(
  db: LedgerTransaction,
): Promise<{ readonly lifetimes: boolean; readonly calls: boolean }> {
  const lifetime = await db
    .selectFrom('container_lifetimes')
    .select('container_id')
    .where('state', '=', 'ended')
    .limit(1)
    .executeTakeFirst();
  const call = await db.selectFrom('call_facts').select('request_seq').limit(1).executeTakeFirst();
  return { lifetimes: lifetime !== undefined, calls: call !== undefined };
}

/** Lives of containers that have ended, by `names.id`. */
export async function endedLifetimes(
  db: LedgerTransaction,
  containers: readonly number[],
): Promise<Map<number, ContainerLifetime>> {
  const found = new Map<number, ContainerLifetime>();
  for (const chunk of chunksOf(containers, 1_000)) {
    const rows = await db
      .selectFrom('container_lifetimes')
      .select(['container_id', 'enqueued_at', 'ready_at', 'ended_at'])
      .where('container_id', 'in', chunk)
      .where('state', '=', 'ended')
      .execute();
    for (const { container_id, enqueued_at, ready_at, ended_at } of rows) {
      if (ended_at === null) continue;
      const life = { enqueuedAt: enqueued_at, readyAt: ready_at, endedAt: ended_at };
      found.set(container_id, life);
    }
  }
  return found;
}

/** What is known of the calls of `rows`, by `requests.seq`. */
export async function callFacts(
  db: LedgerTransaction,
  rows: readonly { readonly seq: number; readonly started_at: EpochMicros }[],
): Promise<Map<number, CallFact>> {
  const found = new Map<number, CallFact>();
  for (const chunk of chunksOf(
    rows.map(({ seq }) => seq),
    1_000,
  )) {
    const facts = await db
      .selectFrom('call_facts')
      .select(['request_seq', 'container_id', 'run_from', 'run_us', 'boot_us'])
      .where('request_seq', 'in', chunk)
      .execute();
    for (const { request_seq, container_id, run_from, run_us, boot_us } of facts) {
      const call = { containerId: String(container_id), runFrom: run_from };
      found.set(request_seq, { ...call, runUs: run_us, bootUs: boot_us });
    }
  }
  return found;
}
