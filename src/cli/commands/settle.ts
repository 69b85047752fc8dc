import { isoInstant } from '../../core/measure-text.ts';
import { createSettlement } from '../../cost/settle.ts';
import { observedPrices } from '../../ledger/queries/price-observations.ts';
import { pricingOf } from '../../wiring/pricing-of.ts';
import { EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { counted } from '../format.ts';
import { withWriter } from '../open-reader.ts';
import { parseInstant } from '../parse-instant.ts';

interface SettleOptions {
  readonly until?: string;
  readonly json?: true;
}

/** Runs settlement now: `serve` does so every minute. */
export const settleCommand: CliCommand<SettleOptions> = {
  name: 'settle',
  summary: 'turn closed requests into container time and dollars now',
  setUp: (command) =>
    command
      .option('--until <TIME>', 'settle what started before: 2h, 2026-11-24T09:00')
      .option('--json', 'the report as one JSON object'),
  run: (invocation) =>
    withWriter(invocation, async ({ config, ledger }) => {
      const { context, options } = invocation;
      const zoned = { now: context.clock.now(), zone: config.timezone };
      const until = parseInstant(options.until, '--until', zoned);
      const settlement = createSettlement({
        ledger,
        clock: context.clock,
        endpoints: config.endpoints,
        priceBook: pricingOf(config, await observedPrices(ledger.db)).book,
      });
      const report = await settlement.run(until === undefined ? {} : { until });
      const late =
        report.rewound === 0
          ? ''
          : `, ${counted(report.rewound, 'pool')} settled again for late requests ` +
            `(${counted(report.corrections, 'hour')} corrected)`;
      context.stdout(
        options.json
          ? `${JSON.stringify({ ...report, until: isoInstant(report.until) })}\n`
          : `${counted(report.settled, 'request')} settled up to ${isoInstant(report.until)} ` +
              `in ${counted(report.pools, 'pool')}${late}\n`,
      );
      return EXIT.done;
    }),
};
