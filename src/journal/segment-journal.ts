import { noWritePointHook, type WritePointHook } from '../core/write-points.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  JournalEntry,
  JournalHealth,
  JournalWriter,
  ParkedRequest,
} from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';
import { Backlog } from './backlog.ts';
import { JournalAlarm } from './journal-alarm.ts';
import { writeJournalId } from './journal-id.ts';
import { JournalLockedError, type LockHold, takeLock } from './lock-file.ts';
import { recoverParked } from './parked-recovery.ts';
import { type JournalFs, nodeFs, segmentNumbers } from './segment-files.ts';
import { segmentHead } from './segment-head.ts';
import { type Durability, SegmentWriter } from './segment-writer.ts';
import { notify, type QueuedFrame, TurnBuffer, type Written } from './turn-buffer.ts';

export interface JournalSettings {
  readonly dir: string;
  /** `process`: outlives `kill -9`. `power`: outlives a power cut, about 0.13 ms a turn. */
  readonly durability: Durability;
  /** What happens to new requests while nothing can be written; ends of requests are always held. */
  readonly onFailure: 'forward' | 'refuse';
  /** Names this process, in `boot`. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log?: Log;
  /** A foreign lock with this heartbeat has been watched, and its owner is silent: it is taken over. */
  readonly silentHeartbeat?: number;
  /** Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Entries that memory holds while nothing can be written. Default 100,000. */
  readonly bufferEntries?: number;
  readonly fs?: JournalFs;
  readonly writePoint?: WritePointHook;
}

const SEGMENT_BYTES = 64 * 1_048_576;
const BUFFER_ENTRIES = 100_000;
const BATCH_BYTES = 1_048_576;
const TICK_MS = 1_000;

/**
 * Opens the journal in `dir` and starts a new segment: an older process's torn tail stays where it is.
 * A folder that cannot be written does not stop the program; `health()` tells, and the journal tries again.
 * @throws JournalLockedError when another process writes this journal.
 */
export function openJournal(settings: JournalSettings): JournalWriter {
  return new SegmentJournal(settings);
}

class SegmentJournal implements JournalWriter {
  readonly #settings: JournalSettings;
  readonly #fs: JournalFs;
  readonly #segment: SegmentWriter;
  readonly #turn = new TurnBuffer();
  readonly #backlog: Backlog;
  /** Requests with an end still to come. Their number, and no set of ids, which would be made anew all the time. */
  #open = 0;
  /** What the files say is parked: the next segment's head. */
  readonly #parked = new Map<string, ParkedRequest>();
  readonly #timer: NodeJS.Timeout;
  readonly resumed: readonly ParkedRequest[];
  readonly #alarm: JournalAlarm | null;
  #lock: LockHold | null = null;
  #scheduled = false;
  #closed = false;
  #mustRotate = false;
  #nextRotationAt = 0;
  #bytesWritten = 0;
  #lastError: string | null = null;

