/** Flags of a program's command line: `--name=value`, or `--name` (true). Repeated flags keep every value in order. */
export class Flags {
  private readonly values: ReadonlyMap<string, readonly string[]>;
  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.values = values;
  }
  /** These besides, replacing what has the same name. */
  with(values: ReadonlyMap<string, readonly string[]>): Flags {
    return new Flags(new Map([...this.values, ...values]));
  }
  /** The last value given, or undefined. */
  get(name: string): string | undefined {
    return this.values.get(name)?.at(-1);
  }
  all(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }
  /** Comma-separated values of every occurrence. */
  list(name: string): readonly string[] {
    return this.all(name).flatMap((value) => value.split(',').filter((part) => part !== ''));
  }
  bool(name: string, fallback: boolean): boolean {
    const value = this.get(name);
    return value === undefined ? fallback : value === 'true';
  }
  int(name: string, fallback: number): number {
    const value = this.get(name);
    const parsed = value === undefined ? fallback : Number(value);
    return Number.isSafeInteger(parsed) ? parsed : fallback;
  }
}

export function parseFlags(argv: readonly string[]): Flags {
  const values = new Map<string, string[]>();
  for (const word of argv) {
    const match = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(word);
    if (match === null) continue;
    const name = match[1] ?? '';
    const list = values.get(name) ?? [];
    list.push(match[2] ?? 'true');
    values.set(name, list);
  }
  return new Flags(values);
}

/** The command line that a program was started with: `argv` of its arguments. */
export function argvOf(args: { readonly [name: string]: unknown }): readonly string[] {
  const { argv } = args;
  return Array.isArray(argv) ? argv.map(String) : [];
}
