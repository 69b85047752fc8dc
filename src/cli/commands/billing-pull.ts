import { PULLED_COLLECTORS } from '../../../collectors/registry.ts';
import { isoInstant } from '../../core/measure-text.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../../core/units.ts';
import { type BillPullReport, pullBill } from '../../cost/pull-bill.ts';
import { createReconciler } from '../../cost/reconcile.ts';
import { observedPrices } from '../../ledger/queries/price-observations.ts';
import { modalConnection } from '../../wiring/modal-token.ts';
import { pricingOf } from '../../wiring/pricing-of.ts';
import { askModal } from '../ask-modal.ts';
import { EXIT } from '../cli-error.ts';
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
      const { clock, signal } = context;
      const { endpoints, billing } = config;
      const priceBook = pricingOf(config, await observedPrices(ledger.db)).book;
      const settings = {
        ...{ ledger, clock },
        source: PULLED_COLLECTORS['modal-billing'](modalConnection(config), billing.resolution),
        intervalUs: billing.resolution === 'h' ? MICROS_PER_HOUR : MICROS_PER_DAY,
        reconciler: createReconciler({ ledger, clock, endpoints, priceBook }),
      };
      const report = await askModal(config, {
        otherwise: ', or use `billing import FILE`',
        ask: () => pullBill(settings, signal),
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
