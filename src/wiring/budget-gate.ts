import { spenderKey } from '../core/spending-limit.ts';
import type { EpochMicros } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { BudgetGate } from '../proxy/proxy-settings.ts';
import { readRefusedSpenders, refusedSpendersVersion } from '../runtime/refused-spenders.ts';

export interface WatchedBudgetGate {
  readonly allows: BudgetGate;
  close(): void;
}

const LOOK_MS = 1_000;

/**
 * The proxy's answer to "may this one still spend?", from memory. What the office has written last holds,
 * also over a restart. A file that cannot be read changes nothing: a limit is no reason to lose a request.
 */
export function watchBudgetGate(dataDir: string, clock: Clock, log: Log): WatchedBudgetGate {
  let refused: ReadonlySet<string> = new Set();
  let until: EpochMicros = 0;
  let version = 0;
  let complaint = '';
  const look = () => {
    try {
      const newest = refusedSpendersVersion(dataDir);
      if (newest === version) return;
      version = newest;
      const read = readRefusedSpenders(dataDir);
      refused = new Set(read.spenders.map(spenderKey));
      until = read.until;
      complaint = '';
    } catch (error) {
      if (String(error) === complaint) return;
      complaint = String(error);
      log.error({ err: error }, 'who is over budget cannot be read; what was known still holds');
    }
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return {
    allows: (client, endpoint) => {
      if (refused.size === 0 || clock.now() >= until) return 'allow';
      const over =
        refused.has(spenderKey({ of: 'endpoint', name: endpoint })) ||
        (client !== null && refused.has(spenderKey({ of: 'client', name: client })));
      return over ? 'refuse' : 'allow';
    },
    close: () => clearInterval(timer),
  };
}
