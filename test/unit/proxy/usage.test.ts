import { randomBytes } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BodyRule } from '../../../src/core/endpoint.ts';
import { createTap } from '../../../src/proxy/usage/create-tap.ts';
import { NOTHING_READ, type TapReading } from '../../../src/proxy/usage/response-tap.ts';

function read(
  body: string | Buffer | readonly string[],
  rule: BodyRule = 'openai',
  type = 'application/json',
  encoding: string | null = null,
): Promise<TapReading> {
  const tap = createTap(rule, type, encoding);
  const pieces = Array.isArray(body) ? body : [body];
  for (const [index, piece] of pieces.entries()) {
    tap?.push(Buffer.from(piece), (index + 1) * 100);
  }
  return new Promise((resolve) => (tap === null ? resolve(NOTHING_READ) : tap.finish(resolve)));
}

const COMPLETION = JSON.stringify({
  model: 'qwen-32b',
  choices: [{ message: { content: 'x' }, finish_reason: 'stop' }],
  usage: {
    prompt_tokens: 100,
    completion_tokens: 40,
    prompt_tokens_details: { cached_tokens: 60 },
    completion_tokens_details: { reasoning_tokens: 30 },
  },
  metrics: { queue_time_ms: 1.5, generation_time_ms: 250 },
});

describe('a JSON body', () => {
  test('of a completion tells tokens, model, finish and timing', async () => {
    expect(await read(COMPLETION)).toEqual({
      model: 'qwen-32b',
      tokensIn: 100,
      tokensOut: 40,
      tokensCached: 60,
      tokensReasoning: 30,
      finishReason: 'stop',
      queueUs: 1_500,
      generationUs: 250_000,
      firstTokenUs: null,
      failed: false,
    });
  });

  test.each(['gzip', 'br'])('in %s tells the same', async (encoding) => {
    const coded = encoding === 'gzip' ? gzipSync(COMPLETION) : brotliCompressSync(COMPLETION);
    expect((await read(coded, 'openai', 'application/json', encoding)).tokensOut).toBe(40);
  });

  test('that comes faster than its coding can be read is given up, not kept in memory', async () => {
    const tap = createTap('openai', 'application/json', 'gzip');
    const coded = gzipSync(randomBytes(4 * 1_024 * 1_024));
    for (let at = 0; at < coded.length; at += 65_536) tap?.push(coded.subarray(at, at + 65_536), 0);
    // Nothing is left to decode: the answer does not wait for the next turn of the loop.
    let reading: TapReading | null = null;
    tap?.finish((read) => {
      reading = read;
    });
    expect(reading).toEqual(NOTHING_READ);
  });

  test('in a broken coding tells nothing and breaks nothing', async () => {
    expect(await read('not gzip', 'openai', 'application/json', 'gzip')).toEqual(NOTHING_READ);
  });

  test('cut off tells nothing', async () => {
    expect(await read(COMPLETION.slice(0, 50))).toEqual(NOTHING_READ);
  });

  test('of 100 kB is searched, and nested fields are not mistaken for its own', async () => {
    const body = {
      data: [{ error: 'nested', usage: { prompt_tokens: 1 }, text: 'y"}'.repeat(40_000) }],
      model: 'embed',
      usage: { prompt_tokens: 7 },
    };
    const reading = await read(JSON.stringify(body));
    expect([reading.tokensIn, reading.model, reading.failed]).toEqual([7, 'embed', false]);
  });
});

describe('the lift-sys rule', () => {
  test('reads output tokens and generation time, and leaves input tokens unknown', async () => {
    const body = {
      ir_json: {},
      tokens_used: 512,
      generation_time_ms: 38_000.5,
      finish_reason: 'stop',
    };
    expect(await read(JSON.stringify(body), 'lift-sys')).toEqual({
      ...NOTHING_READ,
      tokensOut: 512,
      generationUs: 38_000_500,
      finishReason: 'stop',
    });
  });

  test.each([
    [{ error: 'bad schema', ir_json: null, tokens_used: 0, finish_reason: 'error' }, true],
    [{ error: 'Missing required field: prompt', status: 400 }, true],
    [{ error: null, text: 'x', tokens_used: 3 }, false],
  ])('%j failed: %s', async (body, failed) => {
    expect((await read(JSON.stringify(body), 'lift-sys')).failed).toBe(failed);
  });
});

test('a custom rule finds its paths', async () => {
  const rule = { errorPath: '$.result.problems[0]', tokensPath: 'stats.tokens.out' };
  const good = await read(JSON.stringify({ stats: { tokens: { out: 5 } } }), rule);
  const bad = await read(JSON.stringify({ result: { problems: ['no'] } }), rule);
  expect([good.tokensOut, good.failed, bad.failed]).toEqual([5, false, true]);
});

test('the rule none, and any other content type, read nothing', async () => {
  expect(await read(COMPLETION, 'none')).toEqual(NOTHING_READ);
  expect(createTap('openai', 'image/png', null)).toBeNull();
});

