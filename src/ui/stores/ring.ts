/** A list that forgets its oldest elements. Elements keep their order; forgetting is amortised. */
export interface Ring<T> {
  readonly limit: number;
  items: T[];
  /** How many were forgotten so far. */
  dropped: number;
}

export function createRing<T>(limit: number): Ring<T> {
  return { limit, items: [], dropped: 0 };
}

/** Cuts in strides of a quarter, so that a push costs O(1) on average. */
export function push<T>(ring: Ring<T>, item: T): void {
  ring.items.push(item);
  if (ring.items.length > ring.limit + (ring.limit >> 2)) {
    const excess = ring.items.length - ring.limit;
    ring.items = ring.items.slice(excess);
    ring.dropped += excess;
  }
}

/** The newest element at or before an instant, for elements in the order of their time. */
export function lastAt<T extends { readonly at: number }>(items: readonly T[], at: number): T | undefined {
  return items[countUntil(items, at) - 1];
}

/** How many elements have happened at or before an instant. */
export function countUntil<T extends { readonly at: number }>(items: readonly T[], at: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.at ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
