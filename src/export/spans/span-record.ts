import type { AttributeName } from '../../core/telemetry-attributes.ts';
import type { EpochMicros } from '../../core/units.ts';

/** A finished span, as plain data: what it is on the wire is the encoders' affair. */
export interface SpanRecord {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly parentSpanId: string | null;
  /** The parent is a span of another process. */
  readonly remoteParent: boolean;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startedAt: EpochMicros;
  readonly endedAt: EpochMicros;
  readonly status: 'unset' | 'error';
  readonly statusMessage: string | null;
  /** In groups, so that building a span copies nothing. `null` and absent are the same. */
  readonly attributes: readonly SpanAttributes[];
  /** The caller's own tags; the encoders put their prefix before them. */
  readonly tags: Readonly<Record<string, string>> | null;
}

export type SpanKind = 'internal' | 'server' | 'client';

export type SpanAttributes = { readonly [Name in AttributeName]?: AttributeValue };

export type AttributeValue = string | number | boolean | readonly string[] | null;
