/** The newest things, up to a number of them. */

export class Ring<T> {
  #items: T[] = [];

  constructor(readonly capacity: number) {}

  push(item: T): void {
    this.#items.push(item);
    // Cut rarely: cutting one at a time would move all others each time.
    if (this.#items.length > this.capacity * 1.1) this.#items = this.#items.slice(-this.capacity);
  }

  get last(): T | undefined {
    return this.#items.at(-1);
  }

  /** The newest items, oldest first. */
  items(): T[] {
    return this.#items.slice(-this.capacity);
  }
}
