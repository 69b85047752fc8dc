import { MICROS_PER_MINUTE, MICROS_PER_SECOND, type Micros } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { ExportItem, ExportPlace, ExportSource } from '../ports/export-source.ts';
import type { Log } from '../ports/log.ts';
import { backoff } from './backoff.ts';
import type { Delivery } from './delivery.ts';
import { type LaneState, newLaneState } from './lane-state.ts';
import type { Sink, SinkLane } from './sink.ts';

export interface LaneTools {
  readonly source: ExportSource;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Whether this office is the one that exports now. Default: there is no other. */
  readonly holds?: () => Promise<boolean>;
}

/** `busy`: there may be more at once. `idle`: nothing to do for `waitUs`. */
export type StepResult =
  | { readonly state: 'busy' }
  | { readonly state: 'idle'; readonly waitUs: Micros };

/** With nothing to send, this often the ledger is asked. */
const POLL: Micros = MICROS_PER_SECOND;
/** Another office exports: this often it is looked whether it still does. */
const TURN: Micros = 5 * MICROS_PER_SECOND;
/** A stopped lane tries one batch this often, so that a key mended elsewhere needs no restart. */
const PROBE: Micros = 5 * MICROS_PER_MINUTE;
/** So many single items refused with nothing taken between: it is not the items. */
const REFUSED_IN_A_ROW = 10;

/** Moves one stream to one sink: at least once, in order, from where the ledger says it stands. */
export class LaneRunner {
  readonly place: ExportPlace;
  readonly state: LaneState;
  readonly #lane: SinkLane;
  readonly #sink: Sink;
  readonly #tools: LaneTools;

  constructor(sink: Sink, lane: SinkLane, tools: LaneTools) {
    this.#sink = sink;
    this.#lane = lane;
    this.#tools = tools;
    this.place = { sink: sink.name, stream: lane.stream };
    this.state = newLaneState(lane.batchItems);
  }

  /** Sends one batch if it is time to. Never rejects: trouble with the ledger is waited out like any other. */
  async step(signal: AbortSignal): Promise<StepResult> {
    const waitUs = this.state.notBefore - this.#tools.clock.monotonic();
    if (waitUs > 0) return { state: 'idle', waitUs };
    try {
      return await this.#sendNext(signal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return this.#fail(`the ledger: ${reason}`, null);
    }
  }

  /** @throws Error when the ledger cannot be read. */
  async position(): Promise<number> {
    this.state.position ??= await this.#tools.source.position(
      this.place,
      this.#tools.clock.now() - this.#sink.backfillUs,
    );
    return this.state.position;
  }

  async #sendNext(signal: AbortSignal): Promise<StepResult> {
    const { state, place } = this;
    if ((await this.#tools.holds?.()) === false) {
      // The other one moves the cursor: it is read again when the turn comes.
      state.position = null;
      return { state: 'idle', waitUs: TURN };
    }
    const after = await this.position();
    const page = await this.#tools.source.read(place.stream, after, state.batchItems);
    if (page.items.length === 0) {
      if (page.readTo > after) return this.#advance(page.readTo);
      return { state: 'idle', waitUs: POLL };
    }
    state.attempts += 1;
    const delivery = await this.#lane.deliver(page.items, { attempt: state.attempts, signal });
    // Shutting down is no failure of the sink.
    if (delivery.kind === 'retry' && signal.aborted) return { state: 'idle', waitUs: 0 };
    if (delivery.kind !== 'accepted') return this.#notTaken(delivery, page.items);
    state.sent += page.items.length;
    state.batchItems = Math.min(this.#lane.batchItems, state.batchItems * 2);
    this.#recovered();
    return this.#advance(page.readTo);
  }

  async #notTaken(
    delivery: Exclude<Delivery, { kind: 'accepted' }>,
    items: readonly ExportItem[],
  ): Promise<StepResult> {
    if (delivery.kind === 'retry') return this.#fail(delivery.reason, delivery.retryAfterUs);
    if (delivery.kind === 'stop') return this.#stop(delivery.reason);
    if (items.length > 1) {
      this.state.batchItems = Math.ceil(items.length / 2);
      return { state: 'busy' };
    }
    const [item] = items;
    return item === undefined ? { state: 'busy' } : this.#setAside(item, delivery.reason);
  }

  async #setAside(item: ExportItem, reason: string): Promise<StepResult> {
    const { state } = this;
    if (state.refusedInARow >= REFUSED_IN_A_ROW) {
      return this.#stop(`${REFUSED_IN_A_ROW} items in a row were refused, the last one: ${reason}`);
    }
    const subject = item.kind === 'alert' ? item.event.rule : item.request.id;
    const at = this.#tools.clock.now();
    await this.#tools.source.setAside(this.place, { position: item.position, subject, reason, at });
    this.#tools.log.error(
      { ...this.place, subject, reason },
      'export: the sink refused this item; it is set aside in export_rejected',
    );
    state.refusedInARow += 1;
    this.#moveTo(item.position);
    return { state: 'busy' };
  }

  async #advance(position: number): Promise<StepResult> {
    await this.#tools.source.advance(this.place, position, this.#tools.clock.now());
    this.#moveTo(position);
    return { state: 'busy' };
  }

  #moveTo(position: number): void {
    this.state.position = position;
    this.state.attempts = 0;
  }

  #fail(reason: string, retryAfterUs: Micros | null): StepResult {
    const { state } = this;
    if (state.failures === 0) {
      this.#tools.log.warn({ ...this.place, reason }, 'export: not sent, trying again for ever');
    }
    state.failures += 1;
    state.lastError = reason;
    const pause = backoff(state.failures, this.#tools.random);
    // What the server asks for is the least; a share on top keeps many from coming back together.
    const asked = retryAfterUs === null ? 0 : retryAfterUs * (1 + this.#tools.random() / 10);
    return this.#waitFor(Math.round(Math.max(pause, asked)));
  }

  #stop(reason: string): StepResult {
    const { state } = this;
    if (state.stopped === null) {
      this.#tools.log.error(
        { ...this.place, reason },
        'export: stopped; check the key, its rights and the address. Nothing is lost meanwhile',
      );
    }
    state.stopped = reason;
    state.lastError = reason;
    return this.#waitFor(PROBE);
  }

  #recovered(): void {
    const { state } = this;
    if (state.failures > 0 || state.stopped !== null) {
      this.#tools.log.info({ ...this.place }, 'export: works again');
    }
    state.failures = 0;
    state.refusedInARow = 0;
    state.stopped = null;
    state.lastError = null;
  }

  #waitFor(waitUs: Micros): StepResult {
    this.state.notBefore = this.#tools.clock.monotonic() + waitUs;
    return { state: 'idle', waitUs };
  }
}
