import { expect, test } from 'vitest';
import { httpOrigin } from '../../../src/core/http-origin.ts';

test.each([
  ['127.0.0.1', 'http://127.0.0.1:8788'],
  ['localhost', 'http://localhost:8788'],
  ['::1', 'http://[::1]:8788'],
])('a server that listens on %s is at %s', (host, origin) => {
  expect(httpOrigin({ host, port: 8788 })).toBe(origin);
  expect(new URL(origin).port).toBe('8788');
});
