import type { ClosedRequest } from './request-record.ts';
import type { Micros } from './units.ts';

/** The part of a request during which a container worked on it. Offsets from the request's start. */
export interface Execution {
  readonly startUs: Micros;
  readonly endUs: Micros;
  /** True when nothing told the wait before the container apart: queue and boot may be inside. */
  readonly upperBound: boolean;
}

/** What of a record `executionOf` reads. */
export type ExecutionFacts = Pick<
  ClosedRequest,
  | ('paid' | 'execEstimateUs' | 'sentUs' | 'firstByteUs' | 'lastByteUs' | 'upstreamEndUs')
  | ('durationUs' | 'queueUs' | 'generationUs' | 'coldStart' | 'containerAgeUs')
>;

/**
 * When a container worked on the request; `null` when none did (refused at the edge, never sent).
 *
 * Modal's queue, boot and the wait for a blocked event loop are no execution. What the upstream says of
 * them moves the start, capped by the proxy's own clock: a wait before the work (`queueUs`), the work's
 * length (`generationUs`), or, for the request that came with its container, the container's age.
 */
export function executionOf(facts: ExecutionFacts): Execution | null {
  if (facts.paid === 'no') return null;
  if (facts.paid === 'unknown' && facts.sentUs === null && facts.execEstimateUs === null) {
    return null;
  }
  const sentUs = facts.sentUs ?? 0;
  const endUs = Math.max(sentUs, facts.upstreamEndUs ?? facts.lastByteUs ?? facts.durationUs);
  const queued = afterQueue(facts, sentUs);
  const generating = beforeGeneration(facts, endUs);
  const booted = afterBoot(facts, sentUs);
  const known = Math.max(queued ?? sentUs, generating ?? sentUs, booted ?? sentUs);
  return {
    startUs: Math.min(endUs, Math.max(sentUs, known)),
    endUs,
    upperBound: queued === null && generating === null && booted === null,
  };
}

function afterQueue({ queueUs }: ExecutionFacts, sentUs: Micros): Micros | null {
  return queueUs === null ? null : sentUs + queueUs;
}

function beforeGeneration(facts: ExecutionFacts, endUs: Micros): Micros | null {
  if (facts.generationUs === null) return null;
  return (facts.lastByteUs ?? endUs) - facts.generationUs;
}

/**
 * A container that was started for this request cannot be older than the request: entry was its age
 * later. An age beyond the first byte belongs to a container that was started earlier and tells nothing.
 */
function afterBoot(facts: ExecutionFacts, sentUs: Micros): Micros | null {
  const { coldStart, containerAgeUs } = facts;
  if (coldStart !== true || containerAgeUs === null) return null;
  const entryUs = sentUs + containerAgeUs;
  return entryUs <= (facts.firstByteUs ?? facts.durationUs) ? entryUs : null;
}
