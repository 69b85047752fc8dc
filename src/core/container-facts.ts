import type { ContainerClaim } from './occupancy/run.ts';
import type { EpochMicros, Micros } from './units.ts';

/** A container's life, as Modal's API says. It has ended. */
export interface ContainerLifetime {
  readonly enqueuedAt: EpochMicros | null;
  /** It could take requests from here on. */
  readonly readyAt: EpochMicros | null;
  readonly endedAt: EpochMicros;
}

/** Where and when a request's function call ran, as Modal's API says. */
export interface CallFact {
  readonly containerId: string;
  readonly runFrom: EpochMicros;
  readonly runUs: Micros | null;
  /** How long the container took to start up. */
  readonly bootUs: Micros | null;
}

/** A request's execution as the proxy and the container's headers saw it. */
export interface ObservedRun {
  /** The request came to the proxy. */
  readonly arrivedAt: EpochMicros;
  readonly start: EpochMicros;
  readonly end: EpochMicros;
  readonly containerId: string | null;
  readonly ageUs: Micros | null;
  readonly readyUs: Micros | null;
}

export interface ContainerRun {
  readonly start: EpochMicros;
  readonly end: EpochMicros;
  readonly claim: ContainerClaim | null;
}

/**
 * A request's execution by all that is known of it. What Modal says wins over headers, and both over times on
 * the wire; a fact that does not meet the request in time (another clock, a container's name that is not its
 * own) is left out.
 */
export function runByFacts(
  observed: ObservedRun,
  call: CallFact | null,
  lifetimeOf: (containerId: string) => ContainerLifetime | null,
): ContainerRun {
  const run = call !== null && meets(observed, call) ? runOfCall(observed, call) : observed;
  const { start, end, containerId } = run;
  if (containerId === null) return { start, end, claim: null };
  const lifetime = lifetimeOf(containerId);
  if (lifetime === null || !covers(lifetime, run)) {
    const { ageUs, readyUs } = run;
    const claim = { id: containerId, level: 'observed', ageUs, readyUs } as const;
    return { start, end, claim: { ...claim, startedAt: null, endedAt: null } };
  }
  return runInLife({ ...run, containerId }, lifetime);
}

function meets({ arrivedAt, end }: ObservedRun, { runFrom, runUs }: CallFact): boolean {
  return runFrom <= end && runFrom + (runUs ?? end - runFrom) >= arrivedAt;
}

function runOfCall(observed: ObservedRun, call: CallFact): ObservedRun {
  const start = Math.max(observed.arrivedAt, call.runFrom);
  const sameContainer = observed.containerId === call.containerId;
  return {
    arrivedAt: observed.arrivedAt,
    start,
    end: call.runUs === null ? observed.end : start + call.runUs,
    containerId: call.containerId,
    ageUs: sameContainer ? observed.ageUs : null,
    readyUs: sameContainer && observed.readyUs !== null ? observed.readyUs : call.bootUs,
  };
}

function covers({ readyAt, endedAt }: ContainerLifetime, { start, end }: ObservedRun): boolean {
  return start <= endedAt && end >= (readyAt ?? start);
}

/** Nothing ran before the container was ready, nor after it had ended. */
function runInLife(
  run: ObservedRun & { readonly containerId: string },
  lifetime: ContainerLifetime,
): ContainerRun {
  const { readyAt, endedAt } = lifetime;
  const startedAt = startOf(run, lifetime);
  const end = Math.min(run.end, endedAt);
  const earliest = startedAt === null ? null : readyAt;
  return {
    start: Math.min(end, Math.max(run.start, earliest ?? run.start)),
    end,
    claim: {
      id: run.containerId,
      level: 'authoritative',
      ageUs: run.ageUs,
      readyUs: startedAt === null || readyAt === null ? run.readyUs : readyAt - startedAt,
      startedAt,
      endedAt,
    },
  };
}

/**
 * Billed from here on: readiness less the boot, by the container's word. `null`: nothing tells boot from the
 * wait for a GPU, which is free.
 */
function startOf(
  { start, ageUs, readyUs }: ObservedRun,
  { enqueuedAt, readyAt }: ContainerLifetime,
): EpochMicros | null {
  if (readyAt === null) return null;
  const from = readyUs === null ? (ageUs === null ? null : start - ageUs) : readyAt - readyUs;
  return from === null ? null : Math.min(readyAt, Math.max(from, enqueuedAt ?? from));
}
