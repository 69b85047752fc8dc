import { setTimeout } from 'node:timers/promises';
import { type RequestView, requestView } from '../../core/request-view.ts';
import { requestsAfter } from '../../ledger/queries/export.ts';
import { seqBeforeNewest } from '../../ledger/queries/seq-before-newest.ts';
import { EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { milliseconds, text, wallClock } from '../format.ts';
import { withReader } from '../open-reader.ts';
import { positiveInteger } from '../positive-integer.ts';
import { costText } from '../request-table.ts';
import { printable } from '../table.ts';

interface TailOptions {
  readonly lines: number;
  readonly json?: true;
}

const POLL_MS = 300;
const PAGE_ROWS = 500;

/** Requests as they finish, until the user stops it. */
export const tailCommand: CliCommand<TailOptions> = {
  name: 'tail',
  summary: 'follow requests as they finish',
  setUp: (command) =>
    command
      .option('-n, --lines <N>', 'begin with so many that have finished', positiveInteger, 10)
      .option('--json', 'one JSON object per line'),
  run: (invocation) =>
    withReader(invocation, async ({ ledger, config }) => {
      const { options, context } = invocation;
      const { signal } = context;
      let after = await seqBeforeNewest(ledger.db, options.lines);
      while (!signal.aborted) {
        const found = await requestsAfter(ledger.db, after, PAGE_ROWS);
        for (const { seq, request } of found) {
          const view = requestView(request);
          context.stdout(
            options.json ? `${JSON.stringify(view)}\n` : lineOf(view, config.timezone),
          );
          after = seq;
        }
        await context.drained?.();
        if (found.length < PAGE_ROWS) await pause(signal);
      }
      return EXIT.done;
    }),
};

async function pause(signal: AbortSignal): Promise<void> {
  // The end of the wait and the user's stop are both an end of the wait.
  await setTimeout(POLL_MS, undefined, { signal }).catch(() => {});
}

function lineOf(view: RequestView, zone: string): string {
  const cells = [
    wallClock(view.startedAt, zone),
    view.endpoint.padEnd(16),
    text(view.outcome).padEnd(16),
    text(view.status).padStart(3),
    milliseconds(view.durationMs).padStart(9),
    costText(view).padStart(10),
    `${view.method} ${view.path}`,
    ...(view.errorClass === null ? [] : [`(${view.errorClass})`]),
  ];
  return `${printable(cells.join('  '))}\n`;
}
