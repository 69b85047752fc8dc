import { setTimeout as pause } from 'node:timers/promises';
import type { JournalWriter } from '../ports/journal.ts';
import { JournalLockedError } from './lock-file.ts';
import { type JournalSettings, openJournal } from './segment-journal.ts';

const LOOK_MS = 1_000;
/** A living owner beats once a second; one that is silent so long is dead or cannot write anyway. */
const SILENCE_MS = 10_000;

/**
 * As `openJournal`; where another machine or container has the lock, it is watched first: its heart beats, and that
 * is an error, or is silent for `silenceMs`, and the lock is taken over. A container that was killed and comes back
 * therefore needs ten seconds; one that was stopped has given its lock back and needs none.
 * @throws JournalLockedError when another process writes this journal.
 */
export async function openWhenFree(
  settings: JournalSettings,
  silenceMs = SILENCE_MS,
): Promise<JournalWriter> {
  const first = tryOpen(settings);
  if (!(first instanceof JournalLockedError)) return first;
  settings.log?.warn(
    { journal: settings.dir, silenceMs },
    "the journal's lock is of another machine or container; its heartbeat is watched first",
  );
  for (let waitedMs = 0; waitedMs < silenceMs; waitedMs += LOOK_MS) {
    await pause(Math.min(LOOK_MS, silenceMs));
    const next = tryOpen(settings);
    if (!(next instanceof JournalLockedError)) return next;
    if (next.heartbeat !== first.heartbeat) throw next;
  }
  return openJournal({ ...settings, silentHeartbeat: first.heartbeat ?? 0 });
}

/** An owner of which only the heartbeat tells is returned, not thrown. */
function tryOpen(settings: JournalSettings): JournalWriter | JournalLockedError {
  try {
    return openJournal(settings);
  } catch (error) {
    if (error instanceof JournalLockedError && error.heartbeat !== null) return error;
    throw error;
  }
}
