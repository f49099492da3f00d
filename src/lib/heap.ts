import { must } from './assert.ts';

/** A binary min-heap. For a deterministic order the comparison must be total. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #compare: (a: T, b: T) => number;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#up(this.#items.length - 1);
  }

  pop(): T | undefined {
    return this.#items.length === 0 ? undefined : this.#removeAt(0);
  }

  /** Removes the first item found that satisfies the predicate; linear. */
  remove(predicate: (item: T) => boolean): T | undefined {
    const index = this.#items.findIndex(predicate);
    return index < 0 ? undefined : this.#removeAt(index);
  }

  clear(): void {
    this.#items.length = 0;
  }

  /** The items in no particular order. */
  values(): IterableIterator<T> {
    return this.#items.values();
  }

  #removeAt(index: number): T {
    const removed = must(this.#items[index]);
    const last = must(this.#items.pop());
    if (index < this.#items.length) {
      this.#items[index] = last;
      this.#down(index);
      this.#up(index);
    }
    return removed;
  }

  #up(start: number): void {
    const items = this.#items;
    const item = must(items[start]);
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = must(items[parent]);
      if (this.#compare(item, above) >= 0) break;
      items[index] = above;
      index = parent;
    }
    items[index] = item;
  }

  #down(start: number): void {
    const items = this.#items;
    const item = must(items[start]);
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#compare(must(items[child + 1]), must(items[child])) < 0) child++;
      const below = must(items[child]);
      if (this.#compare(below, item) >= 0) break;
      items[index] = below;
      index = child;
    }
    items[index] = item;
  }
}
