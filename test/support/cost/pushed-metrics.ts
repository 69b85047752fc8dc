import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';

export type PushedMetrics = Parameters<typeof ProtobufMetricsSerializer.serializeRequest>[0];

export interface PushedPoint {
  readonly value: unknown;
  readonly attributes?: object;
  /** Seconds and nanoseconds. */
  readonly at?: readonly [number, number];
}

/** Instant of a point unless it says another: seconds since 1970. */
export const PUSHED_AT = 1_763_632_800;

const KINDS = { histogram: 0, gauge: 2, sum: 3 } as const;

/** One metric as Modal pushes it, in the form that OpenTelemetry's own encoders take. */
export function pushedMetric(
  name: string,
  kind: keyof typeof KINDS,
  points: readonly PushedPoint[],
  delta = true,
): PushedMetrics {
  const metric = {
    descriptor: { name, description: '', unit: '', valueType: 1 },
    aggregationTemporality: delta ? 0 : 1,
    isMonotonic: true,
    dataPointType: KINDS[kind],
    dataPoints: points.map(({ value, attributes = {}, at = [PUSHED_AT, 500_000_000] }) => ({
      startTime: [PUSHED_AT - 60, 0],
      endTime: at,
      attributes,
      value,
    })),
  };
  const resource = { attributes: { app_name: 'lift-sys-inference', environment_name: 'main' } };
  const scope = { name: 'modal', version: '' };
  return { resource, scopeMetrics: [{ scope, metrics: [metric] }] } as unknown as PushedMetrics;
}

/** The encodings of OTLP/HTTP by content type. */
export const PUSH_ENCODERS = {
  'application/x-protobuf': (push: PushedMetrics) =>
    ProtobufMetricsSerializer.serializeRequest(push) ?? new Uint8Array(),
  'application/json': (push: PushedMetrics) =>
    JsonMetricsSerializer.serializeRequest(push) ?? new Uint8Array(),
} as const;
