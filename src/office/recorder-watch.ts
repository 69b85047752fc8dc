import type { RecorderFacts } from '../core/facts.ts';
import { type EpochMicros, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { ProxyStats } from '../proxy/proxy-stats.ts';

/** Watches whether what the proxy sees reaches the ledger. */
export interface RecorderWatch {
  /** The proxy had counted this before there was a watch: no lack of records. */
  resumed(stats: ProxyStats): void;
  /** The proxy's counters, as it reports them. */
  reported(stats: ProxyStats): void;
  /** A batch of the journal is in the ledger. */
  taken(requests: number, caughtUp: boolean): void;
  facts(): Pick<RecorderFacts, 'intakeLagUs' | 'traffic'>;
}

const WINDOW_US = 15 * MICROS_PER_MINUTE;
/** A call needs so long to become a record; calls younger than this are not counted yet. */
const PATIENCE_US = MICROS_PER_MINUTE;
/** A pause between two looks at the journal is no lag. */
const NO_LAG_US = 5 * MICROS_PER_SECOND;

interface Count {
  readonly at: EpochMicros;
  readonly total: number;
}

/** Keeps sixteen minutes of counters, one a second at most. */
export function createRecorderWatch(clock: Clock): RecorderWatch {
  const started = clock.monotonic();
  const calls = new Counter();
  const records = new Counter();
  let caughtUpAt = started;
  let recorded = 0;
  let reports = 0;
  records.note({ at: started, total: 0 });
  calls.note({ at: started, total: 0 });
  return {
    resumed: (stats) => calls.restart({ at: started, total: callsOf(stats) }),
    reported: (stats) => {
      reports += 1;
      calls.note({ at: clock.monotonic(), total: callsOf(stats) });
    },
    taken: (requests, caughtUp) => {
      const now = clock.monotonic();
      recorded += requests;
      if (caughtUp) caughtUpAt = now;
      if (requests > 0) records.note({ at: now, total: recorded });
    },
    facts: () => {
      const now = clock.monotonic();
      const lag = now - caughtUpAt;
      const from = now - WINDOW_US - PATIENCE_US;
      return {
        intakeLagUs: lag < NO_LAG_US ? 0 : lag,
        // Without a report the proxy runs elsewhere: nobody here knows what it sees.
        traffic:
          reports === 0
            ? null
            : {
                calls: calls.between(from, now - PATIENCE_US),
                records: records.between(from, now),
              },
      };
    },
  };
}

function callsOf({ endpoints }: ProxyStats): number {
  return endpoints.reduce(
    (sum, { requests }) => sum + Object.values(requests).reduce((all, count) => all + count, 0),
    0,
  );
}

/** A running total over time. */
class Counter {
  #counts: Count[] = [];

  note(count: Count): void {
    const last = this.#counts.at(-1);
    if (last !== undefined && count.at - last.at < MICROS_PER_SECOND && this.#counts.length > 1) {
      this.#counts[this.#counts.length - 1] = { at: last.at, total: count.total };
    } else this.#counts.push(count);
    const oldest = count.at - 2 * WINDOW_US;
    while ((this.#counts[1]?.at ?? Number.POSITIVE_INFINITY) <= oldest) this.#counts.shift();
  }

  restart(count: Count): void {
    this.#counts = [count];
  }

  between(from: EpochMicros, to: EpochMicros): number {
    return Math.max(0, this.#at(to) - this.#at(from));
  }

  #at(time: EpochMicros): number {
    return this.#counts.findLast(({ at }) => at <= time)?.total ?? this.#counts[0]?.total ?? 0;
  }
}
