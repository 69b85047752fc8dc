import type { NanoUsd } from './units.ts';

/** A configured client or endpoint, as far as it spends. */
export interface Spender {
  readonly of: 'client' | 'endpoint';
  readonly name: string;
}

/** One text for each spender: a name may be a client's and an endpoint's. */
export const spenderKey = ({ of, name }: Spender): string => `${of} ${name}`;

/** What a client or an endpoint may spend in a calendar month. */
export interface SpendingLimit extends Spender {
  readonly monthlyNano: NanoUsd;
  /** `notify`: a notice. `refuse`: a notice, and 402 for further requests until the month ends. */
  readonly action: 'notify' | 'refuse';
}

export interface SpenderSpend extends Spender {
  readonly spentNano: NanoUsd;
}

export interface LimitUse extends SpendingLimit {
  /** This month so far. A client's: its requests. An endpoint's: its containers, idle time included. */
  readonly spentNano: NanoUsd;
  readonly usedUp: boolean;
}

/** How far each limit is used. Who has not spent anything stands at 0. */
export function limitUses(
  limits: readonly SpendingLimit[],
  spends: readonly SpenderSpend[],
): LimitUse[] {
  const spent = new Map(spends.map((one) => [spenderKey(one), one.spentNano]));
  return limits.map((limit) => {
    const spentNano = spent.get(spenderKey(limit)) ?? 0;
    return { ...limit, spentNano, usedUp: spentNano >= limit.monthlyNano };
  });
}
