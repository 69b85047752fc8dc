const COMPACTED_FROM = 64;

/** First in, first out, and anyone may leave. An array, for the reason that `ActiveExchanges` gives. */
export class WaitingLine<User> {
  #places: (User | null)[] = [];
  /** Place of the first who waits, or the length when nobody does. */
  #first = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Who waits longest, `null` when nobody waits. */
  get first(): User | null {
    return this.#places[this.#first] ?? null;
  }

  add(user: User): void {
    this.#places.push(user);
    this.#size += 1;
  }

  /** @returns whether the user was waiting. */
  delete(user: User): boolean {
    const place = this.#places.indexOf(user, this.#first);
    if (place < 0) return false;
    this.#places[place] = null;
    this.#size -= 1;
    while (this.#first < this.#places.length && this.#places[this.#first] === null) {
      this.#first += 1;
    }
    if (this.#first >= COMPACTED_FROM && this.#first * 2 >= this.#places.length) {
      this.#places = this.#places.slice(this.#first);
      this.#first = 0;
    }
    return true;
  }
}
