import type { RequestView } from '../core/request-view.ts';
import { dollarsOfText, milliseconds, quantity, text, wallClock } from './format.ts';
import type { Column } from './table.ts';

/** Columns of a request for people; JSON has them all. */
export const REQUEST_TABLE: readonly Column[] = [
  { title: 'STARTED' },
  { title: 'ENDPOINT', max: 24 },
  { title: 'OUTCOME', max: 18 },
  { title: 'ERROR', max: 24, optional: true },
  { title: 'STATUS', align: 'right' },
  { title: 'DURATION', align: 'right' },
  { title: 'COST', align: 'right' },
  { title: 'FIRST BYTE', align: 'right', optional: true },
  { title: 'TOKENS', align: 'right', optional: true },
  { title: 'OPERATION', max: 20, optional: true },
  { title: 'CLIENT', max: 20, optional: true },
  { title: 'ID', optional: true },
];

export function requestCellsOf(view: RequestView, zone: string): string[] {
  return [
    wallClock(view.startedAt, zone),
    view.endpoint,
    view.state === 'open' ? 'open' : text(view.outcome),
    text(view.errorClass),
    text(view.status),
    milliseconds(view.durationMs),
    costText(view),
    milliseconds(view.ttfbMs),
    tokensText(view),
    text(view.operation),
    text(view.client),
    view.id,
  ];
}

/** Before settlement only the execution is known, marked `~`. */
export function costText({ costUsd, costState }: RequestView): string {
  const known = costUsd.total ?? costUsd.exec;
  const provisional = known !== null && costState === 'provisional';
  return `${provisional ? '~' : ''}${dollarsOfText(known)}`;
}

function tokensText({ tokensIn, tokensOut }: RequestView): string {
  return `${quantity(tokensIn)} → ${quantity(tokensOut)}`;
}
