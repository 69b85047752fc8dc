import type { JournalHealth } from '../ports/journal.ts';

/** What the service knows of itself. Each part says in words what is wrong with it. */
export interface HealthFacts {
  readonly journal: JournalHealth | null;
  readonly journalSegments: number;
  readonly rowsPending: number;
  readonly ledgerError: string | null;
  /** Bytes free on the volume of the data directory. */
  readonly diskFreeBytes: number | null;
  /** Seconds since the proxy's thread last reported. `null` when it runs elsewhere. */
  readonly proxySilentSeconds: number | null;
  /** What the office's thread died of last, or why it could not start, while that is recent. */
  readonly officeError?: string | null;
  /** Why there is no office just now. */
  readonly officeDown?: string | null;
}

export interface Health {
  readonly status: 'ok' | 'degraded';
  readonly problems: readonly string[];
}

/** Below this the disk is called nearly full: an hour of journal at 1,000 requests/s. */
const LOW_DISK_BYTES = 1024 ** 3;
const SILENT_SECONDS = 10;

/** Turns facts into a verdict. Degraded means: requests still pass, records are at risk. */
export function assessHealth(facts: HealthFacts): Health {
  const problems = [
    ...journalProblems(facts.journal),
    ...(facts.ledgerError === null ? [] : [`the ledger cannot be written: ${facts.ledgerError}`]),
    ...diskProblems(facts.diskFreeBytes),
    ...silenceProblems(facts.proxySilentSeconds),
    ...officeProblems(facts),
  ];
  return { status: problems.length === 0 ? 'ok' : 'degraded', problems };
}

function journalProblems(journal: JournalHealth | null): string[] {
  if (journal === null) return [];
  const problems = [];
  if (!journal.ok) {
    problems.push(
      `the journal cannot be written (${journal.lastError ?? 'no reason given'}): ` +
        `${journal.entriesAtRisk} entries wait in memory and a crash now would lose them`,
    );
  }
  if (journal.entriesDropped > 0) {
    problems.push(`${journal.entriesDropped} journal entries were dropped: the buffer was full`);
  }
  return problems;
}

function diskProblems(free: number | null): string[] {
  if (free === null || free >= LOW_DISK_BYTES) return [];
  return [`only ${Math.round(free / 1024 ** 2)} MiB are free on the data directory's volume`];
}

function silenceProblems(seconds: number | null): string[] {
  if (seconds === null || seconds < SILENT_SECONDS) return [];
  return [`the proxy's thread has not reported for ${Math.round(seconds)} s`];
}

function officeProblems({ officeError = null, officeDown = null }: HealthFacts): string[] {
  if (officeDown !== null) {
    return [
      `the office does not run, and is tried again: ${officeDown}. Requests pass, and the journal keeps their records`,
    ];
  }
  return officeError === null ? [] : [`the office had ended and was started anew: ${officeError}`];
}
