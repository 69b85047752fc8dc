/** Events by instant, then rank, then first in first out: a binary heap. */
export class EventQueue<Event> {
  readonly #heap: Entry<Event>[] = [];
  #pushed = 0;

  push(at: number, rank: number, event: Event): void {
    const entry = { at, rank, order: this.#pushed, event };
    this.#pushed += 1;
    let index = this.#heap.length;
    this.#heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfLater(parent, index)) return;
      index = parent;
    }
  }

  nextAt(): number | null {
    return this.#heap[0]?.at ?? null;
  }

  pop(): Entry<Event> | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    this.#heap[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const child = this.#isLater(left, right) ? right : left;
      if (!this.#swapIfLater(index, child)) return first;
      index = child;
    }
  }

  #isLater(left: number, right: number): boolean {
    const a = this.#heap[left];
    const b = this.#heap[right];
    if (a === undefined || b === undefined) return false;
    return (a.at - b.at || a.rank - b.rank || a.order - b.order) > 0;
  }

  #swapIfLater(upper: number, lower: number): boolean {
    if (!this.#isLater(upper, lower)) return false;
    const a = this.#heap[upper];
    const b = this.#heap[lower];
    if (a === undefined || b === undefined) return false;
    this.#heap[upper] = b;
    this.#heap[lower] = a;
    return true;
  }
}

interface Entry<Event> {
  readonly at: number;
  readonly rank: number;
  readonly order: number;
  readonly event: Event;
}
