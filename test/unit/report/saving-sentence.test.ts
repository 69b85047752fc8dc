import { expect, test } from 'vitest';
import type { Saving } from '../../../alerts/weekly-report/report-facts.ts';
import { latencyPrice, savingSentence } from '../../../alerts/weekly-report/saving-sentence.ts';

const saving = (change: Partial<Saving>): Saving => ({
  endpoint: 'generate',
  change: 'scaledown window 600 s → 60 s',
  ...{ asConfiguredNano: 90e9, changedNano: 40e9, perMonthNano: 214e9 },
  ...{ coldStartsBefore: 40, coldStartsAfter: 1_253, coldStartUs: 75_000_000 },
  ...change,
});

test('a saving that brings cold starts says in the same sentence what users would wait', () => {
  expect(savingSentence(saving({}))).toBe(
    'generate: scaledown window 600 s → 60 s saves $214.00 a month but costs latency: 1,213 more cold starts ' +
      'in the replay (40 → 1,253), each makes a request wait about 1.3 min.',
  );
});

test('where no container has said how long a start takes, the wait is called unknown', () => {
  expect(latencyPrice(saving({ coldStartsAfter: 41, coldStartUs: null }))).toBe(
    '1 more cold start in the replay (40 → 41), how long each makes a request wait is unknown',
  );
});

test('a saving that brings none has no latency price', () => {
  expect(latencyPrice(saving({ coldStartsAfter: 40 }))).toBeNull();
  expect(savingSentence(saving({ coldStartsAfter: 40 }))).toBe(
    'generate: scaledown window 600 s → 60 s saves $214.00 a month, with as many cold starts.',
  );
  expect(savingSentence(saving({ coldStartsAfter: 12 }))).toContain(
    'with fewer cold starts (40 → 12 in the replay)',
  );
});
