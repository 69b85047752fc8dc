import type { HistoryReader } from '../src/ports/collector.ts';
import { liftSysHistory } from './history/lift-sys/lift-sys-history.ts';
import { tripmeterHistory } from './history/tripmeter/tripmeter-history.ts';
import { modalBilling } from './modal-billing/modal-billing.ts';
import { modalContainers } from './modal-containers/modal-containers.ts';
import { modalRates } from './modal-rates/modal-rates.ts';

/** Formats of `tripmeter import FILE --format …`. */
export const HISTORY_FORMATS = {
  tripmeter: tripmeterHistory,
  'lift-sys': liftSysHistory,
} as const satisfies Record<string, HistoryReader>;

/** Sources that a job asks on a schedule; each takes a way to connect to Modal. */
export const PULLED_COLLECTORS = {
  'modal-billing': modalBilling,
  'modal-rates': modalRates,
  'modal-containers': modalContainers,
} as const;
