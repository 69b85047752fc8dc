/** Items by instant, then by order number: a binary heap over plain arrays. */
export class EventQueue<Item> {
  readonly #at: number[] = [];
  readonly #order: number[] = [];
  readonly #items: Item[] = [];

  get size(): number {
    return this.#at.length;
  }

  /** The earliest instant; infinite when there is none. */
  get nextAt(): number {
    return this.#at[0] ?? Number.POSITIVE_INFINITY;
  }

  /** All items, in no order. */
  items(): readonly Item[] {
    return this.#items;
  }

  push(at: number, order: number, item: Item): void {
    let hole = this.#at.length;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#isAfter(parent, at, order)) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, at, order, item);
  }

  pop(): Item | undefined {
    const first = this.#items[0];
    const at = this.#at.pop();
    const order = this.#order.pop();
    const last = this.#items.pop();
    if (at === undefined || order === undefined || last === undefined) return undefined;
    if (this.#at.length > 0) this.#sink(at, order, last);
    return first;
  }

  /** Puts an item in at the root, moving the hole down to where it belongs. */
  #sink(at: number, order: number, item: Item): void {
    const size = this.#at.length;
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      const right = child + 1;
      const least =
        right < size &&
        this.#isAfter(child, this.#at[right] as number, this.#order[right] as number)
          ? right
          : child;
      if (this.#isAfter(least, at, order)) break;
      this.#move(least, hole);
      hole = least;
    }
    this.#put(hole, at, order, item);
  }

  #isAfter(index: number, at: number, order: number): boolean {
    const own = this.#at[index] as number;
    return own > at || (own === at && (this.#order[index] as number) > order);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#at[from] as number, this.#order[from] as number, this.#items[from] as Item);
  }

  #put(index: number, at: number, order: number, item: Item): void {
    this.#at[index] = at;
    this.#order[index] = order;
    this.#items[index] = item;
  }
}
