import type { SpenderSpend } from './spending-limit.ts';
import type { EpochMicros, Micros, NanoUsd } from './units.ts';
import type { RuleState } from './verdict.ts';

/**
 * Everything that a decision may rest on, read from the ledger at one moment and then frozen. Rules are
 * functions of this and of their settings, so a verdict can be repeated for any moment of the past.
 */
export interface Facts {
  readonly now: EpochMicros;
  /** Zone of months, weeks and days. */
  readonly zone: string;
  /** Start of the first request on record, `null`: none yet. */
  readonly firstRequestAt: EpochMicros | null;
  /** Days with a request, from the first to now, in the zone. */
  readonly activeDays: number;
  /** `hours` is complete from here to `now`. */
  readonly hoursFrom: EpochMicros;
  /** Ascending UTC hours; an hour in which nothing happened is left out. */
  readonly hours: readonly HourFacts[];
  /** This month so far. */
  readonly spenders: readonly SpenderSpend[];
  readonly endpoints: readonly EndpointFacts[];
  readonly latency: readonly LatencyFacts[];
  readonly egress: EgressFacts;
  readonly incidents: readonly IncidentFacts[];
  readonly recorder: RecorderFacts;
  /** Where the rules stood at the last evaluation, by `stateKey`. */
  readonly previous: Readonly<Record<string, PreviousState>>;
  /** Notices of the last months, whatever their channel. */
  readonly told: readonly Told[];
}

export interface HourFacts {
  /** Start of the UTC hour. A window has the hours that start in it. */
  readonly hour: EpochMicros;
  readonly requests: number;
  readonly successes: number;
  readonly bytesOut: number;
  /** Effective spend, billed where the bill covers the hour, else modelled; and what is not settled. */
  readonly spendNano: NanoUsd;
  /** The part of it that is an estimate: requests that started in the hour and are not settled yet. */
  readonly unsettledNano: NanoUsd;
  /** First end among those requests; `null`: settlement has seen them all. */
  readonly unsettledSince: EpochMicros | null;
  readonly billed: boolean;
  readonly busyNano: NanoUsd;
  readonly coldNano: NanoUsd;
  readonly idleNano: NanoUsd;
  /** Requests that no price is known for: the spend is then a lower bound. */
  readonly unpriced: number;
  /** Modal's own egress line of the hour, `null` when the bill has none. */
  readonly egressBilledNano: NanoUsd | null;
}

/** An endpoint as configured, and where it was seen to run in the last 30 days. */
export interface EndpointFacts {
  readonly name: string;
  /** Region pin of the configuration; `any` means none. */
  readonly region: string;
  readonly requests30d: number;
  readonly bytes30d: number;
  readonly containerRegions: readonly RegionCount[];
  readonly clientCountries: readonly RegionCount[];
}

export interface RegionCount {
  readonly region: string;
  readonly requests: number;
}

/** Latency of an endpoint or of one of its operations that declares an objective. */
export interface LatencyFacts {
  readonly endpoint: string;
  readonly operation: string | null;
  readonly objectiveUs: Micros;
  readonly firstRequestAt: EpochMicros | null;
  /** 95th percentile of the seven days that end at `at`: one a day, ascending, the last one now. */
  readonly weekly: readonly {
    readonly at: EpochMicros;
    readonly requests: number;
    readonly p95Us: Micros | null;
  }[];
  /** Where the slowest tenth of the last seven days spent its time. */
  readonly split: LatencySplit | null;
}

/** Sums over the same requests. `null`: not measured, so part of `unattributedUs`. */
export interface LatencySplit {
  readonly requests: number;
  readonly totalUs: Micros;
  readonly queueUs: Micros | null;
  readonly coldUs: Micros | null;
  readonly generationUs: Micros | null;
  /** Between proxy and container: Modal's edge and the network. */
  readonly networkUs: Micros | null;
  /** The proxy's own, and what the client was slow to take. */
  readonly clientUs: Micros;
  readonly unattributedUs: Micros;
}

/** Response bytes of the last 30 days. */
export interface EgressFacts {
  readonly bytes: number;
  /** Bytes whose digest is known, so that a repeat would show. */
  readonly digestedBytes: number;
  /** Of those, bytes sent already within the 24 hours before: what a cache could have served. */
  readonly repeatableBytes: number;
  readonly byContentType: readonly { readonly name: string; readonly bytes: number }[];
  readonly topPaths: readonly { readonly name: string; readonly bytes: number }[];
}

/** A time in which an endpoint answered nothing but failures of Modal's side. */
export interface IncidentFacts {
  readonly id: string;
  readonly endpoint: string;
  /** First failure after the last success. */
  readonly startedAt: EpochMicros;
  /** Next success; `null` while it lasts. */
  readonly endedAt: EpochMicros | null;
  readonly lastFailureAt: EpochMicros;
  readonly failures: number;
  /** Failures by error class, most frequent first. */
  readonly classes: readonly { readonly name: string; readonly count: number }[];
}

/** How well the service sees. `null`: not known, or not part of this process. */
export interface RecorderFacts {
  /** The ledger takes no write since; `null`: it does, or nobody looked. */
  readonly ledger: { readonly failingSince: EpochMicros; readonly lastError: string } | null;
  readonly journal: {
    readonly ok: boolean;
    readonly entriesAtRisk: number;
    readonly lastError: string | null;
  } | null;
  /** Age of the oldest journal entry that is not in the ledger. */
  readonly intakeLagUs: Micros | null;
  /** Upstream calls seen on the wire in the last 15 minutes, and records written in them. */
  readonly traffic: { readonly calls: number; readonly records: number } | null;
  readonly sinks: readonly {
    readonly name: string;
    readonly lagUs: Micros;
    readonly depth: number;
    readonly stopped: string | null;
    /** Items that the receiver refused, since ever. */
    readonly rejected: number;
  }[];
  readonly collectors: readonly CollectorFacts[];
  readonly diskFreeBytes: number | null;
}

/** What a process knows that records nothing itself. */
export const NOTHING_WATCHED: RecorderFacts = {
  ledger: null,
  journal: null,
  intakeLagUs: null,
  traffic: null,
  sinks: [],
  collectors: [],
  diskFreeBytes: null,
};

export interface CollectorFacts {
  readonly name: string;
  readonly lastSuccessAt: EpochMicros | null;
  /** Configured since, for one that never succeeded. */
  readonly startedAt: EpochMicros;
  /** Older than this is stale. */
  readonly staleAfterUs: Micros;
  readonly lastError: string | null;
}

/** A rule's state as the last evaluation left it. */
export interface PreviousState {
  readonly state: RuleState;
  readonly since: EpochMicros | null;
  /** Evaluations in a row that found this state. */
  readonly streak: number;
}

/** A notice that was decided, with the figures it was decided on. */
export interface Told {
  readonly rule: string;
  readonly period: string;
  readonly subject: string;
  readonly kind: string;
  readonly at: EpochMicros;
  readonly value: number | null;
  /** Figures of its evidence, by name. */
  readonly figures: Readonly<Record<string, number | null>>;
}

export function stateKey(rule: string, period: string, subject: string): string {
  return `${rule}|${period}|${subject}`;
}
