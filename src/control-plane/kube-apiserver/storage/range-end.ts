/** The end of the range of all keys with this prefix: its last character counted up. Prefixes end in '/', so that is enough. */
export function rangeEndOf(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
