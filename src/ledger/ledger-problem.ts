/** What keeps the ledger from being used, in words, and what a person can do about it. */
export function ledgerProblem(error: unknown): string {
  const message = messageOf(error);
  const remedy = remedyOf((error as { code?: unknown } | null)?.code, message);
  return remedy === null ? message : `${message}. ${remedy}`;
}

const AWAY =
  'Check that PostgreSQL runs, and that `ledger.postgres` has its host, port, user and database';

function remedyOf(code: unknown, message: string): string | null {
  if (typeof code !== 'string') return /timeout|terminated/i.test(message) ? AWAY : null;
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return 'Another program holds the file: end it, or let it finish';
  }
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) {
    return (
      'Put a backup in its place, or move it and its -wal and -shm files away: a new ledger is then made, ' +
      'and has what the journal still keeps'
    );
  }
  if (/^SQLITE_(CANTOPEN|READONLY|PERM)/.test(code)) {
    return 'Check that its folder exists and that this user may write there';
  }
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') return 'Free space on its volume';
  // Of the network, or PostgreSQL's classes: connection, authorisation, no such database, not yet or no longer up.
  return /^(E[A-Z]+|08\w{3}|28\w{3}|3D000|53300|57P\w{2})$/.test(code) ? AWAY : null;
}

/** Where several addresses were tried, the sum of the failures has no words of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
