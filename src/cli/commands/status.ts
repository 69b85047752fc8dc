import type { Config } from '../../config/config.ts';
import { httpOrigin } from '../../core/http-origin.ts';
import { parseUsd } from '../../core/units.ts';
import { observedPrices } from '../../ledger/queries/price-observations.ts';
import { type LiveStatus, liveStatus } from '../../status/live-status.ts';
import { readStatus } from '../../status/read-status.ts';
import type { Status, VerdictView } from '../../status/status.ts';
import { adminAccessOf } from '../../wiring/admin-access-of.ts';
import { alertEngineOf } from '../../wiring/alert-engine-of.ts';
import { recorderBeside, watchedCollectors } from '../../wiring/alert-recorder.ts';
import { createMeasuredCurve } from '../../wiring/measured-curve.ts';
import { pricingOf } from '../../wiring/pricing-of.ts';
import type { CliContext } from '../cli-context.ts';
import { EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { counted, dollars } from '../format.ts';
import { type Reader, withReader } from '../open-reader.ts';
import { tableText } from '../table.ts';

/** This month, the alerts, the triggers, the verdict. */
export const statusCommand: CliCommand<{ readonly json?: true }> = {
  name: 'status',
  summary: 'this month, the alerts, the triggers, the verdict',
  setUp: (command) => command.option('--json', 'one JSON object'),
  run: (invocation) =>
    withReader(invocation, async (reader) => {
      const { context, options } = invocation;
      const { config } = reader;
      const live = await askService(config);
      const status = live.status ?? (await storedStatus(reader, context));
      const text = options.json
        ? JSON.stringify(status)
        : statusText(status, live.problem, context);
      context.stdout(`${text}\n`);
      return EXIT.done;
    }),
};

async function storedStatus({ ledger, config }: Reader, { clock }: CliContext): Promise<Status> {
  const recorder = recorderBeside({ ledger, collectors: watchedCollectors(config) });
  const alerts = alertEngineOf({ ledger, config, recorder, routes: [] });
  const priceBook = pricingOf(config, await observedPrices(ledger.db)).book;
  const measured = createMeasuredCurve({ ledger, config, priceBook, clock });
  return readStatus({ ledger, config, clock, alerts, measured, exporter: null, health: null });
}

function askService(config: Config): Promise<LiveStatus> {
  const { token } = adminAccessOf(config);
  const headers: Record<string, string> =
    token === null ? {} : { authorization: `Bearer ${token}` };
  return liveStatus(httpOrigin(config.admin), { headers });
}

function statusText(status: Status, problem: string | null, context: CliContext): string {
  const { spend, decision } = status;
  const lines = [
    `${decision.recommendation.replaceAll('_', ' ').toUpperCase()}  ${decision.reasons[0] ?? ''}`,
    '',
    `spend ${spend.month} (${spend.zone})  ${money(spend.usd)}, of which ${money(spend.provisionalUsd)} provisional`,
    linesText(spend.lines),
    spend.forecastUsd === null
      ? 'forecast  not ready: three whole days of data are needed'
      : `forecast  ${money(spend.forecastUsd)} (${money(spend.forecastLow ?? '0')} to ${money(spend.forecastHigh ?? '0')})`,
    ...(spend.unpricedRequests > 0
      ? [
          `unpriced  ${spend.unpricedRequests} requests have no price: the figures are a lower bound`,
        ]
      : []),
    '',
    verdictTable('alert', status.alerts, context),
    verdictTable('trigger', status.triggers, context),
    verdictTable('emergency', status.emergencies, context),
    ...status.export.map(sinkLine),
    healthLine(status, problem),
    ...refusedLine(status),
    ...recordLines(status),
  ];
  return lines.join('\n');
}

/** Where the month's dollars went, as far as they are settled. */
function linesText(lines: Status['spend']['lines']): string {
  const parts = Object.entries(lines)
    .filter(([, usd]) => parseUsd(usd) !== 0)
    .map(([name, usd]) => `${name.replace(/Usd$/, '')} ${money(usd)}`);
  return parts.length === 0 ? 'settled  nothing yet' : `settled  ${parts.join(', ')}`;
}

function money(text: string): string {
  return dollars(parseUsd(text));
}

function verdictTable(kind: string, verdicts: readonly VerdictView[], context: CliContext): string {
  const rows = verdicts.map((verdict) => [
    verdict.subject === '' ? verdict.id : `${verdict.id} ${verdict.subject}`,
    verdict.state.replaceAll('_', ' '),
    verdict.reason,
  ]);
  return tableText(
    [kind, 'state', 'why'].map((title) => ({ title })),
    rows,
    context,
  );
}

function sinkLine(sink: Status['export'][number]): string {
  const { lagSeconds, depth, rejected, stopped, lastError } = sink;
  const lag = lagSeconds === null ? 'unknown' : `${Math.round(lagSeconds)} s`;
  const parts = [
    `lag ${lag}`,
    `${depth ?? 'unknown'} to send`,
    `${rejected ?? 'unknown'} rejected`,
  ];
  const trouble =
    stopped === null
      ? lastError === null
        ? ''
        : `\n  ! not sent, trying again: ${lastError}`
      : `\n  ! stopped: ${stopped}`;
  return `export   ${sink.sink}: ${parts.join(', ')}${trouble}`;
}

function healthLine({ health, journal }: Status, problem: string | null): string {
  if (health === null) return `service  ${problem ?? 'unknown'}; figures are from the ledger`;
  const pending = `${counted(journal.segments ?? 0, 'journal segment')}, about ${counted(journal.rowsPending ?? 0, 'request')} to take in`;
  return `service  ${health.status}; ${pending}${health.problems.map((each) => `\n  ! ${each}`).join('')}`;
}

/** Clients that were turned away left no record: only this says so. */
function refusedLine({ proxy }: Status): string[] {
  const refused = proxy?.refusedConnections ?? 0;
  if (refused === 0) return [];
  return [
    `clients  ! ${counted(refused, 'connection')} turned away since the start, because proxy.maxConnections were open; raise it, or find who keeps them`,
  ];
}

/** What waits in the ledger. A service of an earlier version does not say it. */
function recordLines({ records }: Status): string[] {
  const { rejected = 0, heldSince = null, heldBecause = null } = records ?? {};
  const lines = [];
  if (rejected > 0) {
    lines.push(
      `records  ! ${counted(rejected, 'record')} refused by the ledger and set aside; \`tripmeter verify\` says how to look at them`,
    );
  }
  if (heldSince !== null) {
    lines.push(`records  requests since ${heldSince} outstay retention.requests: ${heldBecause}`);
  }
  return lines;
}
