/** A broken invariant of ours: never the user's fault, never expected, always loud. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The value, which by an invariant cannot be missing. */
export function must<T>(value: T | undefined | null, message = 'value is missing'): T {
  if (value === undefined || value === null) throw new AssertionError(message);
  return value;
}

/** Closes an exhaustive switch: the compiler rejects a call that can be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