  constructor(settings: JournalSettings) {
    this.#settings = settings;
    this.#fs = settings.fs ?? nodeFs;
    const { dir, durability, writePoint = noWritePointHook } = settings;
    this.#segment = new SegmentWriter({ fs: this.#fs, dir, durability, writePoint });
    const { log, clock } = settings;
    this.#alarm = log === undefined ? null : new JournalAlarm(dir, log, clock);
    this.#backlog = new Backlog(settings.bufferEntries ?? BUFFER_ENTRIES);
    this.resumed = this.#recover();
    for (const parked of this.resumed) {
      this.#parked.set(parked.request.id, parked);
      this.#open += 1;
    }
    this.#ensureSegment();
    this.#alarm?.note(this.health());
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  append(entry: JournalEntry, written?: Written): void {
    this.#track(entry);
    try {
      // More than once when those that are told of the write append as much themselves.
      while (this.#turn.add(entry, written) === 'full') this.#flush();
    } catch (error) {
      this.#backlog.dropped += 1;
      this.#lastError = messageOf(error);
      notify([{ entry, written }], error as Error, this.#settings.log);
      return;
    }
    if (this.#closed) this.#flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#flushTurn());
    }
  }

  health(): JournalHealth {
    const failing = this.#lastError !== null;
    return {
      ok: !failing && this.#backlog.length === 0,
      entriesAtRisk: this.#backlog.length,
      entriesDropped: this.#backlog.dropped,
      lastError: this.#lastError,
      segment: this.#segment.segment,
      bytesWritten: this.#bytesWritten,
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#flush();
    this.#segment.close();
    this.#lock?.release();
    this.#alarm?.closed(this.health());
  }

  /** Reading what the last process left must not keep this one from starting. */
  #recover(): readonly ParkedRequest[] {
    const { dir } = this.#settings;
    try {
      this.#fs.mkdirSync(dir, { recursive: true, mode: 0o750 });
      this.#lock = takeLock(this.#fs, dir, this.#settings.silentHeartbeat);
    } catch (error) {
      if (error instanceof JournalLockedError) throw error;
      this.#lastError = `the journal ${dir} cannot be written: ${messageOf(error)}`;
    }
    try {
      return recoverParked(this.#fs, dir);
    } catch (error) {
      this.#lastError ??= `the journal ${dir} cannot be read: ${messageOf(error)}`;
      return [];
    }
  }

  #track(entry: JournalEntry): void {
    if (entry.type === 'opened') this.#open += 1;
    else if (entry.type === 'closed' && entry.unopened !== true) this.#open -= 1;
  }

  #tick(): void {
    if (this.#lock?.beat() === 'lost') {
      // Whoever has it now believed this process dead: nothing more may go to this process's segment.
      this.#lock = null;
      this.#mustRotate = true;
    }
    if (this.#open > 0) this.append({ type: 'alive', at: this.#settings.clock.now() });
    if (
      !this.#turn.isEmpty ||
      this.#backlog.length > 0 ||
      !this.#segment.isOpen ||
      this.#mustRotate
    )
      this.#flush();
    this.#alarm?.note(this.health());
  }

  /** What a close has written already would only start a segment behind it, and lock the journal anew. */
  #flushTurn(): void {
    if (!this.#closed || !this.#turn.isEmpty) this.#flush();
  }

  #flush(): void {
    this.#scheduled = false;
    const length = this.#turn.length;
    const frames = this.#turn.take();
    const error = this.#ensureSegment() ?? this.#drainBacklog();
    if (error !== null) this.#settleFailed(frames, 0, error);
    else if (frames.length > 0) this.#writeTurn(frames, length);
    else this.#lastError = null;
  }

  #writeTurn(frames: QueuedFrame[], length: number): void {
    const result = this.#segment.write(this.#turn.bytes, length);
    if (result.error === null) {
      this.#lastError = null;
      this.#bytesWritten += length;
      this.#settleWritten(frames);
      return;
    }
    if (result.unsynced) {
      // What a failed sync covers may be gone from the cache: it is written anew, to another file.
      this.#mustRotate = true;
      this.#settleFailed(frames, 0, result.error);
      return;
    }
    const whole = frames.filter((frame) => frame.end <= result.landed);
    const landed = whole.at(-1)?.end ?? 0;
    this.#segment.keep(landed);
    this.#bytesWritten += landed;
    const rest = frames.slice(whole.length);
    this.#settleFailed(rest, landed, result.error);
    this.#settleWritten(whole);
  }

  #settleWritten(frames: readonly QueuedFrame[]): void {
    for (const { entry } of frames) this.#noteParked(entry);
    notify(frames, null, this.#settings.log);
  }

  /** Holds the frames in memory, but for those that the policy refuses. `from`: where they start. */
  #settleFailed(frames: readonly QueuedFrame[], from: number, error: Error): void {
    this.#lastError = error.message;
    let start = from;
    for (const { entry, end } of frames) {
      // Of an opened one that is refused, the end comes all the same: the request is rejected.
      const refused = entry.type === 'opened' && this.#settings.onFailure === 'refuse';
      if (!refused && entry.type !== 'alive') {
        this.#backlog.hold(entry, this.#turn.bytes.subarray(start, end));
      }
      start = end;
    }
    notify(frames, error, this.#settings.log);
  }

  #drainBacklog(): Error | null {
    while (this.#backlog.length > 0) {
      const batch = this.#backlog.oldest(BATCH_BYTES);
      const bytes = Buffer.concat(batch.map((frame) => frame.bytes));
      const { error, landed, unsynced } = this.#segment.write(bytes, bytes.length);
      if (unsynced) this.#mustRotate = true;
      if (error !== null && unsynced) return error;
      let end = 0;
      const whole = batch.filter((frame) => {
        end += frame.bytes.length;
        return end <= landed;
      });
      const kept = whole.reduce((total, frame) => total + frame.bytes.length, 0);
      for (const { entry } of whole) this.#noteParked(entry);
      this.#backlog.release(whole.length);
      this.#bytesWritten += kept;
      if (error !== null) {
        this.#segment.keep(kept);
        return error;
      }
    }
    return null;
  }

  #noteParked(entry: JournalEntry): void {
    if (entry.type === 'parked') this.#parked.set(entry.parked.request.id, entry.parked);
    else if (entry.type === 'closed') this.#parked.delete(entry.request.id);
  }

  /** An error only when there is no segment to write to; a rotation that fails is tried again later. */
  #ensureSegment(): Error | null {
    const limit = this.#settings.segmentBytes ?? SEGMENT_BYTES;
    const due = this.#mustRotate || this.#segment.position >= limit;
    if (this.#segment.isOpen && !due) return null;
    const now = this.#settings.clock.monotonic();
    if (this.#segment.isOpen && !this.#mustRotate && now < this.#nextRotationAt) return null;
    try {
      this.#startSegment();
      return null;
    } catch (error) {
      this.#nextRotationAt = now + TICK_MS * 1_000;
      this.#lastError = `no journal segment can be started: ${messageOf(error)}`;
      return this.#segment.isOpen && !this.#mustRotate ? null : new Error(this.#lastError);
    }
  }

  #startSegment(): void {
    const { dir, instance, clock } = this.#settings;
    this.#fs.mkdirSync(dir, { recursive: true, mode: 0o750 });
    this.#lock ??= takeLock(this.#fs, dir);
    writeJournalId(this.#fs, dir, instance);
    const boot = this.#segment.segment === 0;
    const newest = segmentNumbers(this.#fs, dir).at(-1) ?? 0;
    const segment = Math.max(newest, this.#segment.segment) + 1;
    const parked = this.#parked.values();
    const bytes = segmentHead({ segment, instance, at: clock.now(), parked, boot });
    this.#segment.start(segment, bytes);
    this.#bytesWritten += bytes.length;
    this.#mustRotate = false;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
