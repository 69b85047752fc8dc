import { apportion } from './apportion.ts';
import type { NanoUsd } from './units.ts';

/** An endpoint's modelled dollars in one hour. */
export interface ModelledSpend {
  readonly endpoint: number;
  /** App of the bill, `null` when the configuration names none. */
  readonly app: string | null;
  readonly modelledNano: NanoUsd;
}

/** Dollars of one hour as they count: `billedNano` and `residualNano` are `null` where no bill covers it. */
export interface EffectiveSpend extends ModelledSpend {
  readonly billedNano: NanoUsd | null;
  readonly effectiveNano: NanoUsd;
  readonly residualNano: NanoUsd | null;
}

/** Endpoint of a row that belongs to an app as a whole. */
export const NO_ENDPOINT = 0;

/**
 * Effective spend of one hour. An app's billed dollars go to its endpoints in proportion to what the model
 * says of them; when the model knows nothing of an app, or the configuration names it nowhere, they stay
 * on a row of their own. Billed dollars are never lost and never counted twice.
 */
export function effectiveSpend(
  modelled: readonly ModelledSpend[],
  billed: ReadonlyMap<string, NanoUsd>,
): EffectiveSpend[] {
  const rows: EffectiveSpend[] = modelled
    .filter(({ app }) => app === null || !billed.has(app))
    .map((spend) => ({
      ...spend,
      billedNano: null,
      effectiveNano: spend.modelledNano,
      residualNano: null,
    }));
  for (const [app, billedNano] of billed) {
    const own = modelled.filter((spend) => spend.app === app);
    const known = own.reduce((sum, { modelledNano }) => sum + modelledNano, 0);
    if (known === 0) {
      rows.push(...own.map((spend) => withBill(spend, 0)));
      rows.push(withBill({ endpoint: NO_ENDPOINT, app, modelledNano: 0 }, billedNano));
      continue;
    }
    const shares = apportion(
      billedNano,
      own.map(({ modelledNano }) => modelledNano),
    );
    own.forEach((spend, index) => {
      rows.push(withBill(spend, shares[index] ?? 0));
    });
  }
  return rows;
}

function withBill(spend: ModelledSpend, billedNano: NanoUsd): EffectiveSpend {
  return {
    ...spend,
    billedNano,
    effectiveNano: billedNano,
    residualNano: billedNano - spend.modelledNano,
  };
}
