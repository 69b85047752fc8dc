import { expect, test } from 'vitest';
import { sinksOf } from '../../../src/wiring/sinks-of.ts';
import { configOf, ENDPOINT, problemsOf } from '../config/load.ts';

const TARGETS = 'otlp: [{ name: phoenix, url: "http://127.0.0.1:6006" }]';
const HONEYCOMB = 'honeycomb: { key: { env: KEY } }';
const DAY = 86_400_000_000;

const tools = {
  fetch,
  clock: { now: () => 0, monotonic: () => 0 },
  version: '0.1.0',
  endpointOf: () => null,
};

test('a target that is new begins as far back as the configuration says, and a day unless it does', () => {
  const backfill = (more: string) => {
    const text = `${ENDPOINT}export: { ${TARGETS}, ${HONEYCOMB}${more} }\n`;
    return sinksOf(configOf(text, { KEY: 'k' }), tools).map((sink) => [sink.name, sink.backfillUs]);
  };
  expect(backfill('')).toEqual([
    ['honeycomb', DAY],
    ['phoenix', DAY],
  ]);
  expect(backfill(', backfill: 7d')).toEqual([
    ['honeycomb', 7 * DAY],
    ['phoenix', 7 * DAY],
  ]);
  expect(backfill(', backfill: 0s').map(([, us]) => us)).toEqual([0, 0]);
});

test('own traces go to a target that is there', () => {
  const problems = (name: string) =>
    problemsOf(`${ENDPOINT}export: { ${TARGETS}, ownTraces: ${name} }\n`);
  expect(problems('phoenix')).toEqual([]);
  expect(problems('honeycomb').join()).toMatch(
    /export\.ownTraces: there is no target honeycomb; targets: phoenix/,
  );
});
