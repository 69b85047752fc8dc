import { withPlausibleTokens } from '../core/plausible-tokens.ts';
import type { ClosedRequest, RequestCost } from '../core/request-record.ts';
import { MICROS_PER_SECOND, type Micros } from '../core/units.ts';
import { noWritePointHook, type WritePointHook } from '../core/write-points.ts';
import type { JournalFs } from '../journal/segment-files.ts';
import { createSegmentReader, journalIdOf, type ReadBatch } from '../journal/segment-reader.ts';
import type { Clock } from '../ports/clock.ts';
import { type IntakeRejection, isAboutData, keepRejections } from './intake-rejections.ts';
import { JournalTail } from './journal-tail.ts';
import type { Ledger } from './ledger.ts';
import type { ReservedNames } from './names.ts';
import { type PricedRequest, type PriceRequest, RequestWriter } from './request-writer.ts';
import { type IntakeNotice, SegmentDisposal } from './segment-disposal.ts';

export interface IntakeSettings {
  readonly ledger: Ledger;
  /** Folder of the journal, or folders of several. */
  readonly journals: string | readonly string[];
  readonly price: PriceRequest;
  readonly clock: Clock;
  /** Journal frames of one transaction. Default 1,000: what it holds fits a small young generation. */
  readonly batchSize?: number;
  /** How long Modal may run on after the caller has gone: widens the high bound of crashed requests. */
  readonly crashGraceUs?: Micros;
  /** After each commit that added requests. */
  readonly afterCommit?: (committed: CommittedRequests) => void;
  /** Damage found in the journal, and what was done with it. */
  readonly onNotice?: (notice: IntakeNotice) => void;
  /** A record that the ledger refuses for what it holds was set aside, so that the next ones pass. */
  readonly onRejected?: (rejection: IntakeRejection) => void;
  /** Whether this office may take in a journal now, by the journal's id. Default: every one. */
  readonly mayTakeIn?: (journal: string) => Promise<boolean>;
  /** Names that are stored beside as many as callers make up. */
  readonly reserved?: ReservedNames;
  readonly fs?: JournalFs;
  readonly writePoint?: WritePointHook;
}

interface CommittedRequests {
  readonly journal: string;
  readonly inserted: number;
  /** Requests that the ledger had already. */
  readonly repeated: number;
  readonly lastSeq: number;
}

interface IntakeStep {
  readonly entries: number;
  readonly requests: number;
  /** Nothing more is in any journal at present. */
  readonly caughtUp: boolean;
}

export interface Intake {
  /**
   * Moves one batch of each journal into the ledger. One that fails does not keep the others.
   * @throws Error when the ledger refuses; nothing of that batch is then stored, and the next step repeats it.
   */
  step(): Promise<IntakeStep>;
  /** What waits in the journals. */
  backlog(): { segments: number; bytes: number };
  close(): void;
}

const BATCH_SIZE = 1_000;
const CRASH_GRACE_US = 120 * MICROS_PER_SECOND;

/** Tails journals into the ledger: rows, roll-ups and the place in the journal in one transaction. */
export function createIntake(settings: IntakeSettings): Intake {
  const { fs, writePoint = noWritePointHook } = settings;
  const dirs = typeof settings.journals === 'string' ? [settings.journals] : settings.journals;
  const writer = new RequestWriter(settings.ledger.db, settings.reserved);
  const tails = dirs.map((dir) => {
    const reader = createSegmentReader(dir, fs, 'unanswered');
    const onNotice = settings.onNotice ?? (() => {});
    const disposal = new SegmentDisposal({
      dir,
      fs,
      ledger: settings.ledger,
      onNotice,
      writePoint,
    });
    const limit = settings.batchSize ?? BATCH_SIZE;
    return { dir, reader, disposal, tail: new JournalTail(settings.ledger, dir), limit };
  });
  const context = { settings, writer, writePoint };
  let queue: Promise<unknown> = Promise.resolve();
  return {
    step: () => {
      const next = queue.then(() => stepAll(context, tails));
      queue = next.catch(() => {});
      return next;
    },
    backlog: () => {
      const parts = tails.map(({ reader, tail }) => reader.backlog(tail.position));
      return {
        segments: parts.reduce((total, part) => total + part.segments, 0),
        bytes: parts.reduce((total, part) => total + part.bytes, 0),
      };
    },
    close: () => {
      for (const { reader } of tails) reader.close();
    },
  };
}

interface IntakeContext {
  readonly settings: IntakeSettings;
  readonly writer: RequestWriter;
  readonly writePoint: WritePointHook;
}

interface TailedJournal {
  readonly dir: string;
  readonly reader: ReturnType<typeof createSegmentReader>;
  readonly disposal: SegmentDisposal;
  readonly tail: JournalTail;
  /** Entries of the next batch: halves while the ledger refuses what they hold, then doubles. */
  limit: number;
}

