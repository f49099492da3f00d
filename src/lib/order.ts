/** Compares as Go and etcd do, by UTF-8 bytes. UTF-16 order differs only where surrogates meet U+E000 and above. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return isSurrogate(x) !== isSurrogate(y) && x >= 0xd800 && y >= 0xd800 ? y - x : x - y;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

export function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A sorted copy. The sort is stable; later keys break the ties of earlier ones. */
export function sortBy<T>(items: Iterable<T>, ...keys: readonly ((item: T) => string | number)[]): T[] {
  return [...items].sort((a, b) => {
    for (const key of keys) {
      const order = compareKeys(key(a), key(b));
      if (order !== 0) return order;
    }
    return 0;
  });
}

function compareKeys(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b);
  return compareStrings(String(a), String(b));
}

export function sortedStrings(items: Iterable<string>): string[] {
  return [...items].sort(compareStrings);
}

export function sortedKeys(record: object): string[] {
  return Object.keys(record).sort(compareStrings);
}
