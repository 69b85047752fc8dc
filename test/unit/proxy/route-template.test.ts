import { describe, expect, test } from 'vitest';
import { routeOf } from '../../../src/proxy/route-template.ts';

describe('the route of a path', () => {
  test.each([
    ['/items/123', '/items/{id}'],
    ['/v1/items/123/parts/4', '/v1/items/{id}/parts/{id}'],
    ['/jobs/3F2504E0-4f89-41d3-9a0c-0305e82c3301/', '/jobs/{id}/'],
    ['/files/d41d8cd98f00b204e9800998ecf8427e', '/files/{id}'],
    ['/r/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/r/{id}'],
    ['/v1/threads/thread_abc123def456ghi789/runs', '/v1/threads/{id}/runs'],
    ['/result/fc-01K9ABCDEFGHJKMNPQRSTVWXYZ', '/result/{id}'],
  ])('%s is %s', (path, route) => {
    expect(routeOf(path)).toBe(route);
  });

  test.each([
    '/',
    '/v1/chat/completions',
    '/v1/models/llama-3.1-8b-instruct',
    '/v1/models/qwen2-5-72b-instruct',
    '/api/2fa',
    '/deadbeef/cafe',
    '/embeddings-v2',
  ])('%s stays as it is', (path) => {
    expect(routeOf(path)).toBe(path);
  });
});
