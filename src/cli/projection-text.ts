import type { ProjectionSettings } from '../core/alert-settings.ts';
import {
  type CostCurve,
  costAt,
  linearCurve,
  multiCloudCurve,
  type Projection,
} from '../core/projection.ts';
import type { NanoUsd } from '../core/units.ts';
import { NANO_PER_USD } from '../core/units.ts';
import type { CliContext } from './cli-context.ts';
import { dollars, quantity, UNKNOWN } from './format.ts';
import { tableText } from './table.ts';

interface ProjectionWords {
  readonly measured: CostCurve | null;
  readonly settings: ProjectionSettings;
  /** What the first volume is. */
  readonly label: string;
}

/** The projection for people: what each volume costs, a chart, break-even, payback, and what would change it. */
export function projectionText(
  projection: Projection,
  { measured, settings, label }: ProjectionWords,
  context: CliContext,
): string {
  return [
    costTable(projection, label, context),
    chart(measured ?? linearCurve(settings.linearPerRequestNano), settings),
    figures(projection, settings),
    `If volume or Modal's prices were other than now:\n${sensitivityTable(projection, context)}`,
  ].join('\n');
}

function costTable({ rows }: Projection, label: string, context: CliContext): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const measured = rows.some(({ modalNano }) => modalNano !== null);
  const columns = [
    right('REQUESTS/MONTH'),
    ...(measured ? [right('MODAL, MEASURED')] : []),
    right('MODAL, PER REQUEST'),
    right('MULTI-CLOUD'),
    { title: 'CHEAPER' },
  ];
  const lines = rows.map((row, index) => [
    `${index === 0 ? `${label} ` : ''}${quantity(row.requests)}`,
    ...(measured ? [dollars(row.modalNano)] : []),
    dollars(row.modalLinearNano),
    dollars(row.multiCloudNano),
    cheaper(row.modalNano ?? row.modalLinearNano, row.multiCloudNano),
  ]);
  return tableText(columns, lines, context);
}

function cheaper(modal: NanoUsd, multi: NanoUsd): string {
  if (modal === multi) return 'the same';
  const [name, less, more] =
    modal < multi ? ['Modal', modal, multi] : (['multi-cloud', multi, modal] as const);
  return less === 0 ? `${name}` : `${name}, ${(more / less).toFixed(1)} ×`;
}

const CHART_VOLUMES = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000];
/** Characters for each tenfold. */
const DECADE = 9;

/** Two bars for each volume, on a logarithmic scale: every tenfold is as long as the last. */
function chart(modal: CostCurve, settings: ProjectionSettings): string {
  const multi = multiCloudCurve(settings);
  const lines = CHART_VOLUMES.flatMap((volume) => [
    `${quantity(volume).padStart(11)}  ${bar(costAt(modal, volume), '█')}`,
    `${''.padStart(11)}  ${bar(costAt(multi, volume), '░')}`,
  ]);
  return `   requests  █ Modal  ░ multi-cloud, a month; each tenfold is as long as the last\n${lines.join('\n')}\n`;
}

function bar(nano: NanoUsd, mark: string): string {
  const usd = Math.max(1, nano / NANO_PER_USD);
  return `${mark.repeat(Math.max(1, Math.round(DECADE * Math.log10(usd))))} ${dollars(nano)}`;
}

function figures(projection: Projection, settings: ProjectionSettings): string {
  const each = dollars(settings.linearPerRequestNano);
  const { monthlySavingNano: saving } = projection;
  const measured = projection.rows[0]?.modalNano !== null;
  const word = saving < 0 ? `${dollars(-saving)} more` : `${dollars(saving)} less`;
  return (
    (measured
      ? `break-even  ${volume(projection.breakEvenRequests)} at what Modal was measured to cost\n`
      : 'measured    nothing yet: a whole day with at least 100 requests is needed\n') +
    `break-even  ${volume(projection.linearBreakEvenRequests)} at ${each} a request\n` +
    `migration   ${dollars(projection.oneTimeNano)} once\n` +
    `a month     the multi-cloud costs ${word} at ${quantity(projection.requests)} requests\n` +
    `payback     ${months(projection.paybackMonths)}\n${doubt(projection)}`
  );
}

/** The report's multi-cloud figures assume its cost of a request; where that is far off, they are too. */
function doubt({ rows: [now] }: Projection): string {
  const factor = (now?.modalNano ?? 0) / (now?.modalLinearNano || 1);
  if (factor === 0 || (factor < 2 && factor > 0.5)) return '';
  return (
    `\nModal was measured at ${factor.toFixed(1)} × the cost for each request that the report assumed. The multi-cloud's\n` +
    'usage rests on the same assumption: measure it, and set decision.multiCloud.usage, before you rely on this.\n'
  );
}

function sensitivityTable(projection: Projection, context: CliContext): string {
  const columns = ['VOLUME', 'MODAL PRICE', 'MODAL', 'MULTI-CLOUD', 'PAYBACK'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  const rows = projection.sensitivity.map((row) => [
    percent(row.volumeFactor),
    percent(row.priceFactor),
    dollars(row.modalNano),
    dollars(row.multiCloudNano),
    row.paybackMonths === null ? UNKNOWN : months(row.paybackMonths),
  ]);
  return tableText(columns, rows, context);
}

function percent(factor: number): string {
  return factor === 1 ? 'as now' : `${factor > 1 ? '+' : '−'}${Math.abs(factor - 1) * 100} %`;
}

function volume(requests: number | null): string {
  return requests === null
    ? 'none, Modal is always cheaper,'
    : `${quantity(requests)} requests/month`;
}

function months(count: number | null): string {
  if (count === null) return 'never: it costs more each month';
  return count > 120 ? `${quantity(Math.round(count / 12))} years` : `${count.toFixed(1)} months`;
}
