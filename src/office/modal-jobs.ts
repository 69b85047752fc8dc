import { PULLED_COLLECTORS } from '../../collectors/registry.ts';
import type { Config } from '../config/config.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../core/units.ts';
import { pullBill } from '../cost/pull-bill.ts';
import { pullContainers } from '../cost/pull-containers.ts';
import { createReconciler } from '../cost/reconcile.ts';
import { pullBillJob } from '../jobs/pull-bill.ts';
import { pullContainersJob } from '../jobs/pull-containers.ts';
import { readRatesJob } from '../jobs/read-rates.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { noteObservedPrices, observedPrices } from '../ledger/queries/price-observations.ts';
import type { Clock } from '../ports/clock.ts';
import type { Job } from '../ports/jobs.ts';
import type { Log } from '../ports/log.ts';
import { containerPullOf } from '../wiring/container-pull-of.ts';
import { hasModalToken, modalConnection } from '../wiring/modal-token.ts';
import type { Pricing } from '../wiring/pricing-of.ts';
import type { SerialQueue } from './serial-queue.ts';

export interface ModalJobParts {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly pricing: Pricing;
  /** Settlement's queue: the comparison with the bill writes the same figures. */
  readonly inTurn: SerialQueue;
}

/** What asks Modal: its bill, its prices, its containers. Without a token there is nothing to ask with. */
export function modalJobs(parts: ModalJobParts): Job[] {
  if (!hasModalToken(parts.config)) return [];
  return [
    pullBillJob((signal) => pull(parts, signal)),
    readRatesJob((signal) => readRates(parts, signal)),
    ...(parts.config.billing.containers
      ? [pullContainersJob((signal) => askContainers(parts, signal))]
      : []),
  ];
}

async function pull(
  { ledger, config, clock, log, pricing, inTurn }: ModalJobParts,
  signal: AbortSignal,
): Promise<void> {
  const { endpoints, billing } = config;
  const reconciler = createReconciler({ ledger, clock, endpoints, priceBook: pricing.book });
  const report = await pullBill(
    {
      ...{ ledger, clock },
      source: PULLED_COLLECTORS['modal-billing'](modalConnection(config), billing.resolution),
      intervalUs: billing.resolution === 'h' ? MICROS_PER_HOUR : MICROS_PER_DAY,
      reconciler: { run: (window) => inTurn(() => reconciler.run(window)) },
    },
    signal,
  );
  const { rows, replaced } = report;
  const apps = report.reconciliation?.apps.map(({ app, diagnosis }) => ({ app, diagnosis }));
  log.info({ rows, replaced, apps }, "Modal's bill was pulled and compared");
}

async function readRates(
  { ledger, config, clock, log, pricing }: ModalJobParts,
  signal: AbortSignal,
): Promise<void> {
  const source = PULLED_COLLECTORS['modal-rates'](modalConnection(config));
  const { prices, unrecognised, warnings } = await source.read({ now: clock.now(), signal });
  const changed = await ledger.db.transaction().execute((trx) => noteObservedPrices(trx, prices));
  pricing.observe(await observedPrices(ledger.db));
  if (warnings.length > 0) log.warn({ warnings }, "Modal's rates come with warnings");
  log.info(
    { seen: prices.length, changed: changed.length, unrecognised },
    "Modal's rates were read",
  );
}

async function askContainers(
  { ledger, config, clock, log }: ModalJobParts,
  signal: AbortSignal,
): Promise<void> {
  const report = await pullContainers(containerPullOf({ ledger, config, clock }), signal);
  log.info({ ...report }, 'Modal was asked about containers');
  if (report.gpuDifferences.length > 0) {
    const { gpuDifferences } = report;
    log.warn(
      { gpuDifferences },
      'containers have another number of GPUs than is configured: correct gpuCount of these endpoints',
    );
  }
}
