import { type ContainerPullReport, pullContainers } from '../../cost/pull-containers.ts';
import { createSettlement, type SettlementReport } from '../../cost/settle.ts';
import { observedPrices } from '../../ledger/queries/price-observations.ts';
import { containerPullOf } from '../../wiring/container-pull-of.ts';
import { pricingOf } from '../../wiring/pricing-of.ts';
import { askModal } from '../ask-modal.ts';
import { EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { counted } from '../format.ts';
import { withWriter } from '../open-reader.ts';

/** Asks Modal about containers now, as `serve` does four times an hour, and settles by its answers. */
export const containersPullCommand: CliCommand<{ readonly json?: true }> = {
  name: 'containers pull',
  summary: 'ask Modal when containers started and ended, and settle by it (needs billing.token)',
  setUp: (command) => command.option('--json', 'the counts as one JSON object'),
  run: (invocation) =>
    withWriter(invocation, async ({ config, ledger }) => {
      const { context, options } = invocation;
      const { clock, signal } = context;
      const report = await askModal(config, {
        otherwise: '; without one, containers are modelled',
        ask: () => pullContainers(containerPullOf({ ledger, config, clock }), signal),
      });
      const priceBook = pricingOf(config, await observedPrices(ledger.db)).book;
      const { endpoints } = config;
      const settlement = await createSettlement({ ledger, clock, endpoints, priceBook }).run();
      const { corrections } = settlement;
      context.stdout(
        options.json
          ? `${JSON.stringify({ ...report, corrections })}\n`
          : textOf(report, settlement),
      );
      return EXIT.done;
    }),
};

function textOf(report: ContainerPullReport, { corrections }: SettlementReport): string {
  const { asked, ended, running, unknown, calls, otherCalls, gpuDifferences } = report;
  const gpus = gpuDifferences.map(
    ({ endpoint, configured, seen }) =>
      `${endpoint}: containers have ${counted(seen, 'GPU')}, configured are ${configured}; correct gpuCount\n`,
  );
  const others = otherCalls === 0 ? '' : `; ${counted(otherCalls, 'call')} of no recorded request`;
  return (
    `${counted(asked, 'container')} asked about: ${ended} ended, ${running} still running, ` +
    `${unknown} not known to Modal\n` +
    `${counted(calls, 'request')} placed on a container by its call${others}\n` +
    `${counted(corrections, 'hour')} corrected\n${gpus.join('')}`
  );
}
