import type { HourCell } from '../../../src/core/occupancy/container.ts';
import { OccupancyFold, type OccupancyState } from '../../../src/core/occupancy/occupancy-fold.ts';
import type { OccupancySettings, Run } from '../../../src/core/occupancy/run.ts';

export interface FoldedSession {
  readonly session: number;
  /** The same for all parts of a container. */
  readonly container: number;
  readonly id: string | null;
  readonly standing: boolean;
  readonly level: string;
  readonly from: number;
  readonly closedAt: number;
  readonly busyUs: number;
  readonly coldUs: number;
  readonly idleUs: number;
  readonly runs: readonly { readonly ref: number; readonly execUs: number }[];
  readonly cells: readonly HourCell[];
}

export const run = (ref: number, start: number, end: number, more: Partial<Run> = {}): Run => ({
  ref,
  start: Math.round(start * 1_000_000),
  end: Math.round(end * 1_000_000),
  failed: false,
  price: 0,
  claim: null,
  ...more,
});

/**
 * Folds runs, cutting the stream at the instants in `cuts`: at each the state goes through JSON, as it
 * does between two settlements. Sessions that are open at `until` are not among the results.
 */
export function foldRuns(
  runs: readonly Run[],
  settings: OccupancySettings,
  options: { readonly until: number; readonly cuts?: readonly number[] },
): FoldedSession[] {
  const done: FoldedSession[] = [];
  const runsOf = new Map<number, { ref: number; execUs: number }[]>();
  const cellsOf = new Map<number, HourCell[]>();
  const append = <T>(map: Map<number, T[]>, key: number, value: T) =>
    map.set(key, [...(map.get(key) ?? []), value]);
  const make = (state?: OccupancyState) =>
    new OccupancyFold(
      settings,
      {
        ran: (container, { ref }, execUs) => append(runsOf, container.session, { ref, execUs }),
        cell: (container, cell) => append(cellsOf, container.session, cell),
        closed: (container, at) =>
          done.push({
            session: container.session,
            container: container.order,
            id: container.id,
            standing: container.standing,
            level: container.level,
            from: container.from,
            closedAt: at,
            ...container.times,
            runs: runsOf.get(container.session) ?? [],
            cells: cellsOf.get(container.session) ?? [],
          }),
      },
      state,
    );
  let fold = make();
  const cuts = [...(options.cuts ?? [])].sort((a, b) => a - b);
  const cut = (at: number) => {
    fold.advance(at);
    fold = make(JSON.parse(JSON.stringify(fold.state())));
  };
  for (const next of [...runs].sort((a, b) => a.start - b.start || a.ref - b.ref)) {
    while (cuts.length > 0 && cuts[0]! <= next.start) cut(cuts.shift()!);
    fold.push(next);
  }
  for (const at of cuts) cut(at);
  fold.retire(options.until);
  fold.advance(Number.MAX_SAFE_INTEGER);
  return done;
}
