import { join } from 'node:path';
import type { JournalFs } from './segment-files.ts';

interface LockOwner {
  readonly pid: number;
  /** Start of the process in the system's own unit; empty where the system does not tell. */
  readonly startTime: string;
}

/** Another process writes this journal. Two writers would overwrite each other. */
export class JournalLockedError extends Error {
  constructor(dir: string, pid: number) {
    super(
      `the journal ${dir} is in use by process ${pid}. Stop that process, or give this one its own ` +
        '`dataDir`; every proxy needs a journal of its own.',
    );
    this.name = 'JournalLockedError';
  }
}

/**
 * Takes the folder's lock for this process; a function that gives it back. A lock whose process has
 * ended, or whose number now belongs to another process, is taken over.
 * @throws JournalLockedError when its owner lives; else the file system's error.
 */
export function takeLock(fs: JournalFs, dir: string): () => void {
  const file = join(dir, 'journal.lock');
  const own = JSON.stringify({ pid: process.pid, startTime: startTimeOf(fs, process.pid) });
  for (let attempt = 0; ; attempt++) {
    try {
      fs.writeFileSync(file, own, { flag: 'wx', mode: 0o640 });
      return () => release(fs, file, own);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 2) throw error;
    }
    const owner = ownerIn(fs, file);
    if (owner !== null && isAlive(fs, owner)) throw new JournalLockedError(dir, owner.pid);
    removeQuietly(fs, file);
  }
}

function release(fs: JournalFs, file: string, own: string): void {
  try {
    if (fs.readFileSync(file, 'utf8') === own) fs.unlinkSync(file);
  } catch {
    // A lock left behind is stale once this process has ended, and is then taken over.
  }
}

function removeQuietly(fs: JournalFs, file: string): void {
  try {
    fs.unlinkSync(file);
  } catch {
    // Another process was quicker; the next attempt meets its lock.
  }
}

function ownerIn(fs: JournalFs, file: string): LockOwner | null {
  try {
    const { pid, startTime } = JSON.parse(String(fs.readFileSync(file, 'utf8')));
    return Number.isInteger(pid) && pid > 0 ? { pid, startTime: String(startTime) } : null;
  } catch {
    return null;
  }
}

function isAlive(fs: JournalFs, owner: LockOwner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return owner.startTime === startTimeOf(fs, owner.pid);
}

/** Field 22 of `/proc/<pid>/stat` (proc(5)), counted after the name, which may hold spaces. */
function startTimeOf(fs: JournalFs, pid: number): string {
  try {
    const stat = String(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
