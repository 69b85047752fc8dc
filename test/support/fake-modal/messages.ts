import protobuf from 'protobufjs';
import { CONTAINER_MESSAGES } from './container-messages.ts';

/**
 * The messages of Modal's control plane that the bill and the rates use, written from the field numbers of its public
 * `api.proto`, apart from the client package: an encoder that is wrong in both would still agree.
 */
const TIMESTAMP = {
  fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } },
};

const stringMap = (id: number) => ({ keyType: 'string', type: 'string', id });
const strings = (id: number) => ({ rule: 'repeated', type: 'string', id });

const root = protobuf.Root.fromJSON({
  nested: {
    Timestamp: TIMESTAMP,
    ...CONTAINER_MESSAGES,
    AuthTokenGetRequest: { fields: {} },
    AuthTokenGetResponse: { fields: { token: { type: 'string', id: 1 } } },
    WorkspaceBillingReportRequest: {
      fields: {
        startTimestamp: { type: 'Timestamp', id: 1 },
        endTimestamp: { type: 'Timestamp', id: 2 },
        resolution: { type: 'string', id: 3 },
        tagNames: strings(4),
        environmentIds: strings(5),
        appIds: strings(6),
      },
    },
    WorkspaceBillingReportItem: {
      fields: {
        objectId: { type: 'string', id: 1 },
        description: { type: 'string', id: 2 },
        environmentName: { type: 'string', id: 3 },
        interval: { type: 'Timestamp', id: 4 },
        cost: { type: 'string', id: 5 },
        tags: stringMap(6),
        costByResource: stringMap(8),
      },
    },
    WorkspaceBillingRatesRequest: { fields: {} },
    WorkspaceBillingRatesResponse: {
      fields: {
        rates: stringMap(1),
        deprecationWarnings: stringMap(2),
        deprecationErrors: stringMap(3),
        formatted: { type: 'string', id: 4 },
      },
    },
  },
});

export interface MethodDefinition {
  readonly path: string;
  readonly requestStream: false;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: object) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => object;
  readonly responseSerialize: (value: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => object;
}

/** A method of `modal.client.ModalClient`, as `@grpc/grpc-js` wants it. */
export function method(
  name: string,
  types: { request: string; response: string; stream?: boolean },
): MethodDefinition {
  const request = root.lookupType(types.request);
  const response = root.lookupType(types.response);
  const encode = (type: protobuf.Type) => (value: object) =>
    Buffer.from(type.encode(type.fromObject(value)).finish());
  const decode = (type: protobuf.Type) => (bytes: Buffer) =>
    type.toObject(type.decode(bytes), { longs: Number, defaults: true });
  return {
    path: `/modal.client.ModalClient/${name}`,
    requestStream: false,
    responseStream: types.stream ?? false,
    requestSerialize: encode(request),
    requestDeserialize: decode(request),
    responseSerialize: encode(response),
    responseDeserialize: decode(response),
  };
}
