const stringField = (id: number) => ({ type: 'string', id });
const doubleField = (id: number) => ({ type: 'double', id });

/** Messages about containers and calls, written from the field numbers of Modal's public `api.proto`. */
export const CONTAINER_MESSAGES = {
  TaskGetInfoRequest: { fields: { taskId: stringField(1) } },
  TaskGetInfoResponse: {
    fields: { appId: stringField(1), info: { type: 'TaskInfo', id: 2 } },
  },
  TaskInfo: {
    fields: {
      id: stringField(1),
      startedAt: doubleField(2),
      finishedAt: doubleField(3),
      result: { type: 'GenericResult', id: 4 },
      enqueuedAt: doubleField(5),
      gpuType: stringField(6),
      sandboxId: stringField(7),
      gpuConfig: { type: 'GPUConfig', id: 9 },
    },
  },
  GenericResult: { fields: { status: { type: 'int32', id: 1 }, exception: stringField(2) } },
  GPUConfig: { fields: { count: { type: 'uint32', id: 2 }, gpuType: stringField(4) } },
  FunctionCallFromIdRequest: { fields: { functionCallId: stringField(1) } },
  FunctionCallHandleMetadata: { fields: { appId: stringField(1), functionId: stringField(2) } },
  FunctionCallFromIdResponse: {
    fields: {
      functionCallId: stringField(1),
      numInputs: { type: 'int32', id: 2 },
      metadata: { type: 'FunctionCallHandleMetadata', id: 3 },
    },
  },
  FunctionCallFetchRange: {
    fields: {
      since: { type: 'Timestamp', id: 1 },
      until: { type: 'Timestamp', id: 2 },
      limit: { type: 'uint32', id: 3 },
    },
  },
  FunctionCallFetchRequest: {
    fields: {
      functionId: stringField(1),
      allVariants: { type: 'bool', id: 4 },
      range: { type: 'FunctionCallFetchRange', id: 5 },
    },
  },
  FunctionCallInputInfo: {
    fields: {
      enqueuedAt: { type: 'Timestamp', id: 1 },
      startedAt: { type: 'Timestamp', id: 2 },
      containerId: stringField(3),
      startupTimeSeconds: doubleField(4),
      executionTimeSeconds: doubleField(5),
      status: { type: 'int32', id: 6 },
      functionCallId: stringField(7),
      serviceMethodName: stringField(8),
    },
  },
  FunctionCallFetchResponse: {
    fields: { functionCallInputs: { rule: 'repeated', type: 'FunctionCallInputInfo', id: 1 } },
  },
};
