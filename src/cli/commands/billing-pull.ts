import { CollectorError } from '../../../collectors/collector-error.ts';
import { PULLED_COLLECTORS } from '../../../collectors/registry.ts';
import { isoInstant } from '../../core/measure-text.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../../core/units.ts';
import { type BillPullReport, pullBill } from '../../cost/pull-bill.ts';
import { createReconciler } from '../../cost/reconcile.ts';
import { observedPrices } from '../../ledger/queries/price-observations.ts';
import { hasModalToken, modalConnection } from '../../wiring/modal-token.ts';
import { pricingOf } from '../../wiring/pricing-of.ts';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { counted } from '../format.ts';
import { withWriter } from '../open-reader.ts';

/** Asks Modal for its bill now, as `serve` does every hour. */
export const billingPullCommand: CliCommand<{ readonly json?: true }> = {
  name: 'billing pull',
  summary: 'ask Modal for its bill now, and compare it (needs billing.token)',
  setUp: (command) => command.option('--json', 'the counts as one JSON object'),
  run: (invocation) =>
    withWriter(invocation, async ({ config, ledger }) => {
      const { context, options } = invocation;
      if (!hasModalToken(config)) {
        throw usageError(
          'no token of Modal: name one under billing.token (ak-…, as-…), or use `billing import FILE`',
        );
      }
      const { clock, signal } = context;
      const { endpoints, billing } = config;
      const priceBook = pricingOf(config, await observedPrices(ledger.db)).book;
      const report = await pullBill(
        {
          ...{ ledger, clock },
          source: PULLED_COLLECTORS['modal-billing'](modalConnection(config), billing.resolution),
          intervalUs: billing.resolution === 'h' ? MICROS_PER_HOUR : MICROS_PER_DAY,
          reconciler: createReconciler({ ledger, clock, endpoints, priceBook }),
        },
        signal,
      ).catch((error: unknown) => {
        throw error instanceof CollectorError
          ? new CliError(error.message, { cause: error })
          : error;
      });
      context.stdout(options.json ? `${JSON.stringify(pullView(report))}\n` : pullText(report));
      return EXIT.done;
    }),
};

function pullView({ rows, replaced, span, reconciliation }: BillPullReport) {
  return {
    rows,
    replaced,
    from: span === null ? null : isoInstant(span.from),
    to: span === null ? null : isoInstant(span.to),
    requestsReconciled: reconciliation?.requestsReconciled ?? 0,
  };
}

function pullText({ rows, span, reconciliation }: BillPullReport): string {
  if (span === null) return 'No full interval has passed since the last pull.\n';
  const found = (reconciliation?.apps ?? [])
    .map(({ app, explanation }) => `${app}: ${explanation}\n`)
    .join('');
  const dates = `from ${isoInstant(span.from)} to ${isoInstant(span.to)}`;
  return `${counted(rows, 'row')} of the bill ${dates}\n${found}`;
}