const EVENTS = [
  'data: {"model":"m","choices":[{"delta":{"role":"assistant","content":""}}]}\n\n',
  ': comment\n\ndata: {"model":"m","choices":[{"delta":{"reasoning_content":"Hm"}}]}\n\n',
  'data: {"model":"m","choices":[{"delta":{"content":"a"}}]}\n\n',
  'data: {"model":"m","choices":[{"delta":{},"finish_reason":"length"}]}\n\n',
  'data: {"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n',
  'data: [DONE]\n\n',
];

describe('an event stream', () => {
  test('tells the first token, reasoning included, usage and finish', async () => {
    const reading = await read(EVENTS, 'openai', 'text/event-stream; charset=utf-8');
    expect(reading).toEqual({
      ...NOTHING_READ,
      model: 'm',
      tokensIn: 3,
      tokensOut: 2,
      finishReason: 'length',
      firstTokenUs: 200,
    });
  });

  test('tells the same however its bytes are cut', async () => {
    const text = EVENTS.join('');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 9 }), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        const reading = await read(pieces, 'openai', 'text/event-stream');
        expect([reading.tokensOut, reading.finishReason, reading.model]).toEqual([
          2,
          'length',
          'm',
        ]);
      }),
      { numRuns: 50 },
    );
  });

  const frames = (eol: string) => EVENTS.map((event) => event.replaceAll('\n', eol));
  const told = { tokensIn: 3, tokensOut: 2, finishReason: 'length', model: 'm' };

  test.each(['\r\n', '\r', '\n'])('tells the same with lines that end in %j', async (eol) => {
    const events = frames(eol);
    const reading = await read(events, 'openai', 'text/event-stream');
    expect(reading).toMatchObject({ ...told, firstTokenUs: 200 });
    const whole = events.join('');
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const pieces = [whole.slice(0, cut), whole.slice(cut)];
      expect(await read(pieces, 'openai', 'text/event-stream')).toMatchObject(told);
    }
  });

  test.each(['\r\n', '\r', '\n'])(
    'tells what its last line says, although %j is missing',
    async (eol) => {
      const events = frames(eol).slice(0, 5);
      const unended = [...events.slice(0, 4), events[4]?.trimEnd() ?? ''];
      expect(await read(unended, 'openai', 'text/event-stream')).toMatchObject(told);
      const token = `data: {"choices":[{"delta":{"content":"a"}}]}`;
      expect((await read([token], 'openai', 'text/event-stream')).firstTokenUs).toBe(100);
    },
  );

  test('keeps what it has told when its last frame is cut off', async () => {
    const cut = 'data: {"usage":{"prompt_tokens":3,"completion_tokens":2},"finish_reason":"st';
    expect(await read([...EVENTS, cut], 'openai', 'text/event-stream')).toMatchObject(told);
    expect((await read([cut], 'openai', 'text/event-stream')).firstTokenUs).toBeNull();
  });

  test.each([
    'data: {"choices":[{"delta":{},"finish_reason":"length"}],"usage":null}\n\n',
    'data: {"choices":[{"delta":{},"finish_reason":null}],"usage":null,"error":null}\n\n',
    'data: {"choices":[],"metrics":null, "usage" : null, "response": null, "error":null}\n\n',
  ])('keeps what it has told when a later frame says no more: %s', async (later) => {
    expect(await read([...EVENTS, later], 'openai', 'text/event-stream')).toMatchObject(told);
  });

  test('reports an error that comes inside', async () => {
    const failed = await read(
      ['data: {"error":{"message":"OOM"}}\n\n'],
      'openai',
      'text/event-stream',
    );
    expect(failed.failed).toBe(true);
  });

  test('with a frame without end is read on behind it, in bounded memory', async () => {
    const endless = Array.from({ length: 40 }, () => 'x'.repeat(10_000));
    const pieces = [`data: ${endless[0]}`, ...endless, '\n\n', ...EVENTS];
    expect((await read(pieces, 'openai', 'text/event-stream')).tokensOut).toBe(2);
  });
});

describe('names in other letters than ASCII', () => {
  const model = 'modèle-é-模型-🦙';
  const long = 'ü'.repeat(40_000);
  const frame = (document: object) => `data: ${JSON.stringify(document)}\n\n`;
  const document = { model, choices: [{ finish_reason: 'arrêt' }] };

  test.each<[string, string, string]>([
    ['a body', JSON.stringify(document), 'application/json'],
    ['a long body', JSON.stringify({ long, ...document }), 'application/json'],
    ['an event stream', frame(document), 'text/event-stream'],
  ])('are read as they are in %s, wherever its bytes are cut', async (_of, text, type) => {
    const bytes = Buffer.from(text);
    for (let cut = bytes.length - 80; cut < bytes.length; cut += 1) {
      const tap = createTap('openai', type, null);
      tap?.push(bytes.subarray(0, cut), 0);
      tap?.push(bytes.subarray(cut), 0);
      const reading = await new Promise<TapReading>((resolve) => tap?.finish(resolve));
      expect([reading.model, reading.finishReason]).toEqual([model, 'arrêt']);
    }
  });

  test('are read in a stream that tells its model only at its beginning', async () => {
    const frames = [
      frame({ model, choices: [{ delta: { content: 'a' } }] }),
      frame({ choices: [] }),
    ];
    expect((await read(frames, 'openai', 'text/event-stream')).model).toBe(model);
  });
});
