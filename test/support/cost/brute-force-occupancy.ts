/**
 * Occupancy by brute force, to check the fold against: it steps through every second, looks at every
 * container, and shares the second. It knows no virtual clock, no heap, no state between calls. Whole
 * seconds only; shares are exact in sixtieths with up to six inputs a container.
 */

export interface BruteRequest {
  readonly start: number;
  readonly end: number;
  readonly failed: boolean;
  /** Name of its container when that is known. */
  readonly container: string | null;
}

export interface BruteSettings {
  readonly maxInputs: number;
  readonly scaledown: number;
  readonly standing: number;
  readonly standingFrom: number;
  /** Nothing is counted from here on. */
  readonly until: number;
}

interface BruteContainer {
  readonly standing: boolean;
  name: string | null;
  readonly opened: number;
  closed: number | null;
  lastFinish: number;
  inside: number[];
  readonly served: number[];
  busy: number;
  idle: number;
  readonly hours: Map<number, { busy: number; idle: number }>;
}

export interface BruteResult {
  /** Sixtieths of a second that each request had, in the order given. */
  readonly exec: readonly number[];
  readonly containers: readonly BruteContainer[];
}

const SIXTIETHS = 60;
/** Modal's longest scaledown window, in seconds. */
const LONGEST_WINDOW = 1_200;

export function bruteForceOccupancy(
  requests: readonly BruteRequest[],
  settings: BruteSettings,
): BruteResult {
  const world = new SecondBySecond(requests, settings);
  const first = Math.min(settings.standingFrom, ...requests.map(({ start }) => start));
  for (let second = first; second < settings.until; second += 1) world.step(second);
  return { exec: world.exec, containers: world.containers };
}

class SecondBySecond {
  readonly containers: BruteContainer[] = [];
  readonly exec: number[];
  readonly #requests: readonly BruteRequest[];
  readonly #settings: BruteSettings;

  constructor(requests: readonly BruteRequest[], settings: BruteSettings) {
    this.#requests = requests;
    this.#settings = settings;
    this.exec = requests.map(() => 0);
  }

  step(second: number): void {
    if (second === this.#settings.standingFrom) {
      for (let n = 0; n < this.#settings.standing; n += 1) this.#create(second, true, null);
    }
    this.#finish(second);
    this.#requests.forEach((request, index) => {
      if (request.start !== second) return;
      const container = this.#choose(second, request);
      container.inside.push(index);
      container.served.push(index);
      this.#finish(second);
    });
    this.#close(second);
    for (const container of this.#alive()) this.#share(container, second);
  }

  #alive(): BruteContainer[] {
    return this.containers.filter(({ closed }) => closed === null);
  }

  #create(opened: number, standing: boolean, name: string | null): BruteContainer {
    const empty = { inside: [], served: [], busy: 0, idle: 0, hours: new Map() };
    const made = { standing, name, opened, closed: null, lastFinish: opened, ...empty };
    this.containers.push(made);
    return made;
  }

  #finish(second: number): void {
    for (const container of this.#alive()) {
      const staying = container.inside.filter((index) => this.#requests[index]!.end > second);
      if (staying.length < container.inside.length) container.lastFinish = second;
      container.inside = staying;
    }
  }

  #choose(second: number, { container }: BruteRequest): BruteContainer {
    const alive = this.#alive();
    if (container !== null) {
      const own = alive.find(({ name }) => name === container);
      return own ?? this.#keptAlive(second, container) ?? this.#create(second, false, container);
    }
    const free = alive.filter(({ inside }) => inside.length < this.#settings.maxInputs);
    const fullest = Math.max(...free.map(({ inside }) => inside.length));
    const best = free.find(({ inside }) => inside.length === fullest);
    return best ?? this.#create(second, false, null);
  }

  /** A container that has a name and works again was there all the time, if not for longer than Modal allows. */
  #keptAlive(second: number, name: string): BruteContainer | null {
    const closed = this.containers.findLast((one) => one.name === name)?.closed ?? null;
    if (closed === null || second - closed > LONGEST_WINDOW) return null;
    const again = this.#create(closed, false, name);
    for (let idle = closed; idle < second; idle += 1) this.#share(again, idle);
    return again;
  }

  #close(second: number): void {
    for (const container of this.#alive()) {
      const quiet = container.inside.length === 0 && !container.standing;
      if (quiet && container.lastFinish + this.#settings.scaledown === second) {
        container.closed = second;
      }
    }
  }

  #share(container: BruteContainer, second: number): void {
    const hourStart = Math.floor(second / 3_600) * 3_600;
    const hour = container.hours.get(hourStart) ?? { busy: 0, idle: 0 };
    container.hours.set(hourStart, hour);
    const inside = container.inside.length;
    if (inside === 0) {
      container.idle += 1;
      hour.idle += 1;
      return;
    }
    container.busy += 1;
    hour.busy += 1;
    for (const index of container.inside) this.exec[index]! += SIXTIETHS / inside;
  }
}
