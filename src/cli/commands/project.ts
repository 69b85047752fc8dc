import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { MAIL_THEME } from '../../../dashboards/charts/chart-theme.ts';
import { chartPng } from '../../../dashboards/charts/png.ts';
import { projectionChart } from '../../../dashboards/charts/projection-chart.ts';
import type { Config } from '../../config/config.ts';
import {
  type CostCurve,
  costAt,
  linearCurve,
  multiCloudCurve,
  type Projection,
  project,
  SCENARIO_VOLUMES,
} from '../../core/projection.ts';
import { observedPrices } from '../../ledger/queries/price-observations.ts';
import { projectionView } from '../../status/projection-view.ts';
import { readProjection } from '../../status/read-projection.ts';
import { createMeasuredCurve } from '../../wiring/measured-curve.ts';
import { pricingOf } from '../../wiring/pricing-of.ts';
import { CliError, EXIT, messageOf, usageError } from '../cli-error.ts';
import type { CliCommand, Invocation } from '../command.ts';
import { configOf, withReader } from '../open-reader.ts';
import { positiveInteger } from '../positive-integer.ts';
import { projectionText } from '../projection-text.ts';

interface ProjectOptions {
  readonly requests?: number;
  readonly chart?: string;
  readonly json?: true;
}

/** What staying on Modal and leaving it cost, by volume (report, appendix B). */
export const projectCommand: CliCommand<ProjectOptions> = {
  name: 'project',
  summary: 'what Modal and the multi-cloud cost at a volume, break-even, payback',
  setUp: (command) =>
    command
      .option('--requests <N>', 'requests a month; default: the last 30 days', positiveInteger)
      .option('--chart <FILE>', 'draw it as well: FILE.svg or FILE.png')
      .option('--json', 'one JSON object'),
  run: async (invocation) => {
    const { options, context } = invocation;
    const config = configOf(invocation);
    const { projection, measured } = await projectedOf(invocation, config);
    const { projection: settings } = config.alerts.decision;
    const label = options.requests === undefined ? 'last 30 days' : 'asked for';
    if (options.chart !== undefined) await draw(options.chart, { projection, measured, config });
    context.stdout(
      options.json
        ? `${JSON.stringify(projectionView(projection, context.clock.now()))}\n`
        : projectionText(projection, { measured, settings, label }, context),
    );
    return EXIT.done;
  },
};

interface Projected {
  readonly projection: Projection;
  readonly measured: CostCurve | null;
}

/** A volume that was asked for needs no record: without one, the report's numbers stand alone. */
async function projectedOf(
  invocation: Invocation<ProjectOptions>,
  config: Config,
): Promise<Projected> {
  const { requests } = invocation.options;
  const { projection: settings } = config.alerts.decision;
  if (
    requests !== undefined &&
    config.ledger.kind === 'sqlite' &&
    !existsSync(config.ledger.file)
  ) {
    return { projection: project(requests, null, settings), measured: null };
  }
  return withReader(invocation, async ({ ledger }) => {
    const { clock } = invocation.context;
    const curve = createMeasuredCurve({
      ledger,
      config,
      priceBook: pricingOf(config, await observedPrices(ledger.db)).book,
      clock,
    });
    const sources = { ledger, config, clock, measured: curve };
    return {
      projection: await readProjection(sources, requests ?? null),
      measured: await curve(),
    };
  });
}

async function draw(
  file: string,
  { projection, measured, config }: Projected & { readonly config: Config },
): Promise<void> {
  const settings = config.alerts.decision.projection;
  const volumes = chartVolumes(projection.requests);
  const sampled = (curve: CostCurve) =>
    volumes.map((requests) => ({ requests, nano: costAt(curve, requests) }));
  const chart = projectionChart(
    {
      modal: measured === null ? [] : sampled(measured),
      multiCloud: sampled(multiCloudCurve(settings)),
      modalLinear: sampled(linearCurve(settings.linearPerRequestNano)),
      projection,
    },
    { id: 'projection', width: 720, theme: MAIL_THEME },
  );
  if (!/\.(svg|png)$/.test(file)) throw usageError(`--chart ${file}: write FILE.svg or FILE.png`);
  const content = file.endsWith('.png') ? chartPng(chart) : chart.svg;
  await writeFile(file, content).catch((error) => {
    throw new CliError(`${file} cannot be written (${messageOf(error)})`);
  });
}

/** From a tenth of the least to the most of the report's scenarios, and today's volume. */
function chartVolumes(today: number): number[] {
  const steps = Array.from({ length: 31 }, (_, step) => Math.round(1_000 * 10 ** (step / 10)));
  const volumes = new Set([...steps, ...SCENARIO_VOLUMES, ...(today > 0 ? [today] : [])]);
  return [...volumes].sort((a, b) => a - b);
}
