import type { ClosedRequest, RequestCost } from '../core/request-record.ts';
import { MICROS_PER_SECOND, type Micros } from '../core/units.ts';
import { noWritePointHook, type WritePointHook } from '../core/write-points.ts';
import type { JournalFs } from '../journal/segment-files.ts';
import { createSegmentReader, journalIdOf, type ReadBatch } from '../journal/segment-reader.ts';
import type { Clock } from '../ports/clock.ts';
import { JournalTail } from './journal-tail.ts';
import type { Ledger } from './ledger.ts';
import { type PricedRequest, type PriceRequest, RequestWriter } from './request-writer.ts';
import { type IntakeNotice, SegmentDisposal } from './segment-disposal.ts';

export interface IntakeSettings {
  readonly ledger: Ledger;
  /** Folder of the journal, or folders of several. */
  readonly journals: string | readonly string[];
  readonly price: PriceRequest;
  readonly clock: Clock;
  /** Entries in one transaction. Default 4,000. */
  readonly batchSize?: number;
  /** How long Modal may run on after the caller has gone: widens the high bound of crashed requests. */
  readonly crashGraceUs?: Micros;
  /** After each commit that added requests. */
  readonly afterCommit?: (committed: CommittedRequests) => void;
  /** Damage found in the journal, and what was done with it. */
  readonly onNotice?: (notice: IntakeNotice) => void;
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
   * Moves one batch of each journal into the ledger.
   * @throws Error when the ledger refuses; nothing of that batch is then stored, and the next step repeats it.
   */
  step(): Promise<IntakeStep>;
  /** What waits in the journals. */
  backlog(): { segments: number; bytes: number };
  close(): void;
}

const BATCH_SIZE = 4_000;
const CRASH_GRACE_US = 120 * MICROS_PER_SECOND;

/** Tails journals into the ledger: rows, roll-ups and the place in the journal in one transaction. */
export function createIntake(settings: IntakeSettings): Intake {
  const { fs, writePoint = noWritePointHook } = settings;
  const dirs = typeof settings.journals === 'string' ? [settings.journals] : settings.journals;
  const writer = new RequestWriter(settings.ledger.db);
  const tails = dirs.map((dir) => {
    const reader = createSegmentReader(dir, fs);
    const onNotice = settings.onNotice ?? (() => {});
    const disposal = new SegmentDisposal({
      dir,
      fs,
      ledger: settings.ledger,
      onNotice,
      writePoint,
    });
    return { dir, reader, disposal, tail: new JournalTail(settings.ledger, dir) };
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
}

async function stepAll(context: IntakeContext, journals: TailedJournal[]): Promise<IntakeStep> {
  let entries = 0;
  let requests = 0;
  let caughtUp = true;
  for (const journal of journals) {
    const step = await stepOne(context, journal);
    entries += step.entries;
    requests += step.requests;
    caughtUp &&= step.caughtUp;
  }
  return { entries, requests, caughtUp };
}

async function stepOne(context: IntakeContext, journal: TailedJournal): Promise<IntakeStep> {
  const { settings, writePoint } = context;
  const { reader, tail, disposal, dir } = journal;
  await tail.load(journalIdOf(dir, settings.fs));
  const limit = settings.batchSize ?? BATCH_SIZE;
  const batch = reader.read(tail.position, limit, settings.clock.monotonic());
  // The journal was made while the ledger was asked: what was read belongs to another name.
  if (journalIdOf(dir, settings.fs) !== tail.journal) {
    return { entries: 0, requests: 0, caughtUp: false };
  }
  disposal.note(batch);
  writePoint('intake.read');
  const requests = tail.isAt(batch.next) ? 0 : await commit(context, journal, batch);
  await disposal.dispose(reader.segments(), batch.next.segment);
  return { entries: batch.entries.length, requests, caughtUp: batch.caughtUp };
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
  try {
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
  } catch (error) {
    // Ids given out in a transaction that was rolled back belong to nothing.
    writer.forget();
    tail.unload();
    throw error;
  }
}

/** A request that crashed has perhaps run on for the grace: its high bound says so. */
function priceOf(
  { price, crashGraceUs = CRASH_GRACE_US }: IntakeSettings,
  closed: ClosedRequest,
  recovered: boolean,
): PricedRequest {
  const cost = price(closed);
  if (!recovered || closed.execEstimateUs === null) return { closed, cost };
  const longest: RequestCost = price({
    ...closed,
    execEstimateUs: closed.execEstimateUs + crashGraceUs,
  });
  const highNano = longest.highNano ?? longest.totalNano ?? longest.execNano;
  return { closed, cost: { ...cost, highNano } };
}