async function stepAll(context: IntakeContext, journals: TailedJournal[]): Promise<IntakeStep> {
  let entries = 0;
  let requests = 0;
  let caughtUp = true;
  const failures: unknown[] = [];
  for (const journal of journals) {
    try {
      const step = await stepOne(context, journal);
      entries += step.entries;
      requests += step.requests;
      caughtUp &&= step.caughtUp;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return { entries, requests, caughtUp };
}

const NOTHING: IntakeStep = { entries: 0, requests: 0, caughtUp: true };

async function stepOne(context: IntakeContext, journal: TailedJournal): Promise<IntakeStep> {
  const { settings, writePoint } = context;
  const { reader, tail, disposal, dir } = journal;
  const id = journalIdOf(dir, settings.fs);
  if ((await settings.mayTakeIn?.(id)) === false) {
    // Whoever may moves the place in the ledger: it is read again when the turn comes.
    tail.unload();
    return NOTHING;
  }
  await tail.load(id);
  const batch = reader.read(tail.position, journal.limit, settings.clock.monotonic());
  // The journal was made while the ledger was asked: what was read belongs to another name.
  if (journalIdOf(dir, settings.fs) !== tail.journal) return { ...NOTHING, caughtUp: false };
  disposal.note(batch);
  writePoint('intake.read');
  const requests = tail.isAt(batch.next) ? 0 : await commitOrNarrow(context, journal, batch);
  if (requests === null) return { ...NOTHING, caughtUp: false };
  await disposal.dispose(reader.segments(), batch.next.segment);
  return { entries: batch.entries.length, requests, caughtUp: batch.caughtUp };
}

/** `null`: the ledger refuses what the batch holds; the next one is half as long, down to the one entry. */
async function commitOrNarrow(
  context: IntakeContext,
  journal: TailedJournal,
  batch: ReadBatch,
): Promise<number | null> {
  const { settings, writer } = context;
  try {
    const requests = await commit(context, journal, batch);
    journal.limit = Math.min(settings.batchSize ?? BATCH_SIZE, journal.limit * 2);
    return requests;
  } catch (error) {
    // Ids given out in a transaction that was rolled back belong to nothing.
    writer.forget();
    journal.tail.unload();
    if (!isAboutData(error)) throw error;
    if (batch.entries.length > 1) {
      journal.limit = Math.ceil(batch.entries.length / 2);
      return null;
    }
    await journal.tail.load(journal.tail.journal);
    return takeInAlone(context, journal, batch).catch((failure: unknown) => {
      writer.forget();
      journal.tail.unload();
      throw failure;
    });
  }
}

async function commit(
  { settings, writer, writePoint }: IntakeContext,
  { tail }: TailedJournal,
  batch: ReadBatch,
): Promise<number> {
  const replayed = tail.replay(batch.entries);
  const priced = replayed.closed.map((closed) =>
    priceOf(settings, closed, replayed.recovered.has(closed.id)),
  );
  const written = await settings.ledger.db.transaction().execute(async (trx) => {
    const result = priced.length > 0 ? await writer.write(trx, priced) : null;
    writePoint('intake.rows-inserted');
    await tail.save(trx, writer.names, { replayed, position: batch.next });
    writePoint('intake.offset-written');
    return result;
  });
  tail.advance(replayed, batch.next);
  writePoint('intake.committed');
  if (written !== null) settings.afterCommit?.({ journal: tail.journal, ...written });
  return written?.inserted ?? 0;
}

/** A request that crashed has perhaps run on for the grace: its high bound says so. */
function priceOf(
  { price, crashGraceUs = CRASH_GRACE_US }: IntakeSettings,
  request: ClosedRequest,
  recovered: boolean,
): PricedRequest {
  const closed = withPlausibleTokens(request);
  const cost = price(closed);
  if (!recovered || closed.execEstimateUs === null) return { closed, cost };
  const longest: RequestCost = price({
    ...closed,
    execEstimateUs: closed.execEstimateUs + crashGraceUs,
  });
  const highNano = longest.highNano ?? longest.totalNano ?? longest.execNano;
  return { closed, cost: { ...cost, highNano } };
}

/** One entry, each of its requests by itself: what the ledger refuses even so is set aside. */
async function takeInAlone(
  { settings, writer }: IntakeContext,
  { tail }: TailedJournal,
  batch: ReadBatch,
): Promise<number> {
  const { ledger, clock, onRejected } = settings;
  const replayed = tail.replay(batch.entries);
  const rejections: IntakeRejection[] = [];
  let inserted = 0;
  for (const closed of replayed.closed) {
    try {
      const priced = priceOf(settings, closed, replayed.recovered.has(closed.id));
      const written = await ledger.db.transaction().execute((trx) => writer.write(trx, [priced]));
      inserted += written.inserted;
    } catch (error) {
      writer.forget();
      if (!isAboutData(error)) throw error;
      rejections.push(rejectionOf(closed.id, closed, error));
    }
  }
  await ledger.db.transaction().execute(async (trx) => {
    await keepRejections(trx, tail.journal, { rejections, at: clock.now() });
    await tail.save(trx, writer.names, { replayed, position: batch.next });
  });
  tail.advance(replayed, batch.next);
  for (const rejection of rejections) onRejected?.(rejection);
  return inserted;
}

function rejectionOf(requestId: string, record: unknown, error: unknown): IntakeRejection {
  const reason = error instanceof Error ? error.message : String(error);
  return { requestId, reason, record };
}
