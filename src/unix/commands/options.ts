/** Single-letter options (some with a value) before the operands, as getopt reads them. */
export interface Options {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
  /** The first option that is not known. */
  readonly unknown?: string;
}

export function parseOptions(args: readonly string[], known: string, withValue = ''): Options {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const operands: string[] = [];
  let unknown: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (!/^-./.test(arg) || arg.startsWith('--')) {
      operands.push(arg);
      continue;
    }
    for (let j = 1; j < arg.length; j++) {
      const letter = arg[j] ?? '';
      if (withValue.includes(letter)) {
        values.set(letter, j + 1 < arg.length ? arg.slice(j + 1) : (args[++i] ?? ''));
        break;
      }
      if (!known.includes(letter)) unknown ??= letter;
      flags.add(letter);
    }
  }
  return { flags, values, operands, ...(unknown === undefined ? {} : { unknown }) };
}
