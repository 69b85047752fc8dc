/**
 * The places where a process that dies could lose or double a record. A chaos harness, or a test, hooks
 * each of them; in the program the hook does nothing.
 */
export const WRITE_POINTS = [
  'journal.write.before',
  'journal.write.after',
  'journal.sync.after',
  'journal.rotate.created',
  'journal.rotate.head-written',
  'journal.rotate.renamed',
  'journal.rotate.done',
  'intake.read',
  'intake.rows-inserted',
  'intake.offset-written',
  'intake.committed',
  'intake.durable',
  'intake.segment-deleted',
] as const;
export type WritePoint = (typeof WRITE_POINTS)[number];

/** Called when the program passes a write point. */
export type WritePointHook = (point: WritePoint) => void;

export const noWritePointHook: WritePointHook = () => {};
