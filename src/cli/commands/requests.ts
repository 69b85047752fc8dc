import { Option } from 'commander';
import { OUTCOMES, type Outcome } from '../../core/outcome.ts';
import type { RequestView } from '../../core/request-view.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import type { RequestFilter } from '../../ledger/queries/request-filter.ts';
import { listRequests } from '../../ledger/queries/requests.ts';
import { EXIT } from '../cli-error.ts';
import type { CliCommand, Invocation } from '../command.ts';
import { type Reader, withReader } from '../open-reader.ts';
import { parseInstant } from '../parse-instant.ts';
import { positiveInteger } from '../positive-integer.ts';
import { REQUEST_TABLE, requestCellsOf } from '../request-table.ts';
import { tableText } from '../table.ts';

interface RequestsOptions {
  readonly since?: string;
  readonly until?: string;
  readonly endpoint?: string;
  readonly outcome?: Outcome;
  readonly client?: string;
  readonly group?: string;
  readonly operation?: string;
  readonly state?: 'open' | 'closed';
  readonly limit: number;
  readonly json?: true;
}

const PAGE_ROWS = 500;

/** Requests, newest first. */
export const requestsCommand: CliCommand<RequestsOptions> = {
  name: 'requests',
  summary: 'list requests, newest first',
  setUp: (command) =>
    command
      .option('--since <TIME>', 'started at or after: 2h, 7d, 2026-11-24, 2026-11-24T09:00Z')
      .option('--until <TIME>', 'started before')
      .option('--endpoint <NAME>', 'of one endpoint')
      .addOption(new Option('--outcome <OUTCOME>', 'with one outcome').choices(OUTCOMES))
      .option('--client <NAME>', 'of one client')
      .option('--group <NAME>', 'of one group or trace')
      .option('--operation <NAME>', 'of one operation')
      .addOption(new Option('--state <STATE>', 'open or closed').choices(['open', 'closed']))
      .option('--limit <N>', 'at most so many', positiveInteger, 50)
      .option('--json', 'one JSON object per line'),
  run: (invocation) => {
    const list = async ({ ledger, config }: Reader, filter: RequestFilter) => {
      const pages = requestPages(ledger, filter, invocation.options.limit);
      if (invocation.options.json) await printLines(pages, invocation);
      else await printTable(pages, invocation, config.timezone);
      return EXIT.done;
    };
    return withReader(invocation, list, ({ timezone }) => filterOf(invocation, timezone));
  },
};

function filterOf({ options, context }: Invocation<RequestsOptions>, zone: string): RequestFilter {
  const { since, until, limit: _limit, json: _json, ...filter } = options;
  const at = { now: context.clock.now(), zone };
  return {
    ...filter,
    since: parseInstant(since, '--since', at),
    until: parseInstant(until, '--until', at),
  };
}

async function* requestPages(
  { db }: Ledger,
  filter: RequestFilter,
  wanted: number,
): AsyncGenerator<RequestView[]> {
  let left = wanted;
  let cursor: string | undefined;
  do {
    const page = await listRequests(db, { ...filter, cursor, limit: Math.min(left, PAGE_ROWS) });
    yield page.requests;
    left -= page.requests.length;
    cursor = page.next ?? undefined;
  } while (left > 0 && cursor !== undefined);
}

async function printLines(
  pages: AsyncIterable<RequestView[]>,
  { context }: Invocation,
): Promise<void> {
  for await (const page of pages) {
    context.stdout(page.map((view) => `${JSON.stringify(view)}\n`).join(''));
    await context.drained?.();
    if (context.signal.aborted) return;
  }
}

async function printTable(
  pages: AsyncIterable<RequestView[]>,
  { context }: Invocation,
  zone: string,
): Promise<void> {
  const views: RequestView[] = [];
  for await (const page of pages) views.push(...page);
  if (views.length === 0) {
    context.stderr('no requests match\n');
    return;
  }
  const rows = views.map((view) => requestCellsOf(view, zone));
  context.stdout(tableText(REQUEST_TABLE, rows, context));
}
