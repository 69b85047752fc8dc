import { RESOURCE_KINDS, type Resource, type ResourceKind } from '../compile/resource.ts';
import { type DifferenceLine, differences } from './difference.ts';

/** An object that is there, with Honeycomb's id. */
export type PresentResource = Resource & { readonly id: string };

export type Change =
  | { readonly action: 'create'; readonly wanted: Resource }
  | {
      readonly action: 'update';
      readonly wanted: Resource;
      readonly present: PresentResource;
      readonly lines: readonly DifferenceLine[];
    }
  | { readonly action: 'delete'; readonly present: PresentResource };

/** Shared with others, or full of data: made when missing, never deleted. */
const KEPT: ReadonlySet<ResourceKind> = new Set(['dataset', 'column', 'recipient']);

/**
 * What has to happen for `present` (ours only) to become `wanted`: makes first, in the order of dependence,
 * deletes last, in the opposite one. Nothing when they agree.
 */
export function planChanges(
  wanted: readonly Resource[],
  present: readonly PresentResource[],
): Change[] {
  const found = new Map<string, PresentResource[]>();
  for (const each of present) {
    const name = nameOf(each);
    found.set(name, [...(found.get(name) ?? []), each]);
  }
  const changes: Change[] = [];
  for (const each of inOrder(wanted)) {
    const [first, ...doubles] = found.get(nameOf(each)) ?? [];
    // A second one of the same name is what an apply left that was cut off: it is in nobody's plan.
    found.set(nameOf(each), doubles);
    if (first === undefined) changes.push({ action: 'create', wanted: each });
    else {
      const lines = differences(first.view, each.view);
      if (lines.length > 0) changes.push({ action: 'update', wanted: each, present: first, lines });
    }
  }
  return [...changes, ...deletions([...found.values()].flat())];
}

/** What has to happen for nothing of ours to be left, but the data and what is shared. */
export function planDestruction(present: readonly PresentResource[]): Change[] {
  return deletions(present);
}

function deletions(present: readonly PresentResource[]): Change[] {
  return inOrder(present)
    .reverse()
    .filter((each) => !KEPT.has(each.kind))
    .map((each) => ({ action: 'delete', present: each }));
}

function inOrder<T extends Resource>(resources: readonly T[]): T[] {
  const rank = (each: Resource) => RESOURCE_KINDS.indexOf(each.kind);
  return [...resources].sort((a, b) => rank(a) - rank(b));
}

function nameOf({ kind, key }: Resource): string {
  return `${kind}/${key}`;
}
