import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import {
  CONTAINER_SERVICE,
  containerHandlers,
  type FakeContainers,
  fakeContainers,
} from './fake-containers.ts';
import { method } from './messages.ts';

/** One item of the billing report, as the wire carries it. */
export interface ReportItem {
  readonly objectId: string;
  readonly description: string;
  readonly environmentName: string;
  readonly interval: { readonly seconds: number };
  readonly cost: string;
  readonly tags?: Record<string, string>;
  readonly costByResource?: Record<string, string>;
}

interface ReportRequest {
  readonly startTimestamp: { readonly seconds: number };
  readonly endTimestamp: { readonly seconds: number };
  readonly resolution: string;
  readonly tagNames: readonly string[];
}

/** What goes wrong, with the report's next calls. */
type Fault =
  | { readonly type: 'status'; readonly code: number; readonly details: string }
  /** Sends so many items, then ends with the status. */
  | {
      readonly type: 'broken';
      readonly items: number;
      readonly code: number;
      readonly details: string;
    }
  /** Sends so many items, then nothing. */
  | { readonly type: 'hang'; readonly items: number };

export interface FakeModal extends FakeContainers {
  /** For `MODAL_SERVER_URL`. */
  readonly url: string;
  readonly requests: ReportRequest[];
  readonly metadata: Record<string, string>[];
  /** The bill. Calls are answered from it by window; ids and amounts are the caller's. */
  items: readonly ReportItem[];
  rates: Record<string, string>;
  deprecationWarnings: Record<string, string>;
  /** Applied to the coming calls, one each; `null` lets one pass. */
  faults: (Fault | null)[];
  close(): Promise<void>;
}

const TOKEN_ID = 'ak-fake';
const TOKEN_SECRET = 'as-fake';
export const FAKE_CREDENTIALS = { tokenId: TOKEN_ID, tokenSecret: TOKEN_SECRET };

const UNKNOWN_TOKEN = { code: 16, details: 'Token ID not found' };

const SERVICE = {
  ...CONTAINER_SERVICE,
  AuthTokenGet: method('AuthTokenGet', {
    request: 'AuthTokenGetRequest',
    response: 'AuthTokenGetResponse',
  }),
  WorkspaceBillingReport: method('WorkspaceBillingReport', {
    request: 'WorkspaceBillingReportRequest',
    response: 'WorkspaceBillingReportItem',
    stream: true,
  }),
  WorkspaceBillingRates: method('WorkspaceBillingRates', {
    request: 'WorkspaceBillingRatesRequest',
    response: 'WorkspaceBillingRatesResponse',
  }),
};

/** Modal's control plane on a loopback port: its real messages over real gRPC, with scripted faults. */
export async function startFakeModal(): Promise<FakeModal> {
  const server = new Server();
  const fake: Omit<FakeModal, 'url' | 'close'> = {
    ...fakeContainers(),
    requests: [],
    metadata: [],
    items: [],
    rates: {},
    deprecationWarnings: {},
    faults: [],
  };
  server.addService(SERVICE, {
    ...containerHandlers(fake, ({ metadata }) => (knows(metadata) ? null : UNKNOWN_TOKEN)),
    AuthTokenGet: (call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>) =>
      answerUnary(call, answer, () => ({ token: unsignedJwt() })),
    WorkspaceBillingRates: (call: ServerUnaryCall<object, object>, answer: sendUnaryData<object>) =>
      answerUnary(call, answer, () => ({
        rates: fake.rates,
        deprecationWarnings: fake.deprecationWarnings,
      })),
    WorkspaceBillingReport: (call: ServerWritableStream<ReportRequest, object>) =>
      streamReport(call, fake),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return Object.assign(fake, {
    url: `http://127.0.0.1:${port}`,
    close: async () => server.forceShutdown(),
  });
}

function answerUnary(
  call: ServerUnaryCall<object, object>,
  answer: sendUnaryData<object>,
  value: () => object,
): void {
  if (knows(call.metadata)) {
    answer(null, value());
  } else {
    answer(UNKNOWN_TOKEN);
  }
}

function streamReport(
  call: ServerWritableStream<ReportRequest, object>,
  fake: Omit<FakeModal, 'url' | 'close'>,
): void {
  fake.requests.push(call.request);
  fake.metadata.push(textOf(call.metadata));
  const fault = fake.faults.shift() ?? null;
  const { startTimestamp, endTimestamp } = call.request;
  const items = fake.items.filter(
    ({ interval }) =>
      interval.seconds >= startTimestamp.seconds && interval.seconds < endTimestamp.seconds,
  );
  const sent = fault === null ? items.length : 'items' in fault ? fault.items : 0;
  for (const item of items.slice(0, sent)) {
    call.write(item);
  }
  if (fault === null) {
    call.end();
  } else if (fault.type !== 'hang') {
    call.emit('error', { code: fault.code, details: fault.details, metadata: new Metadata() });
  }
}

function knows(metadata: Metadata): boolean {
  return (
    metadata.get('x-modal-token-id')[0] === TOKEN_ID &&
    metadata.get('x-modal-token-secret')[0] === TOKEN_SECRET
  );
}

function textOf(metadata: Metadata): Record<string, string> {
  const entries = Object.entries(metadata.getMap()).map(([key, value]) => [key, String(value)]);
  return Object.fromEntries(entries);
}

/** The client reads the expiry out of the token, and nothing else. */
function unsignedJwt(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ exp: 4_102_444_800 })}.`;
}
