import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import { limitUses } from '../core/spending-limit.ts';
import { monthWindow } from '../core/zoned-time.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { spenders } from '../ledger/queries/spenders.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { type RefusedSpenders, writeRefusedSpenders } from '../runtime/refused-spenders.ts';
import { type SteadyLoop, startSteadyLoop } from './steady-loop.ts';

interface LimitWatchParts {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
}

const PAUSE_MS = 5_000;

/** Looks who has used up a limit that refuses, and tells the proxy when that changes. */
export function startLimitWatch({ config, ledger, clock, log }: LimitWatchParts): SteadyLoop {
  const limits = config.alerts.budgets.limits.filter(({ action }) => action === 'refuse');
  // Beside each journal: the data directory of the proxy that writes it.
  const dataDirs = [config.dataDir, ...config.journals.map((journal) => dirname(journal))];
  let told = '';
  const step = async () => {
    const month = monthWindow(clock.now(), config.timezone);
    const spends =
      limits.length === 0 ? [] : await spenders(ledger.db, { from: month.start, to: month.end });
    const over = limitUses(limits, spends).filter(({ usedUp }) => usedUp);
    const refused: RefusedSpenders = {
      until: month.end,
      spenders: over.map(({ of, name }) => ({ of, name })),
    };
    const text = JSON.stringify(refused);
    if (text !== told) {
      for (const dir of dataDirs) writeRefusedSpenders(dir, refused);
      told = text;
      for (const { of, name, spentNano, monthlyNano } of over) {
        log.warn({ of, name, spentNano, monthlyNano }, 'a monthly limit is used up: refusing');
      }
    }
    return 'idle' as const;
  };
  return startSteadyLoop({ name: 'limits', step, pauseMs: PAUSE_MS, log });
}
