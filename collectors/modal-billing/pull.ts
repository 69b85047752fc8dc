import type { BillingBatch, BillingRow } from '../../src/core/billing-row.ts';
import { CollectorError } from '../collector-error.ts';
import { callError } from '../modal-api/call-error.ts';
import type { ControlPlane } from '../modal-api/control-plane.ts';
import { type BillingResolution, intervalOf, type PullWindow } from './pull-windows.ts';
import { rowsOfItem } from './wire.ts';

const WINDOW_TIMEOUT_MS = 60_000;

export interface PullOptions {
  readonly windows: readonly PullWindow[];
  readonly resolution: BillingResolution;
  readonly signal: AbortSignal;
  /** How long one window may take. 60 s unless told. */
  readonly timeoutMs?: number;
}

/**
 * Reads Modal's billing report window by window, oldest first. A window is yielded when its stream has
 * ended well, so whatever was yielded is complete and may be stored at once; a failure ends the pull and
 * takes back nothing.
 * @throws CollectorError `auth`, `plan`, `rate_limited`, `unavailable`, `partial`, `bad_data`; the
 *   signal's reason when it was aborted.
 */
export async function* pullBilling(
  modal: Pick<ControlPlane, 'workspaceBillingReport'>,
  options: PullOptions,
): AsyncGenerator<BillingBatch> {
  for (const window of options.windows) {
    const rows = await readWindow(modal, window, options);
    yield { ...window, intervalUs: intervalOf(options.resolution), rows };
  }
}

async function readWindow(
  modal: Pick<ControlPlane, 'workspaceBillingReport'>,
  window: PullWindow,
  options: PullOptions,
): Promise<BillingRow[]> {
  const rows: BillingRow[] = [];
  const deadline = AbortSignal.timeout(options.timeoutMs ?? WINDOW_TIMEOUT_MS);
  const request = {
    startTimestamp: dateOf(window.from),
    endTimestamp: dateOf(window.to),
    resolution: options.resolution,
    tagNames: ['*'],
    environmentIds: [],
    appIds: [],
  };
  try {
    const signal = AbortSignal.any([options.signal, deadline]);
    for await (const item of modal.workspaceBillingReport(request, { signal })) {
      rows.push(...rowsOfItem(item, intervalOf(options.resolution)));
    }
  } catch (error) {
    options.signal.throwIfAborted();
    const what = `billing report for ${nameOf(window)}`;
    throw deadline.aborted
      ? lateError(what, rows.length, error)
      : callError(error, { what, received: rows.length });
  }
  refuseOutside(rows, window);
  return rows;
}

function lateError(what: string, received: number, cause: unknown): CollectorError {
  const code = received > 0 ? 'partial' : 'unavailable';
  const message = `Modal's ${what} did not end in time; none of it was used; it is tried again later`;
  return new CollectorError(code, message, { cause });
}

/** A row outside the window would be stored and then never replaced. */
function refuseOutside(rows: readonly BillingRow[], window: PullWindow): void {
  const stray = rows.find(
    (row) => row.intervalStart < window.from || row.intervalStart >= window.to,
  );
  if (stray !== undefined) {
    const start = dateOf(stray.intervalStart).toISOString();
    throw new CollectorError(
      'bad_data',
      `Modal's billing report for ${nameOf(window)} holds a row of ${start}; none of it was used`,
    );
  }
}

function nameOf(window: PullWindow): string {
  return `${dateOf(window.from).toISOString()} to ${dateOf(window.to).toISOString()}`;
}

function dateOf(instant: number): Date {
  return new Date(instant / 1_000);
}
