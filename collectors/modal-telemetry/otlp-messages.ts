import protobuf from 'protobufjs/light.js';

const many = (type: string, id: number) => ({ rule: 'repeated', type, id });
const points = (type: string) => ({
  fields: { dataPoints: many(type, 1), aggregationTemporality: { type: 'int32', id: 2 } },
});
const POINT = {
  startTimeUnixNano: { type: 'fixed64', id: 2 },
  timeUnixNano: { type: 'fixed64', id: 3 },
};
const DISTRIBUTION = {
  ...POINT,
  count: { type: 'fixed64', id: 4 },
  sum: { type: 'double', id: 5 },
};

/**
 * The fields of OTLP's `ExportMetricsServiceRequest` that are read here, by their numbers in
 * opentelemetry-proto 1.x. All others are skipped by the decoder, nested values of attributes too, so no
 * input can make it recurse.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    Request: { fields: { resourceMetrics: many('ResourceMetrics', 1) } },
    ResourceMetrics: {
      fields: { resource: { type: 'Resource', id: 1 }, scopeMetrics: many('ScopeMetrics', 2) },
    },
    Resource: { fields: { attributes: many('KeyValue', 1) } },
    ScopeMetrics: { fields: { metrics: many('Metric', 2) } },
    Metric: {
      fields: {
        name: { type: 'string', id: 1 },
        gauge: { type: 'NumberPoints', id: 5 },
        sum: { type: 'NumberPoints', id: 7 },
        histogram: { type: 'HistogramPoints', id: 9 },
        exponentialHistogram: { type: 'ExponentialPoints', id: 10 },
        summary: { type: 'SummaryPoints', id: 11 },
      },
    },
    NumberPoints: points('NumberPoint'),
    HistogramPoints: points('HistogramPoint'),
    ExponentialPoints: points('ExponentialPoint'),
    SummaryPoints: points('SummaryPoint'),
    NumberPoint: {
      oneofs: { value: { oneof: ['asDouble', 'asInt'] } },
      fields: {
        ...POINT,
        asDouble: { type: 'double', id: 4 },
        asInt: { type: 'sfixed64', id: 6 },
        attributes: many('KeyValue', 7),
      },
    },
    HistogramPoint: { fields: { ...DISTRIBUTION, attributes: many('KeyValue', 9) } },
    ExponentialPoint: { fields: { ...DISTRIBUTION, attributes: many('KeyValue', 1) } },
    SummaryPoint: { fields: { ...DISTRIBUTION, attributes: many('KeyValue', 7) } },
    KeyValue: { fields: { key: { type: 'string', id: 1 }, value: { type: 'AnyValue', id: 2 } } },
    AnyValue: {
      oneofs: { value: { oneof: ['stringValue', 'intValue'] } },
      fields: { stringValue: { type: 'string', id: 1 }, intValue: { type: 'int64', id: 3 } },
    },
    Response: { fields: { partialSuccess: { type: 'PartialSuccess', id: 1 } } },
    PartialSuccess: {
      fields: {
        rejectedDataPoints: { type: 'int64', id: 1 },
        errorMessage: { type: 'string', id: 2 },
      },
    },
    Status: { fields: { code: { type: 'int32', id: 1 }, message: { type: 'string', id: 2 } } },
  },
});

const requestType = root.lookupType('Request');
const responseType = root.lookupType('Response');
const statusType = root.lookupType('Status');

/** A request's bytes in the shape that OTLP's JSON has: camel case, 64-bit integers as text. */
export function decodeRequest(bytes: Uint8Array): unknown {
  return requestType.toObject(requestType.decode(bytes), { longs: String });
}

export function encodeResponse(response: object): Uint8Array {
  return responseType.encode(responseType.fromObject(response)).finish();
}

/** `google.rpc.Status`: how OTLP says what was wrong. */
export function encodeStatus(status: {
  readonly code: number;
  readonly message: string;
}): Uint8Array {
  return statusType.encode(statusType.fromObject(status)).finish();
}
