import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { IDENTITY_HEADERS } from '../../../src/core/identity-headers.ts';
import { pythonWith } from '../../support/container-identity/python.ts';

const folder = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const MODULE = folder('collectors/container-identity');
const python = pythonWith([]);

interface Message {
  readonly type: string;
  readonly headers?: readonly (readonly [string, string])[];
}
interface Answer {
  readonly sent: readonly Message[];
  readonly error: string | null;
}

/** What the script prints, by scenario. */
interface Outcomes {
  readonly plain: Pair;
  readonly streaming: { readonly early: readonly string[]; readonly whole: Answer };
  readonly long_body_in_parts: Answer;
  readonly fails_before_start: Answer;
  readonly fails_after_start: Answer;
  readonly in_flight: readonly Answer[];
  readonly blocked_loop: readonly [Answer, Answer, Answer];
  readonly twice: Answer;
  readonly lifespan_and_websocket: object;
  readonly broken_inside: Readonly<Record<'entry' | 'headers' | 'ticker', Answer>>;
  readonly hostile_environment: Answer;
  readonly outside_modal: Answer;
  readonly restored_snapshot: readonly [Answer, Answer, Answer];
  readonly speed: { readonly microseconds: number };
}
type Pair = readonly [Answer, Answer];

describe.skipIf(python === null)('the identity middleware under a plain ASGI harness', () => {
  let out: Outcomes;

  beforeAll(() => {
    const script = folder('test/support/container-identity/scenarios.py');
    out = JSON.parse(execFileSync(python ?? '', [script, MODULE], { encoding: 'utf8' }));
  });

  test('names container, region and cloud, and counts what came before', () => {
    const [first, second] = [identityOf(out.plain[0]), identityOf(out.plain[1])];
    expect(first).toMatchObject({
      [IDENTITY_HEADERS.containerId]: 'ta-1',
      [IDENTITY_HEADERS.region]: 'us-east-1',
      [IDENTITY_HEADERS.cloud]: 'CLOUD_PROVIDER_AWS',
      [IDENTITY_HEADERS.seen]: '0',
      [IDENTITY_HEADERS.inFlight]: '1',
    });
    expect(second[IDENTITY_HEADERS.seen]).toBe('1');
  });

  test('uses exactly the header names of the contract', () => {
    expect(Object.keys(identityOf(out.plain[0]))).toEqual(Object.values(IDENTITY_HEADERS));
  });

  test('measures the handler when the answer is whole', () => {
    const handlerUs = Number(identityOf(out.plain[0])[IDENTITY_HEADERS.handlerUs]);
    expect(handlerUs).toBeGreaterThanOrEqual(30_000);
    expect(handlerUs).toBeLessThan(2_000_000);
  });

  test('knows the age of the process, and that ready came before it', () => {
    const identity = identityOf(out.plain[1]);
    const age = Number(identity[IDENTITY_HEADERS.ageUs]);
    const ready = Number(identity[IDENTITY_HEADERS.readyUs]);
    expect(ready).toBeGreaterThan(0);
    expect(age).toBeGreaterThanOrEqual(ready + 30_000);
    expect(age).toBeLessThan(600_000_000);
  });

  test('lets a stream’s head go at once, without a handler duration', () => {
    expect(out.streaming.early).toEqual(['http.response.start']);
    expect(identityOf(out.streaming.whole)).not.toHaveProperty(IDENTITY_HEADERS.handlerUs);
    expect(out.streaming.whole.sent).toHaveLength(3);
  });

  test('a body in parts has no handler duration either', () => {
    expect(identityOf(out.long_body_in_parts)).not.toHaveProperty(IDENTITY_HEADERS.handlerUs);
    expect(out.long_body_in_parts.sent.map((message) => message.type)).toEqual([
      'http.response.start',
      'http.response.body',
      'http.response.body',
    ]);
  });

  test('the application’s own errors pass unchanged, with what it had already sent', () => {
    expect(out.fails_before_start).toEqual({ sent: [], error: "ValueError('mine')" });
    expect(out.fails_after_start.error).toBe("ValueError('mine')");
    expect(out.fails_after_start.sent).toHaveLength(1);
  });

  test('counts requests in flight and forgets them when they end', () => {
    const counts = out.in_flight.map((answer) => identityOf(answer)[IDENTITY_HEADERS.inFlight]);
    expect(counts).toEqual(['1', '2', '3', '1']);
  });

  test('a request that waited behind a blocked event loop says how long', () => {
    const [first, second, later] = out.blocked_loop.map((answer) =>
      Number(identityOf(answer)[IDENTITY_HEADERS.entryUs]),
    );
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(300_000);
    expect(second).toBeLessThan(2_000_000);
    expect(later).toBe(0);
  });

  test('installed twice, it speaks once', () => {
    const names = out.twice.sent[0]?.headers?.map(([name]) => name) ?? [];
    expect(new Set(names).size).toBe(names.length);
    expect(identityOf(out.twice)[IDENTITY_HEADERS.seen]).toBe('0');
  });

  test('lifespan and websocket scopes pass, and start-up marks the process ready', () => {
    expect(out.lifespan_and_websocket).toEqual({
      seen: ['lifespan', 'websocket'],
      ready: true,
      lifespan: { sent: [{ type: 'lifespan.startup.complete' }], error: null },
      websocket: { sent: [{ type: 'websocket.startup.complete' }], error: null },
      count: 0,
    });
  });

  test.each(['entry', 'headers', 'ticker'] as const)(
    'a fault inside it (%s) never reaches the application',
    (part) => {
      const answer: Answer = out.broken_inside[part];
      expect(answer.error).toBeNull();
      expect(answer.sent.map((message) => message.type)).toEqual([
        'http.response.start',
        'http.response.body',
      ]);
    },
  );

  test('an environment value that would break a header is left out', () => {
    const identity = identityOf(out.hostile_environment);
    expect(identity).toHaveProperty(IDENTITY_HEADERS.containerId);
    expect(identity).not.toHaveProperty(IDENTITY_HEADERS.region);
    expect(identity).not.toHaveProperty(IDENTITY_HEADERS.cloud);
  });

  test('outside Modal it names no container', () => {
    expect(identityOf(out.outside_modal)).not.toHaveProperty(IDENTITY_HEADERS.containerId);
    expect(identityOf(out.outside_modal)).toHaveProperty(IDENTITY_HEADERS.seen);
  });

  test('a memory snapshot that wakes elsewhere starts counting again and claims no start-up time', () => {
    const [before, first, second] = out.restored_snapshot.map(identityOf);
    expect(before?.[IDENTITY_HEADERS.containerId]).toBe('ta-1');
    expect(first).toMatchObject({
      [IDENTITY_HEADERS.containerId]: 'ta-2',
      [IDENTITY_HEADERS.seen]: '0',
    });
    expect(first).not.toHaveProperty(IDENTITY_HEADERS.readyUs);
    expect(second?.[IDENTITY_HEADERS.seen]).toBe('1');
  });

  test('costs a request less than a millisecond', () => {
    expect(out.speed.microseconds).toBeLessThan(1_000);
  });

  test('is Python 3.8 by its grammar and imports the standard library only', () => {
    const check =
      'import ast,sys;t=ast.parse(open(sys.argv[1]).read(),feature_version=(3,8));' +
      'print(sorted(a.name for n in ast.walk(t) if isinstance(n,ast.Import) for a in n.names),' +
      'any(isinstance(n,ast.ImportFrom) for n in ast.walk(t)))';
    const printed = execFileSync(python ?? '', ['-c', check, `${MODULE}/tripmeter_asgi.py`]);
    expect(String(printed).trim()).toBe("['asyncio', 'os', 'threading', 'time'] False");
  });
});

function identityOf(answer: Answer): Record<string, string> {
  const start = answer.sent.find((message) => message.type === 'http.response.start');
  const headers = (start?.headers ?? []).filter(([name]) => name.startsWith('x-tripmeter-'));
  return Object.fromEntries(headers);
}
