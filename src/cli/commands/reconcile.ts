import { isoInstant } from '../../core/measure-text.ts';
import { usdString } from '../../core/units.ts';
import type { ZonedWindow } from '../../core/zoned-time.ts';
import {
  type AppReconciliation,
  createReconciler,
  type ReconciliationReport,
} from '../../cost/reconcile.ts';
import { observedPrices } from '../../ledger/queries/price-observations.ts';
import { pricingOf } from '../../wiring/pricing-of.ts';
import type { CliContext } from '../cli-context.ts';
import { EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { counted, dollars, UNKNOWN } from '../format.ts';
import { type Reader, withWriter } from '../open-reader.ts';
import { periodOf } from '../period.ts';
import { tableText } from '../table.ts';

interface ReconcileOptions {
  readonly month?: string;
  readonly json?: true;
}

/** Compares a month with Modal's bill and says what explains the difference. */
export const reconcileCommand: CliCommand<ReconcileOptions> = {
  name: 'reconcile',
  summary: "compare a month with Modal's bill, and say why they differ",
  setUp: (command) =>
    command
      .option('--month <MONTH>', 'a month 2026-11, or another period: 2026-W47, 2026-11-24')
      .option('--json', 'one JSON object'),
  run: (invocation) => {
    const { context, options } = invocation;
    const reconcile = async ({ config, ledger }: Reader, window: ZonedWindow) => {
      const reconciler = createReconciler({
        ledger,
        clock: context.clock,
        endpoints: config.endpoints,
        priceBook: pricingOf(config, await observedPrices(ledger.db)).book,
      });
      const report = await reconciler.run({ from: window.start, to: window.end });
      context.stdout(
        options.json
          ? `${JSON.stringify(reportView(report))}\n`
          : `${window.label} (${config.timezone})\n\n${reportText(report, context)}`,
      );
      return EXIT.done;
    };
    return withWriter(invocation, reconcile, ({ timezone }) =>
      periodOf(options.month, context, timezone),
    );
  },
};

function reportView(report: ReconciliationReport) {
  return {
    from: isoInstant(report.from),
    to: isoInstant(report.to),
    apps: report.apps.map((app) => ({
      app: app.app,
      endpoints: app.endpoints,
      billedUsd: usdString(app.billedNano),
      modelledUsd: usdString(app.modelledNano),
      residualUsd: usdString(app.residualNano),
      ratio: app.ratioThousandths === null ? null : app.ratioThousandths / 1_000,
      explained: app.explainedThousandths / 1_000,
      diagnosis: app.diagnosis,
      explanation: app.explanation,
      intervalsMissing: app.missing,
    })),
    otherUsd: usdString(report.otherNano),
    requestsReconciled: report.requestsReconciled,
    corrections: report.corrections,
  };
}

function reportText(report: ReconciliationReport, context: CliContext): string {
  if (report.apps.length === 0) {
    return (
      'No bill covers an endpoint here. Import one with `billing import FILE`, and name the App of ' +
      'each endpoint with `modalApp`.\n'
    );
  }
  const table = tableText(
    [
      { title: 'APP' },
      { title: 'BILLED', align: 'right' },
      { title: 'MODELLED', align: 'right' },
      { title: 'RATIO', align: 'right' },
      { title: 'EXPLAINED', align: 'right' },
      { title: 'DIAGNOSIS' },
    ],
    report.apps.map(rowOf),
    context,
  );
  const reasons = report.apps.map(({ app, explanation }) => `${app}: ${explanation}\n`).join('');
  const other =
    report.otherNano === 0 ? '' : `Billed beyond these apps: ${dollars(report.otherNano)}.\n`;
  const scaled = `${counted(report.requestsReconciled, 'request')} compared with the bill.\n`;
  return `${table}\n${reasons}${other}${scaled}`;
}

function rowOf(app: AppReconciliation): string[] {
  return [
    app.app,
    dollars(app.billedNano),
    dollars(app.modelledNano),
    app.ratioThousandths === null ? UNKNOWN : (app.ratioThousandths / 1_000).toFixed(3),
    `${(app.explainedThousandths / 10).toFixed(1)} %`,
    app.diagnosis,
  ];
}
