import type { Config } from '../config/config.ts';
import { isoInstant } from '../core/measure-text.ts';
import type { Sink } from '../export/sink.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { pruneExportFeeds } from '../ledger/queries/export-feeds.ts';
import { runRetention } from '../ledger/retention.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

interface RetentionParts {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly sinks: readonly Sink[];
}

/** Deletes what is too old and what every sink has been told; what must stay longer is logged, each hour anew. */
export async function forgetOld({
  config,
  ledger,
  clock,
  log,
  sinks,
}: RetentionParts): Promise<void> {
  const { requests, archive } = config.retention;
  const { heldBy } = await runRetention({
    ledger,
    clock,
    keepUs: { requests },
    sinks,
    ...(archive === undefined ? {} : { archive }),
  });
  if (heldBy !== null) {
    log.warn(
      { since: isoInstant(heldBy.from), reason: heldBy.reason },
      'requests older than retention.requests are kept, and all younger ones with them',
    );
  }
  await pruneExportFeeds(
    ledger.db,
    sinks.map((sink) => sink.name),
  );
}
