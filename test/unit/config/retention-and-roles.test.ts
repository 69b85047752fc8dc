import { expect, test } from 'vitest';
import { roleProblem } from '../../../src/cli/role-problem.ts';
import { tokenCost } from '../../../src/core/price-book/token-price.ts';
import { configOf, ENDPOINT, problemsOf } from './load.ts';

test('requests are kept for 48 hours at least', () => {
  expect(problemsOf(`${ENDPOINT}\nretention: { requests: 47h }\n`)[0]).toContain('at least 48h');
  expect(problemsOf(`${ENDPOINT}\nretention: { requests: 48h }\n`)).toEqual([]);
});

test('journals of other proxies are for an office alone', () => {
  const config = configOf(`${ENDPOINT}\njournals: [/mnt/a/journal]\n`);
  expect(roleProblem(config, 'all')).toContain('--role office');
  expect(roleProblem(config, 'office')).toBeNull();
  expect(roleProblem(configOf(ENDPOINT), 'all')).toBeNull();
});

test('token costs are exact where doubles are not, and unknown beyond what money can be', () => {
  const price = { model: 'm', inputPicoUsd: 10_000_001, cachedPicoUsd: 0, outputPicoUsd: 0 };
  const costOf = (tokensIn: number) =>
    tokenCost({ ...price, source: 'test' } as unknown as Parameters<typeof tokenCost>[0], {
      ...{ tokensIn, tokensOut: 0, tokensCached: null },
    });
  expect(costOf(999_999_999)).toBe(10_000_000_990_000);
  expect(costOf(9e15)).toBeNull();
});
