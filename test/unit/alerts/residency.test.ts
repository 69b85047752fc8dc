import { describe, expect, test } from 'vitest';
import { compliance } from '../../../alerts/triggers/compliance.ts';
import { regionWithin } from '../../../alerts/triggers/residency.ts';
import {
  factsWith,
  NOW,
  recorderWith,
  settingsWith,
  verdictOf,
} from '../../support/timeline/facts-kit.ts';

const BROKEN = recorderWith({ journal: { ok: false, entriesAtRisk: 1, lastError: 'EIO' } });

describe('trigger.compliance', () => {
  const law = (effectiveAt: number, endpoints: string[] | null = null) => ({
    ...{ name: 'GDPR', regions: ['eu'], effectiveAt, reference: 'art. 44', endpoints },
  });
  const endpoint = (region: string, seen: string | null = null) => ({
    ...{ name: 'generate', region, requests30d: 10, bytes30d: 10 },
    clientCountries: [
      { region: 'DE', requests: 5 },
      { region: 'US', requests: 9 },
    ],
    containerRegions: seen === null ? [] : [{ region: seen, requests: 4 }],
  });
  const at = (one: object, laws: ReturnType<typeof law>[], more: object = {}) =>
    verdictOf(compliance, factsWith({ endpoints: [one as never], ...more }), {
      settings: settingsWith({ triggers: { compliance: laws } }),
    });
  const past = law(NOW - 1);

  test('nothing declared is nothing to break', () => {
    expect(at(endpoint('any'), []).reason).toContain('No residency requirement is declared');
  });
  test.each([
    ['eu', null, 'not_met'],
    ['any', null, 'met'],
    ['us', null, 'met'],
    ['eu', 'eu-west-1', 'not_met'],
    ['eu', 'us-east-1', 'met'],
  ])('a pin of %s, seen in %s, is %s', (pin, seen, state) => {
    expect(at(endpoint(pin, seen), [past]).state).toBe(state);
  });
  test('says what is wrong: the pin, or where it ran', () => {
    expect(at(endpoint('any'), [past]).reason).toContain('is configured with region "any"');
    const text = JSON.stringify(at(endpoint('eu', 'us-east-1'), [past]).evidence);
    expect(text).toContain('US 9, DE 5');
    expect(text).toContain('region pin good; seen outside in us-east-1');
    expect(at(endpoint('eu', 'us-east-1'), [past]).reason).toContain('was seen outside eu');
    expect(at(endpoint('eu'), [past]).reason).toContain('stays inside the regions of 1 declared');
  });
  test('a law ahead is pending until the earliest day', () => {
    const laws = [law(NOW + 9), law(NOW + 5), law(NOW + 7, ['other'])];
    expect(at(endpoint('any'), laws)).toMatchObject({ state: 'pending', until: NOW + 5 });
  });
  test('covers only the endpoints it names', () => {
    expect(at(endpoint('any'), [law(NOW - 1, ['other'])]).state).toBe('not_met');
    expect(at(endpoint('any'), [law(NOW - 1, ['generate'])]).state).toBe('met');
  });
  test('was met, is cleared, stays so; and is unknown while nobody looks', () => {
    const stood = (state: 'met' | 'cleared') => ({
      previous: { 'trigger.compliance||': { state, since: 1, streak: 1 } },
    });
    expect(at(endpoint('eu'), [past], stood('met')).state).toBe('cleared');
    expect(at(endpoint('eu'), [past], stood('cleared')).state).toBe('cleared');
    expect(at(endpoint('eu'), [past], { recorder: BROKEN }).state).toBe('unknown');
  });
  test('names the law in its rule', () => {
    const settings = settingsWith({ triggers: { compliance: [past] } });
    expect(compliance.describe(settings)).toContain('GDPR');
  });
});

test.each([
  ['eu-west-1', 'eu', true],
  ['europe-west4', 'eu', true],
  ['westeurope', 'eu', true],
  ['eu-west-2', 'eu', false],
  ['europe-west2', 'uk', true],
  ['us-east-1', 'us', true],
  ['US-EAST-1', 'us-east-1', true],
  ['us-east-1', 'eu-west', false],
  ['eu-west-1', 'eu-west', true],
  ['northamerica-northeast1', 'ca', true],
  ['asia-northeast1', 'ap', true],
  ['any', 'eu', false],
])('%s lies in %s: %s', (region, allowed, inside) => {
  expect(regionWithin(region, allowed)).toBe(inside);
});
