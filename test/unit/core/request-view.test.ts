import { expect, test } from 'vitest';
import {
  openRequestView,
  REQUEST_COLUMNS,
  requestCells,
  requestView,
} from '../../../src/core/request-view.ts';
import { sampleClosed, sampleOpened, samplePrice } from '../../support/ledger/sample-requests.ts';

/** The names that scripts rely on, in their order. */
const NAMES =
  'id, endpoint, operation, client, group, method, path, startedAt, state, outcome, status, errorClass, ' +
  'paid, diagnosis, durationMs, ttfbMs, firstTokenMs, overheadMs, queueMs, bytesIn, bytesOut, chunks, ' +
  'streamed, legs, model, tokensIn, tokensOut, tokensCached, functionCallId, containerId, coldStart, ' +
  'gpuSeconds, costUsd, costState, attribution, priceId, traceId, spanId';

const closed = sampleClosed({ id: '01a20cc8-8e9f-75a5-a367-3f277d1165c4' });
const view = requestView({ ...closed, ...samplePrice(closed) });
const opened = sampleOpened();

test('a closed and an open request have the same names, in the fixed order', () => {
  expect(Object.keys(view).join(', ')).toBe(NAMES);
  expect(Object.keys(openRequestView(opened, null)).join(', ')).toBe(NAMES);
});

test('figures are in the units of their names, and money in decimal strings', () => {
  expect(view).toMatchObject({
    durationMs: 2_000,
    ttfbMs: 600,
    overheadMs: 0.23,
    gpuSeconds: 1.9995,
  });
  expect(view.costUsd).toEqual({
    exec: '0.001387653',
    overhead: null,
    total: '0.001387653',
    low: '0.001387653',
    high: '0.043027653',
  });
  expect(view.startedAt).toBe('2026-11-24T09:00:00.000000Z');
});

test('the group is the trace when the caller named none', () => {
  expect(view.group).toBe(closed.traceId);
  const named = requestView({ ...closed, ...samplePrice(closed), group: 'run-17' });
  expect(named.group).toBe('run-17');
});

test('what is not known is null, for an open request everything about its end', () => {
  const open = openRequestView(opened, { functionCallId: 'fc-1', legs: 2 });
  expect(open).toMatchObject({ state: 'open', legs: 2, functionCallId: 'fc-1', outcome: null });
  expect(open.costUsd).toEqual({ exec: null, overhead: null, total: null, low: null, high: null });
});

test('an id of another form has no span', () => {
  expect(requestView({ ...closed, ...samplePrice(closed), id: 'run-0042' }).spanId).toBeNull();
  expect(view.spanId).toBe('a3673f277d1165c4');
});

test('the flat columns carry every name and no cost is lost in them', () => {
  const cells = Object.fromEntries(
    requestCells(view).map((cell, index) => [REQUEST_COLUMNS[index], cell]),
  );
  expect(cells['costUsd.high']).toBe('0.043027653');
  for (const [name, value] of Object.entries(view)) {
    if (name !== 'costUsd') expect(cells[name], name).toBe(value);
  }
});
