import { performance } from 'node:perf_hooks';

/** What the client saw of one request. */
export interface DemoResult {
  readonly kind: string;
  /** `null`: aborted by the client, or the connection failed. */
  readonly status: number | null;
  readonly bytes: number;
  readonly durationMs: number;
}

interface DemoRequest {
  readonly kind: string;
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** The client leaves after so many chunks. */
  readonly leaveAfterChunks?: number;
}

const messages = [{ role: 'user', content: 'How far is it to the station?' }];
const CHAT = '/chat/v1/chat/completions';
const prompt = { prompt: 'a function that adds two numbers', schema: { type: 'object' } };

/** One round, the mix of a small product: two in nine fail. */
const ROUND: readonly DemoRequest[] = [
  { kind: 'chat', path: CHAT, body: { messages } },
  {
    kind: 'chat stream',
    path: CHAT,
    body: { messages, stream: true, stream_options: { include_usage: true } },
  },
  {
    kind: 'chat stream, client leaves',
    path: CHAT,
    body: { messages, stream: true },
    leaveAfterChunks: 4,
  },
  { kind: 'lift-sys', path: '/generate', body: prompt },
  {
    kind: 'lift-sys, longer',
    path: '/generate',
    body: prompt,
    headers: knob('generation-ms', 900),
  },
  {
    kind: 'lift-sys, 200 with error',
    path: '/generate',
    body: prompt,
    headers: knob('app-error', 'json'),
  },
  { kind: 'solve over 303', path: '/solve', body: prompt },
  {
    kind: 'rate limit at the edge',
    path: CHAT,
    body: { messages },
    headers: knob('edge', 'rate_limited'),
  },
  {
    kind: 'function timeout',
    path: '/generate',
    body: prompt,
    headers: { ...knob('fault', 'function-timeout'), ...knob('fault-ms', 400) },
  },
  { kind: 'health', path: '/health' },
];

function knob(name: string, value: string | number): Readonly<Record<string, string>> {
  return { [`x-sandbox-${name}`]: String(value) };
}

export interface DemoTrafficOptions {
  /** Proxy, or any server that maps `/chat`, `/generate`, `/health` and `/solve`. */
  readonly baseUrl: string;
  readonly rounds: number;
  /** Told of each request as it ends. */
  readonly onResult?: (result: DemoResult) => void;
  /** Ends the traffic early: running requests are aborted. */
  readonly signal?: AbortSignal;
}

/** Sends each round's requests at once, one round after the other. */
export async function sendDemoTraffic(options: DemoTrafficOptions): Promise<readonly DemoResult[]> {
  const results: DemoResult[] = [];
  for (let round = 0; round < options.rounds && !options.signal?.aborted; round += 1) {
    const group = `demo-round-${round + 1}`;
    const sent = ROUND.map(async (request) => {
      const result = await send(request, group, options);
      results.push(result);
      options.onResult?.(result);
    });
    await Promise.all(sent);
  }
  return results;
}

async function send(
  request: DemoRequest,
  group: string,
  options: DemoTrafficOptions,
): Promise<DemoResult> {
  const startedAt = performance.now();
  const leave = new AbortController();
  const signals = options.signal === undefined ? [] : [options.signal];
  let status: number | null = null;
  let bytes = 0;
  try {
    const response = await fetch(options.baseUrl + request.path, {
      signal: AbortSignal.any([leave.signal, ...signals]),
      headers: {
        'content-type': 'application/json',
        'x-tripmeter-operation': request.kind,
        'x-tripmeter-client': 'demo',
        'x-tripmeter-group': group,
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { method: 'POST', body: JSON.stringify(request.body) }),
    });
    status = response.status;
    let chunksLeft = request.leaveAfterChunks ?? Number.POSITIVE_INFINITY;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      chunksLeft -= 1;
      if (chunksLeft === 0) leave.abort();
    }
  } catch {
    status = null;
  }
  return { kind: request.kind, status, bytes, durationMs: performance.now() - startedAt };
}
