import type { Config } from '../config/config.ts';
import { type CollectorFacts, NOTHING_WATCHED, type RecorderFacts } from '../core/facts.ts';
import { MICROS_PER_DAY, MICROS_PER_SECOND, type Micros } from '../core/units.ts';
import type { Exporter, SinkHealth } from '../export/exporter.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { jobHistory } from '../ledger/queries/job-runs.ts';
import type { RecorderSource } from '../ports/facts.ts';
import type { HealthFacts } from '../status/health.ts';
import { hasModalToken } from './modal-token.ts';

/** A collector that runs as a job, and how old its last success may become. */
export interface WatchedCollector {
  /** Name of the collector and of its job. */
  readonly name: string;
  readonly staleAfterUs: Micros;
}

export interface RecorderParts {
  readonly ledger: Ledger;
  readonly collectors: readonly WatchedCollector[];
  readonly health: () => HealthFacts;
  readonly watch: { facts(): Pick<RecorderFacts, 'intakeLagUs' | 'traffic'> };
  readonly exporter: Exporter;
}

/** The collectors that the configuration switches on. A bill is a day late by itself; rates change seldom. */
export function watchedCollectors(config: Pick<Config, 'billing'>): WatchedCollector[] {
  if (!hasModalToken(config)) return [];
  return [
    { name: 'modal-billing', staleAfterUs: 2 * MICROS_PER_DAY },
    { name: 'modal-rates', staleAfterUs: 7 * MICROS_PER_DAY },
    ...(config.billing.containers
      ? [{ name: 'modal-containers', staleAfterUs: 2 * MICROS_PER_DAY }]
      : []),
  ];
}

/** What the running service knows of how well it sees. */
export function recorderOf(parts: RecorderParts): RecorderSource {
  return {
    read: async () => {
      const { journal, diskFreeBytes } = parts.health();
      return {
        // Whoever reads this has read the ledger; alerts/last-resort looks whether it takes writes.
        ledger: null,
        journal,
        ...parts.watch.facts(),
        sinks: (await parts.exporter.health()).map(sinkFacts),
        collectors: await collectorFacts(parts),
        diskFreeBytes,
      };
    },
  };
}

/** Beside the running service only the collectors are known: their runs are in the ledger. */
export function recorderBeside(
  parts: Pick<RecorderParts, 'ledger' | 'collectors'>,
): RecorderSource {
  return { read: async () => ({ ...NOTHING_WATCHED, collectors: await collectorFacts(parts) }) };
}

function sinkFacts(sink: SinkHealth): RecorderFacts['sinks'][number] {
  return {
    name: sink.sink,
    lagUs: Math.round((sink.lagSeconds ?? 0) * MICROS_PER_SECOND),
    depth: sink.depth ?? 0,
    stopped: sink.stopped,
    rejected: sink.rejected ?? 0,
  };
}

/** A collector whose job never ran is not stale: it has no history to be behind of. */
async function collectorFacts({
  ledger,
  collectors,
}: Pick<RecorderParts, 'ledger' | 'collectors'>): Promise<CollectorFacts[]> {
  const facts: CollectorFacts[] = [];
  for (const { name, staleAfterUs } of collectors) {
    const history = await jobHistory(ledger.db, name);
    if (history !== null) facts.push({ name, staleAfterUs, ...history });
  }
  return facts;
}
