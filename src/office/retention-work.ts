import type { Config } from '../config/config.ts';
import { isoInstant } from '../core/measure-text.ts';
import { MICROS_PER_MINUTE } from '../core/units.ts';
import type { Sink } from '../export/sink.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { pruneExportFeeds } from '../ledger/queries/export-feeds.ts';
import {
  type RetentionSettings,
  runRetention,
  type StandingHold,
  standingHold,
} from '../ledger/retention.ts';
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
  const { heldBy } = await runRetention(settingsOf({ config, ledger, clock, sinks }));
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

type HoldParts = Omit<RetentionParts, 'log'>;

function settingsOf({ config, ledger, clock, sinks }: HoldParts): RetentionSettings {
  const { requests, archive } = config.retention;
  return {
    ...{ ledger, clock, sinks, keepUs: { requests } },
    ...(archive === undefined ? {} : { archive }),
  };
}

/** What is held may be a lot to look through, and a scrape comes every few seconds. */
const FRESH_US = 5 * MICROS_PER_MINUTE;

/** Why requests outstay retention, asked of the ledger every five minutes at most: any office can tell. */
export function holdWatch(parts: HoldParts): () => Promise<StandingHold | null> {
  let kept: { readonly at: number; readonly hold: StandingHold | null } | null = null;
  return async () => {
    const at = parts.clock.monotonic();
    if (kept === null || at - kept.at >= FRESH_US) {
      kept = { at, hold: await standingHold(settingsOf(parts)) };
    }
    return kept.hold;
  };
}
