import type { DifferenceLine } from './difference.ts';
import type { Change } from './plan.ts';

const SHOWN_CHARACTERS = 160;

/** A plan as a person reads it: one line a change, and below an update what differs. */
export function planText(changes: readonly Change[]): string {
  if (changes.length === 0) return 'Nothing to change: Honeycomb is as the code says.\n';
  const lines = changes.flatMap((change) => changeLines(change));
  return `${[...lines, '', planSummary(changes)].join('\n')}\n`;
}

/** `3 to create, 1 to update, 0 to delete`. */
export function planSummary(changes: readonly Change[]): string {
  const count = (action: Change['action']) =>
    changes.filter((change) => change.action === action).length;
  return `${count('create')} to create, ${count('update')} to update, ${count('delete')} to delete`;
}

function changeLines(change: Change): string[] {
  switch (change.action) {
    case 'create':
      return [`+ ${change.wanted.kind} ${change.wanted.title}`];
    case 'delete':
      return [`- ${change.present.kind} ${change.present.title}`];
    case 'update':
      return [
        `~ ${change.wanted.kind} ${change.wanted.title}`,
        ...change.lines.map(differenceText),
      ];
  }
}

function differenceText({ path, before, after }: DifferenceLine): string {
  if (before === undefined) return `    + ${path}: ${shown(after)}`;
  if (after === undefined) return `    - ${path}: ${shown(before)}`;
  return `    ${path}: ${shown(before)} → ${shown(after)}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS - 1)}…`;
}
