import { describe, expect, test } from 'vitest';
import { accessProblem } from '../../../src/api/admin-access.ts';

const OPEN = { token: null, telemetryToken: null, hosts: ['meter.example.com'] };
const CLOSED = { ...OPEN, token: 'secret' };
const basic = (text: string) => ({
  authorization: `Basic ${Buffer.from(text).toString('base64')}`,
});

describe('an admin port without a token', () => {
  test.each([
    '127.0.0.1:8788',
    '10.0.0.7',
    '[::1]:8788',
    'localhost:8788',
    'METER.example.com',
    '',
  ])('answers to the name %s', (host) => {
    expect(accessProblem(OPEN, '/api/v1/status', { host })).toBeNull();
  });

  test('does not answer a page that has its own name point here', () => {
    expect(accessProblem(OPEN, '/', { host: 'evil.example:8788' })).toMatchObject({
      status: 421,
      detail: expect.stringContaining('admin.publicUrl'),
    });
  });

  test.each(['/healthz', '/readyz', '/metrics'])('shows %s under any name', (path) => {
    expect(accessProblem(OPEN, path, { host: 'tripmeter.monitoring.svc' })).toBeNull();
  });
});

describe('an admin port with a token', () => {
  test.each([
    ['as bearer', { authorization: 'Bearer secret' }],
    ['as bearer, whatever the case', { authorization: 'bearer  secret' }],
    ['as a password', basic('anybody:secret')],
    ['as a password of nobody', basic(':secret')],
  ])('takes it %s, under any name', (_name, headers) => {
    const host = 'evil.example';
    expect(accessProblem(CLOSED, '/api/v1/status', { ...headers, host })).toBeNull();
  });

  test.each([
    ['none', {}],
    ['another', { authorization: 'Bearer secre' }],
    ['it as the user name', basic('secret:')],
    ['an empty one', { authorization: 'Bearer ' }],
    ['something else', { authorization: 'Digest secret' }],
  ])('refuses %s, and says how to show it', (_name, headers) => {
    expect(accessProblem(CLOSED, '/metrics', headers)).toMatchObject({
      status: 401,
      detail: expect.stringContaining('admin.token'),
    });
  });

  test('tells anybody whether it lives', () => {
    expect(accessProblem(CLOSED, '/healthz', {})).toBeNull();
    expect(accessProblem(CLOSED, '/readyz', {})).toBeNull();
  });
});

describe('the token of telemetry', () => {
  const access = { ...CLOSED, telemetryToken: 'pushed' };
  test('opens pushed metrics and nothing else', () => {
    const headers = { authorization: 'Bearer pushed' };
    expect(accessProblem(access, '/v1/metrics', headers)).toBeNull();
    expect(accessProblem(access, '/api/v1/status', headers)).toMatchObject({ status: 401 });
  });

  test('is asked for there although nothing else is', () => {
    const only = { ...OPEN, telemetryToken: 'pushed' };
    expect(accessProblem(only, '/v1/metrics', {})).toMatchObject({ status: 401 });
    expect(accessProblem(only, '/', { host: '127.0.0.1' })).toBeNull();
  });

  test('is that of the port when it has none of its own', () => {
    expect(accessProblem(CLOSED, '/v1/metrics', {})).toMatchObject({ status: 401 });
  });
});
