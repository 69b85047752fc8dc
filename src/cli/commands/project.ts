import { isoInstant } from '../../core/measure-text.ts';
import { type Projection, project } from '../../core/projection.ts';
import type { NanoUsd } from '../../core/units.ts';
import { MICROS_PER_DAY, usdString } from '../../core/units.ts';
import { hourFacts } from '../../ledger/queries/facts-hours.ts';
import type { CliContext } from '../cli-context.ts';
import { EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { dollars, quantity, UNKNOWN } from '../format.ts';
import { configOf, withReader } from '../open-reader.ts';
import { positiveInteger } from '../positive-integer.ts';
import { tableText } from '../table.ts';

interface ProjectOptions {
  readonly requests?: number;
  readonly json?: true;
}

/** What staying on Modal and leaving it cost, by volume (report, appendix B). */
export const projectCommand: CliCommand<ProjectOptions> = {
  name: 'project',
  summary: 'what Modal and the multi-cloud cost at a volume, break-even, payback',
  setUp: (command) =>
    command
      .option('--requests <N>', 'requests a month; default: the last 30 days', positiveInteger)
      .option('--json', 'one JSON object'),
  run: async (invocation) => {
    const { options, context } = invocation;
    const config = configOf(invocation);
    const requests =
      options.requests ??
      (await withReader(invocation, async ({ ledger }) => {
        const now = context.clock.now();
        const hours = await hourFacts(ledger.db, now - 30 * MICROS_PER_DAY, now);
        return hours.reduce((sum, hour) => sum + hour.requests, 0);
      }));
    const projection = project(requests, null, config.alerts.decision.projection);
    context.stdout(
      options.json
        ? `${JSON.stringify(projectionView(projection, isoInstant(context.clock.now())))}\n`
        : projectionText(projection, context),
    );
    return EXIT.done;
  },
};

const usd = (nano: NanoUsd | null) => (nano === null ? null : usdString(nano));

function projectionView(projection: Projection, at: string) {
  return {
    at,
    requests: projection.requests,
    rows: projection.rows.map((row) => ({
      requests: row.requests,
      modalUsd: usd(row.modalNano),
      modalLinearUsd: usd(row.modalLinearNano),
      multiCloudUsd: usd(row.multiCloudNano),
    })),
    breakEvenRequests: projection.breakEvenRequests,
    linearBreakEvenRequests: projection.linearBreakEvenRequests,
    oneTimeUsd: usd(projection.oneTimeNano),
    monthlySavingUsd: usd(projection.monthlySavingNano),
    paybackMonths: projection.paybackMonths,
    sensitivity: projection.sensitivity.map((row) => ({
      volumeFactor: row.volumeFactor,
      priceFactor: row.priceFactor,
      modalUsd: usd(row.modalNano),
      multiCloudUsd: usd(row.multiCloudNano),
      paybackMonths: row.paybackMonths,
    })),
  };
}

function projectionText(projection: Projection, context: CliContext): string {
  const right = 'right' as const;
  const widest = Math.max(
    ...projection.rows.flatMap((row) => [row.modalLinearNano, row.multiCloudNano]),
  );
  const rows = projection.rows.map((row) => [
    quantity(row.requests),
    dollars(row.modalNano),
    dollars(row.modalLinearNano),
    dollars(row.multiCloudNano),
    `${bar(row.modalLinearNano, widest, '█')}\u{2502}${bar(row.multiCloudNano, widest, '░')}`,
  ]);
  const columns = [
    { title: 'REQUESTS/MONTH', align: right },
    { title: 'MODAL MEASURED', align: right },
    { title: 'MODAL LINEAR', align: right },
    { title: 'MULTI-CLOUD', align: right },
    { title: 'MODAL █ MULTI-CLOUD ░', optional: true },
  ];
  const sensitivity = projection.sensitivity.map((row) => [
    `× ${row.volumeFactor}`,
    `× ${row.priceFactor}`,
    dollars(row.modalNano),
    dollars(row.multiCloudNano),
    months(row.paybackMonths),
  ]);
  const sensitivityColumns = ['VOLUME', 'MODAL PRICE', 'MODAL', 'MULTI-CLOUD', 'PAYBACK'].map(
    (title) => ({ title, align: right }),
  );
  return (
    `${tableText(columns, rows, context)}\n` +
    `break-even  ${volume(projection.linearBreakEvenRequests)} at the report's cost of a request\n` +
    `once        ${dollars(projection.oneTimeNano)} for the migration\n` +
    `saving      ${dollars(projection.monthlySavingNano)} a month at ${quantity(projection.requests)} requests\n` +
    `payback     ${months(projection.paybackMonths)}\n\n` +
    tableText(sensitivityColumns, sensitivity, context)
  );
}

function bar(nano: NanoUsd, widest: NanoUsd, mark: string): string {
  return mark.repeat(widest <= 0 ? 0 : Math.max(1, Math.round((16 * nano) / widest)));
}

function volume(requests: number | null): string {
  return requests === null ? 'none' : `${quantity(requests)} requests/month`;
}

function months(count: number | null): string {
  return count === null ? UNKNOWN : `${count.toFixed(1)} months`;
}
