import { type Container, NOWHERE } from './container.ts';

/**
 * Open containers with a free slot, the fullest first, of equal ones the oldest: a heap in which a
 * container knows its place, so that a change costs the logarithm of the open containers.
 */
export class FreeSlots {
  readonly #heap: Container[] = [];

  get best(): Container | undefined {
    return this.#heap[0];
  }

  add(container: Container): void {
    container.place = this.#heap.length;
    this.#heap.push(container);
    this.#rise(container.place);
  }

  /** After the container's number of running requests has changed. */
  moved(container: Container): void {
    this.#rise(container.place);
    this.#sink(container.place);
  }

  remove(container: Container): void {
    const place = container.place;
    const last = this.#heap.pop();
    container.place = NOWHERE;
    if (last === undefined || last === container) return;
    this.#heap[place] = last;
    last.place = place;
    this.moved(last);
  }

  #rise(from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBetter(place, parent)) return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  #sink(from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= this.#heap.length) return;
      const right = left + 1;
      const child = right < this.#heap.length && this.#isBetter(right, left) ? right : left;
      if (!this.#isBetter(child, place)) return;
      this.#swap(child, place);
      place = child;
    }
  }

  #isBetter(a: number, b: number): boolean {
    const left = this.#heap[a] as Container;
    const right = this.#heap[b] as Container;
    return (
      left.running > right.running || (left.running === right.running && left.order < right.order)
    );
  }

  #swap(a: number, b: number): void {
    const left = this.#heap[a] as Container;
    const right = this.#heap[b] as Container;
    this.#heap[a] = right;
    this.#heap[b] = left;
    right.place = a;
    left.place = b;
  }
}
