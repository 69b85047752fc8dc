import { type EpochMicros, MICROS_PER_HOUR, type Micros } from '../units.ts';

/** The least and the most container time that a pool's requests can have taken in one UTC hour. */
export interface BoundsHour {
  readonly hour: EpochMicros;
  readonly lowUs: Micros;
  readonly highUs: Micros;
}

export interface PoolBoundsSettings {
  readonly maxInputs: number;
  readonly scaledownWindowUs: Micros;
  readonly minContainers: number;
  /** When `minContainers` began to stand; `null`: with the first request. */
  readonly standingFrom: EpochMicros | null;
}

/** Plain data, for a checkpoint. */
export interface PoolBoundsState {
  readonly at: EpochMicros | null;
  readonly running: number;
  /** Earlier numbers of running requests and when they ended, largest first. */
  readonly earlier: readonly (readonly [count: number, endedAt: EpochMicros])[];
  readonly cell: BoundsHour;
}

/**
 * Bounds on the containers of a pool whose containers do not say who they are. Low: busy time only, packed
 * perfectly. High: one container for each request that ran at once, each kept for its whole window.
 */
export class PoolBounds {
  readonly #settings: PoolBoundsSettings;
  readonly #onHour: (hour: BoundsHour) => void;
  #at: EpochMicros | null;
  #running: number;
  #earlier: (readonly [count: number, endedAt: EpochMicros])[];
  #cell: { hour: EpochMicros; lowUs: Micros; highUs: Micros };

  constructor(
    settings: PoolBoundsSettings,
    onHour: (hour: BoundsHour) => void,
    state?: PoolBoundsState,
  ) {
    this.#settings = settings;
    this.#onHour = onHour;
    this.#at = state?.at ?? null;
    this.#running = state?.running ?? 0;
    this.#earlier = [...(state?.earlier ?? [])];
    this.#cell = { ...(state?.cell ?? { hour: 0, lowUs: 0, highUs: 0 }) };
  }

  /** The number of running requests changes by `change` at `at`; instants never go back. */
  change(at: EpochMicros, change: number): void {
    if (this.#at === null) this.#begin(Math.min(at, this.#settings.standingFrom ?? at));
    this.advance(at);
    this.#pushEarlier(at);
    this.#running += change;
  }

  advance(to: EpochMicros): void {
    if (this.#at === null) {
      const { standingFrom } = this.#settings;
      if (standingFrom === null || standingFrom > to) return;
      this.#begin(standingFrom);
    }
    const window = this.#settings.scaledownWindowUs;
    for (let first = this.#earlier[0]; first !== undefined; first = this.#earlier[0]) {
      const [count, endedAt] = first;
      if (endedAt + window >= to) break;
      this.#count(endedAt + window, Math.max(count, this.#running));
      this.#earlier.shift();
    }
    this.#count(to, Math.max(this.#earlier[0]?.[0] ?? 0, this.#running));
  }

  state(): PoolBoundsState {
    const { hour, lowUs, highUs } = this.#cell;
    return {
      at: this.#at,
      running: this.#running,
      earlier: this.#earlier,
      cell: { hour, lowUs, highUs },
    };
  }

  /** The hours up to `at`, the last one unfinished, without changing anything. */
  snapshot(at: EpochMicros): BoundsHour[] {
    const hours: BoundsHour[] = [];
    const copy = new PoolBounds(this.#settings, (hour) => hours.push(hour), this.state());
    copy.advance(at);
    hours.push({ ...copy.#cell });
    return hours;
  }

  #begin(at: EpochMicros): void {
    this.#at = at;
    this.#cell.hour = at - (at % MICROS_PER_HOUR);
  }

  #pushEarlier(at: EpochMicros): void {
    const count = this.#running;
    while ((this.#earlier.at(-1)?.[0] ?? Number.POSITIVE_INFINITY) <= count) this.#earlier.pop();
    if (count > 0) this.#earlier.push([count, at]);
  }

  #count(to: EpochMicros, most: number): void {
    const { maxInputs, minContainers } = this.#settings;
    const least = Math.max(minContainers, Math.ceil(this.#running / maxInputs));
    let from = this.#at ?? to;
    if (to <= from) return;
    while (to > this.#cell.hour + MICROS_PER_HOUR) {
      const edge = this.#cell.hour + MICROS_PER_HOUR;
      this.#add(edge - from, least, most);
      this.#onHour({ ...this.#cell });
      this.#cell = { hour: edge, lowUs: 0, highUs: 0 };
      from = edge;
    }
    this.#add(to - from, least, most);
    this.#at = to;
  }

  #add(elapsed: Micros, least: number, most: number): void {
    this.#cell.lowUs += elapsed * least;
    this.#cell.highUs += elapsed * Math.max(most, least);
  }
}
