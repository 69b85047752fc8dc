import { expect, test } from 'vitest';
import { functionCallIdIn } from '../../../src/proxy/modal-redirect.ts';
import { type LegResult, nextStep } from '../../../src/proxy/next-step.ts';
import { DEFAULT_UPSTREAM } from '../../../src/proxy/proxy-settings.ts';

const CALL = '/?__modal_function_call_id=fc-1';
const retrying = { ...DEFAULT_UPSTREAM, retryCold503: { attempts: 2, delayMs: 10 } };
const following = { ...DEFAULT_UPSTREAM, follow303: true };
const leg = (result: Partial<LegResult>): LegResult => ({
  status: 200,
  location: null,
  legs: 1,
  retries: 0,
  functionCallId: null,
  ...result,
});

test.each([
  ['an answer', leg({}), DEFAULT_UPSTREAM, 'relay'],
  ["Modal's 303", leg({ status: 303, location: CALL }), DEFAULT_UPSTREAM, 'park'],
  ["Modal's 303, to be followed here", leg({ status: 303, location: CALL }), following, 'follow'],
  ['another 303', leg({ status: 303, location: '/done' }), following, 'relay'],
  ['the 20th hop', leg({ status: 303, location: CALL, legs: 20 }), DEFAULT_UPSTREAM, 'park'],
  ['the 21st hop', leg({ status: 303, location: CALL, legs: 21 }), DEFAULT_UPSTREAM, 'relay'],
  ['a 408 for a call', leg({ status: 408, functionCallId: 'fc-1' }), DEFAULT_UPSTREAM, 'park'],
  ['a 408 otherwise', leg({ status: 408 }), DEFAULT_UPSTREAM, 'relay'],
  ['a 503, not configured', leg({ status: 503 }), DEFAULT_UPSTREAM, 'relay'],
  ['a 503, to be repeated', leg({ status: 503, retries: 1 }), retrying, 'repeat'],
  ['the last 503', leg({ status: 503, retries: 2 }), retrying, 'relay'],
])('%s', (_name, result, options, step) => {
  expect(nextStep(result, options).step).toBe(step);
});

test.each([
  ['/x?__modal_function_call_id=fc-01AB', 'fc-01AB'],
  ['/x?a=1&__modal_function_call_id=fc-1&b=2', 'fc-1'],
  ['https://h/?__modal_function_call_id=fc-1#x', 'fc-1'],
  ['/x?not__modal_function_call_id=fc-1', null],
  ['/__modal_function_call_id=fc-1', null],
  ['/x?__modal_function_call_id=', null],
])('%s names call %s', (url, id) => {
  expect(functionCallIdIn(url)).toBe(id);
});
