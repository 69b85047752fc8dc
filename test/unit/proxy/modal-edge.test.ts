import { describe, expect, test } from 'vitest';
import { classifyFailure } from '../../../src/proxy/modal-edge.ts';

const RUN = 'ws--generate.modal.run';
const DIRECT = 'ws--app-server.us-west.modal.direct';
const MISSING = 'Missing request, possibly due to expiry or cancellation';

describe('who failed, and whether it used GPU time', () => {
  test.each([
    [400, 'modal-http: bad redirect method', RUN, 'modal_bad_redirect_method', 'no'],
    [400, 'modal-http: prohibited modal header', RUN, 'modal_prohibited_header', 'no'],
    [401, 'modal-http: missing credentials for proxy authorization', RUN, 'modal_proxy_auth', 'no'],
    [401, 'modal-http: invalid credentials for proxy authorization', RUN, 'modal_proxy_auth', 'no'],
    [403, '', DIRECT, 'modal_forbidden', 'no'],
    [404, 'modal-http: invalid function call', RUN, 'modal_invalid_function_call', 'no'],
    [404, 'modal-http: app for invoked web endpoint is stopped', RUN, 'modal_app_stopped', 'no'],
    [404, 'modal-http: workspace ac-1 is disabled', RUN, 'modal_workspace_disabled', 'no'],
    [408, MISSING, RUN, 'modal_missing_request', 'yes'],
    [429, 'modal-http: rate limit exceeded', RUN, 'modal_rate_limited', 'no'],
    [429, 'modal-http: billing cycle spend limit reached', RUN, 'modal_spend_limit', 'no'],
    [
      500,
      'modal-http: internal error: function execution timed out',
      RUN,
      'modal_function_timeout',
      'yes',
    ],
    [
      500,
      'modal-http: internal error: function was terminated by signal',
      RUN,
      'modal_function_terminated',
      'yes',
    ],
    [500, 'modal-http: internal error: something new', RUN, 'modal_internal_error', 'unknown'],
    [502, 'modal-http: something new', RUN, 'modal_edge_error', 'unknown'],
    [418, 'modal-http: something new', RUN, 'modal_edge_error', 'no'],
    [503, '', DIRECT, 'modal_no_container', 'unknown'],
    [422, '{"detail":"no prompt"}', RUN, 'container_error', 'yes'],
    [500, 'Internal Server Error', RUN, 'container_error', 'yes'],
    [503, '{"error":"loading"}', DIRECT, 'container_error', 'yes'],
    [429, 'slow down', 'gpu.example.com', 'container_error', 'yes'],
  ])('%i %j at %s is %s, paid: %s', (status, bodyPrefix, host, errorClass, paid) => {
    const classified = classifyFailure({ status, bodyPrefix, hasFunctionCall: false, host });
    expect(classified).toEqual({ errorClass, paid });
  });

  test('a 429 with a function call comes from the container', () => {
    const answer = { status: 429, bodyPrefix: 'busy', host: RUN };
    expect(classifyFailure({ ...answer, hasFunctionCall: true }).errorClass).toBe(
      'container_error',
    );
    expect(classifyFailure({ ...answer, hasFunctionCall: false }).errorClass).toBe(
      'modal_rate_limited',
    );
  });
});
