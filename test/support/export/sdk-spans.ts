import type { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ExportIdentity } from '../../../src/export/otlp/otlp-protobuf.ts';
import type { SpanRecord } from '../../../src/export/spans/span-record.ts';

type SdkSpans = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0];

const KINDS = { internal: 0, server: 1, client: 2 } as const;

/** The same spans in the shape that OpenTelemetry's own serializer takes. */
export function asSdkSpans(spans: readonly SpanRecord[], identity: ExportIdentity): SdkSpans {
  const resource = { attributes: identity.resource };
  return spans.map((span) => ({
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => ({ traceId: span.traceId, spanId: span.spanId, traceFlags: 1 }),
    parentSpanContext:
      span.parentSpanId === null
        ? undefined
        : { traceId: span.traceId, spanId: span.parentSpanId, isRemote: span.remoteParent },
    startTime: hrTime(span.startedAt),
    endTime: hrTime(span.endedAt),
    status: span.status === 'error' ? { code: 2, message: span.statusMessage } : { code: 0 },
    attributes: Object.fromEntries(
      Object.entries(Object.assign({}, ...span.attributes)).filter(([, value]) => value !== null),
    ),
    links: [],
    events: [],
    resource,
    instrumentationScope: identity.scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  })) as unknown as SdkSpans;
}

function hrTime(us: number): [number, number] {
  return [Math.floor(us / 1e6), (us % 1e6) * 1_000];
}
