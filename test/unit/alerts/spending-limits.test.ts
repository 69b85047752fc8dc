import { describe, expect, test } from 'vitest';
import { spendingLimits } from '../../../alerts/budgets/spending-limits.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import { factsWith, LIMITED_SETTINGS } from '../../support/timeline/facts-kit.ts';

const usd = (amount: number) => amount * 1e9;

describe('budget.limit', () => {
  const stateAt = (spent: number) =>
    spendingLimits.evaluate(
      factsWith({ spenders: [{ of: 'client', name: 'batch', spentNano: usd(spent) }] }),
      LIMITED_SETTINGS,
    );

  test.each([
    [239, 'not_met'],
    [240, 'approaching'],
    [300, 'met'],
  ])('at $%d of $300 is %s', (spent, state) => {
    expect(stateAt(spent)).toMatchObject([{ state, subject: 'client batch', value: usd(spent) }]);
  });

  test('of one who has spent nothing, or of nobody, there is nothing to tell', () => {
    expect(spendingLimits.evaluate(factsWith(), LIMITED_SETTINGS)).toMatchObject([
      { state: 'not_met', value: 0 },
    ]);
    expect(spendingLimits.evaluate(factsWith(), DEFAULT_ALERT_SETTINGS)).toEqual([]);
    expect(spendingLimits.describe(DEFAULT_ALERT_SETTINGS)).toMatch(/no client and no endpoint/);
  });

  test('says whether requests are refused from then on', () => {
    expect(stateAt(300)[0]?.nextStep).toContain('402');
    const told = LIMITED_SETTINGS.budgets.limits.map((limit) => ({
      ...limit,
      action: 'notify' as const,
    }));
    const settings = {
      ...LIMITED_SETTINGS,
      budgets: { ...LIMITED_SETTINGS.budgets, limits: told },
    };
    expect(spendingLimits.evaluate(factsWith(), settings)[0]?.nextStep).toContain('still pass');
  });
});
