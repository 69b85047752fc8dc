import { hostname } from 'node:os';
import { join } from 'node:path';
import type { JournalFs } from './segment-files.ts';

/** Index of the start time, field 22, among the fields from the state on. */
const START_TIME = 19;

interface LockOwner {
  readonly pid: number;
  /** Start of the process in the system's own unit; empty where the system does not tell. */
  readonly startTime: string;
  /** Where its number means something; empty when an older version wrote the lock. */
  readonly place: string;
}

/** Another process writes this journal. Two writers would overwrite each other. */
export class JournalLockedError extends Error {
  /**
   * Changes while the owner lives. `null`: the owner was seen alive. Else it is a process of another machine or
   * container, of which only the heartbeat tells.
   */
  readonly heartbeat: number | null;

  constructor(dir: string, { pid, place }: LockOwner, heartbeat: number | null) {
    super(
      `the journal ${dir} is in use by process ${pid}${heartbeat === null ? '' : ` of ${place || 'another machine'}`}. ` +
        'Stop that process, or give this one its own `dataDir`; every proxy needs a journal of its own.',
    );
    this.name = 'JournalLockedError';
    this.heartbeat = heartbeat;
  }
}

/** The lock while it is this process's. */
export interface LockHold {
  /** Says that this process lives; to be called once a second. `lost`: another process has the lock now. */
  beat(): 'held' | 'lost';
  release(): void;
}

/** A foreign owner that was silent for so long is dead, whatever the clocks of two machines say. */
const LONG_SILENCE_MS = 60_000;

/**
 * Takes the folder's lock for this process. A lock is taken over when its process has ended on this machine, or its
 * number now belongs to another; when it is of another machine or container, only after silence: a minute by the
 * clock, or `silentHeartbeat`, the heartbeat that the caller has watched standing still.
 * @throws JournalLockedError when its owner lives, or may live; else the file system's error.
 */
export function takeLock(fs: JournalFs, dir: string, silentHeartbeat?: number): LockHold {
  const file = join(dir, 'journal.lock');
  const { pid } = process;
  const own = JSON.stringify({ pid, startTime: startTimeOf(fs, pid), place: placeOf(fs) });
  for (let attempt = 0; ; attempt++) {
    try {
      fs.writeFileSync(file, own, { flag: 'wx', mode: 0o640 });
      return { beat: () => beat(fs, file, own), release: () => release(fs, file, own) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 2) throw error;
    }
    const found = lockIn(fs, file);
    if (found === null) continue;
    requireDead(fs, dir, { ...found, silentHeartbeat });
    setAside(fs, file, found.text);
  }
}

interface FoundLock {
  readonly text: string;
  readonly heartbeat: number;
}

function requireDead(
  fs: JournalFs,
  dir: string,
  { text, heartbeat, silentHeartbeat }: FoundLock & { silentHeartbeat: number | undefined },
): void {
  const owner = ownerIn(text);
  if (owner === null) return;
  if (owner.place === placeOf(fs)) {
    if (isAlive(fs, owner)) throw new JournalLockedError(dir, owner, null);
    return;
  }
  const silent = heartbeat === silentHeartbeat || Date.now() - heartbeat > LONG_SILENCE_MS;
  if (!silent) throw new JournalLockedError(dir, owner, heartbeat);
}

/**
 * Of two that start at once, only one moves the dead lock away: the other may meet the new one in its place, and
 * then puts it back.
 */
function setAside(fs: JournalFs, file: string, dead: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    fs.renameSync(file, aside);
    const moved = String(fs.readFileSync(aside, 'utf8'));
    fs.unlinkSync(aside);
    if (moved !== dead) fs.writeFileSync(file, moved, { flag: 'wx', mode: 0o640 });
  } catch {
    // Another process was quicker; the next attempt meets its lock.
  }
}

function beat(fs: JournalFs, file: string, own: string): 'held' | 'lost' {
  try {
    if (fs.readFileSync(file, 'utf8') !== own) return 'lost';
    const now = new Date();
    fs.utimesSync(file, now, now);
    return 'held';
  } catch (error) {
    // A disk that fails says nothing of the owner.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'lost' : 'held';
  }
}

function release(fs: JournalFs, file: string, own: string): void {
  try {
    if (fs.readFileSync(file, 'utf8') === own) fs.unlinkSync(file);
  } catch {
    // A lock left behind is stale once this process has ended, and is then taken over.
  }
}

function lockIn(fs: JournalFs, file: string): FoundLock | null {
  try {
    const text = String(fs.readFileSync(file, 'utf8'));
    return { text, heartbeat: fs.statSync(file).mtimeMs };
  } catch {
    return null;
  }
}

function ownerIn(text: string): LockOwner | null {
  try {
    const { pid, startTime, place = '' } = JSON.parse(text);
    if (!Number.isInteger(pid) || pid <= 0) return null;
    return { pid, startTime: String(startTime), place: String(place) };
  } catch {
    return null;
  }
}

/** Machine, boot and process namespace: within them a process number names one process at a time. */
function placeOf(fs: JournalFs): string {
  return [hostname(), bootOf(fs), namespaceOf(fs)].join(' ').trim();
}

function bootOf(fs: JournalFs): string {
  try {
    return String(fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch {
    return '';
  }
}

/** Two containers of one machine have two; where the system has none, the host's name has to do. */
function namespaceOf(fs: JournalFs): string {
  try {
    return String(fs.statSync('/proc/self/ns/pid').ino);
  } catch {
    return '';
  }
}

function isAlive(fs: JournalFs, owner: LockOwner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const stat = statOf(fs, owner.pid);
  // It has ended, and keeps its number until its parent asks for it, which some parents never do.
  if (stat[0] === 'Z' || stat[0] === 'X') return false;
  return owner.startTime === (stat[START_TIME] ?? '');
}

function startTimeOf(fs: JournalFs, pid: number): string {
  return statOf(fs, pid)[START_TIME] ?? '';
}

/** `/proc/<pid>/stat` (proc(5)) from field 3, the state, on: the name before it may hold spaces. */
function statOf(fs: JournalFs, pid: number): string[] {
  try {
    const stat = String(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
