import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseBillingFile } from '../../../collectors/modal-billing/report-file.ts';
import { isoInstant } from '../../core/measure-text.ts';
import { createReconciler } from '../../cost/reconcile.ts';
import { storeBillingRows } from '../../ledger/queries/billing.ts';
import { observedPrices } from '../../ledger/queries/price-observations.ts';
import { pricingOf } from '../../wiring/pricing-of.ts';
import { CliError, EXIT, messageOf, usageError } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { counted } from '../format.ts';
import { withWriter } from '../open-reader.ts';

interface BillingImportOptions {
  readonly resolution?: 'h' | 'd';
  readonly json?: true;
}

/** Takes a file of `modal billing report` for the bill, and compares it at once. */
export const billingImportCommand: CliCommand<BillingImportOptions> = {
  name: 'billing import',
  summary: "take a file of Modal's billing report (CSV or JSON) for the bill",
  setUp: (command) =>
    command
      .argument('<file>')
      .option('--resolution <h|d>', 'hour or day, where the file leaves it open')
      .option('--json', 'the counts as one JSON object'),
  run: (invocation) =>
    withWriter(invocation, async ({ config, ledger }) => {
      const { args, context, options } = invocation;
      const file = resolve(context.workingDir, args[0] ?? '');
      if (!existsSync(file)) throw usageError(`there is no ${file}; name the file to import`);
      const bill = read(file, options.resolution);
      await ledger.db.transaction().execute((trx) => storeBillingRows(trx, bill.rows));
      const reconciler = createReconciler({
        ledger,
        clock: context.clock,
        endpoints: config.endpoints,
        priceBook: pricingOf(config, await observedPrices(ledger.db)).book,
      });
      const report = await reconciler.run({ from: bill.from, to: bill.to });
      const span = { from: isoInstant(bill.from), to: isoInstant(bill.to) };
      const counts = { rows: bill.rows.length, requestsReconciled: report.requestsReconciled };
      const found = report.apps.map((app) => `${app.app}: ${app.explanation}\n`).join('');
      context.stdout(
        options.json
          ? `${JSON.stringify({ ...span, ...counts })}\n`
          : `${counted(counts.rows, 'row')} of the bill from ${span.from} to ${span.to}\n${found}`,
      );
      return EXIT.done;
    }),
};

function read(file: string, resolution: 'h' | 'd' | undefined) {
  try {
    return parseBillingFile(readFileSync(file, 'utf8'), {
      fileName: basename(file),
      ...(resolution === undefined ? {} : { resolution }),
    });
  } catch (error) {
    throw new CliError(messageOf(error), { cause: error });
  }
}
