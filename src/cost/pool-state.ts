import type { PoolState } from './pool-settlement.ts';

/** Numbers of the prices that a state names. */
export function pricesOf(state: PoolState): number[] {
  return state.folds
    .flatMap(({ fold }) => fold.open.map(({ container }) => container.price))
    .filter((price) => price > 0);
}

/** Numbers of the requests that a state names. */
export function refsOf(state: PoolState): number[] {
  const running = state.folds.flatMap(({ fold }) =>
    fold.open.flatMap(({ runs }) => runs.map(({ ref }) => ref)),
  );
  return [...running, ...state.waiting];
}
