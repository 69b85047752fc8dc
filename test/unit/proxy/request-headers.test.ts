import { describe, expect, test } from 'vitest';
import { requestNotes, upstreamHead } from '../../../src/proxy/request-headers.ts';
import { parseTraceparent } from '../../../src/proxy/trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const OWN = `traceparent: 00-${TRACE}-b7ad6b7169203331-01`;

function head(lines: readonly string[], overrides = {}): string[] {
  const rawHeaders = lines.flatMap((line) => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  const headers: Record<string, string> = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    headers[name] = [headers[name], rawHeaders[index + 1]]
      .filter((x) => x !== undefined)
      .join(', ');
  }
  const text = upstreamHead({
    method: 'POST',
    target: '/x?a=1',
    rawHeaders,
    headers,
    host: 'up.example.com',
    traceId: TRACE,
    spanId: 'b7ad6b7169203331',
    traceFlags: '01',
    clientAddress: '10.0.0.1',
    extra: '',
    drop: new Set(),
    upgrade: false,
    contentLength: null,
    ...overrides,
  });
  expect(text.endsWith('\r\n\r\n')).toBe(true);
  return text.slice(0, -4).split('\r\n');
}

describe('the head for the upstream', () => {
  test('keeps order, case and repeats, and names the upstream in place', () => {
    expect(head(['X-A: 1', 'hOsT: proxy:8787', 'x-a: 2', 'Content-Length: 3'])).toEqual([
      'POST /x?a=1 HTTP/1.1',
      'X-A: 1',
      'hOsT: up.example.com',
      'x-a: 2',
      'Content-Length: 3',
      'X-Forwarded-For: 10.0.0.1',
      OWN,
    ]);
  });

  test('drops hop-by-hop headers and what Connection names, but never framing', () => {
    const lines = [
      'Host: h',
      'Connection: close, X-Hop, Content-Length',
      'X-Hop: 1',
      'Keep-Alive: 5',
    ];
    const kept = head([...lines, 'Content-Length: 3', 'Proxy-Authorization: x', 'Upgrade: h2c']);
    expect(kept.slice(1, -2)).toEqual(['Host: up.example.com', 'Content-Length: 3']);
  });

  test('names the client and the trace although Connection disowns them', () => {
    const kept = head([
      'Host: h',
      'Connection: X-Forwarded-For, traceparent',
      'X-Forwarded-For: 192.0.2.9',
      'traceparent: 00-ffffffffffffffffffffffffffffffff-b7ad6b7169203331-01',
    ]);
    expect(kept.slice(2)).toEqual(['X-Forwarded-For: 10.0.0.1', OWN]);
  });

  test('drops what is for tripmeter, and every modal header but the five that Modal takes', () => {
    const kept = head([
      'Host: h',
      'X-Tripmeter-Operation: solve',
      'Modal-Key: wk-1',
      'Modal-Function-Call-Id: fc-1',
      'MODAL-SECRET: ws-1',
      'Modal-Session-ID: s',
    ]);
    expect(kept.slice(2, -2)).toEqual([
      'Modal-Key: wk-1',
      'MODAL-SECRET: ws-1',
      'Modal-Session-ID: s',
    ]);
  });

  test('continues a trace and a chain of addresses where they stand', () => {
    const kept = head(['X-Forwarded-For: 1.1.1.1', 'TraceParent: x', 'X-Forwarded-For: 2.2.2.2']);
    expect(kept.slice(1)).toEqual([
      'X-Forwarded-For: 1.1.1.1, 2.2.2.2, 10.0.0.1',
      OWN.replace('traceparent', 'TraceParent'),
      'Host: up.example.com',
    ]);
  });

  test('asks for trailers when the client does', () => {
    expect(head(['TE: trailers, deflate', 'Connection: TE']).slice(1, 3)).toEqual([
      'TE: trailers',
      'Connection: TE',
    ]);
  });
});

test('notes are read and cut to a size that keeps rows small', () => {
  const tags = Array.from({ length: 20 }, (_, index) => [`X-Tripmeter-Tag-T${index}`, 'v']).flat();
  const notes = requestNotes(['x-tripmeter-Operation', 'y'.repeat(500), 'X-Other', '1', ...tags]);
  expect(notes.operation).toHaveLength(128);
  expect(Object.keys(notes.tags ?? {})).toHaveLength(16);
  expect(notes.tags?.t0).toBe('v');
});

describe('a traceparent', () => {
  test.each([
    [`00-${TRACE}-b7ad6b7169203331-01`, true],
    [`cc-${TRACE}-b7ad6b7169203331-01-what-the-future-adds`, true],
    [`00-${TRACE}-b7ad6b7169203331-01-more`, false],
    [`ff-${TRACE}-b7ad6b7169203331-01`, false],
    [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, false],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, false],
    [`00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`, false],
    ['', false],
  ])('%s is valid: %s', (value, valid) => {
    expect(parseTraceparent(value) !== null).toBe(valid);
  });
});
