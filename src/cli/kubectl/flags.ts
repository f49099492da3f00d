import { DurationError, parseDuration } from '../../lib/duration.ts';
import { compareStrings } from '../../lib/order.ts';
import { goQuote } from '../text/go-quote.ts';
import { CliError } from './errors.ts';

/** Flags as cobra and pflag take them. */
export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  readonly type: FlagType;
  readonly fallback?: string;
  /** Value when the flag is given bare. Booleans have `true`. */
  readonly bare?: string;
  readonly usage?: string;
  readonly hidden?: boolean;
  /** The command does not start without it. */
  readonly required?: boolean;
  /** What help shows as the default, where the type alone does not tell. */
  readonly shown?: string;
  /** What is wrong with a value, beyond what its type allows. */
  readonly check?: (value: string) => string | undefined;
}
/** `array` takes each value as it is, `slice` splits at commas, `pairs` too and wants key=value. */
export type FlagType = 'bool' | 'string' | 'int' | 'duration' | 'array' | 'slice' | 'pairs';

export class FlagError extends Error {
  override readonly name = 'FlagError';
}

/** The user asked for help. */
export class HelpRequested extends Error {
  override readonly name = 'HelpRequested';
}

export class ParsedFlags {
  readonly args: readonly string[];
  /** Number of arguments before `--`; -1 without one. */
  readonly dash: number;
  private readonly specs: ReadonlyMap<string, FlagSpec>;
  private readonly given: ReadonlyMap<string, readonly string[]>;

  constructor(
    specs: ReadonlyMap<string, FlagSpec>,
    given: ReadonlyMap<string, readonly string[]>,
    args: readonly string[],
    dash: number,
  ) {
    this.specs = specs;
    this.given = given;
    this.args = args;
    this.dash = dash;
  }

  changed(name: string): boolean {
    return this.given.has(name);
  }
  has(name: string): boolean {
    return this.specs.has(name);
  }
  spec(name: string): FlagSpec | undefined {
    return this.specs.get(name);
  }
  string(name: string): string {
    return this.given.get(name)?.at(-1) ?? this.specs.get(name)?.fallback ?? '';
  }
  bool(name: string): boolean {
    return isTrue(this.string(name));
  }
  int(name: string): number {
    return Number(this.string(name) === '' ? '0' : this.string(name));
  }
  /** Microseconds. */
  duration(name: string): number {
    const text = this.string(name);
    return text === '' ? 0 : parseDuration(text);
  }
  /** Every value given; `slice` flags split at commas. */
  list(name: string): readonly string[] {
    const values = this.given.get(name) ?? (this.specs.get(name)?.fallback === undefined ? [] : [this.string(name)]);
    const type = this.specs.get(name)?.type;
    return type === 'slice' || type === 'pairs' ? values.flatMap((value) => value.split(',')) : values;
  }
  /** What `key=value` gave; a key that is repeated keeps its last value. */
  pairs(name: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.list(name).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
  }
  /** Required flags that are missing, as cobra names them. */
  missing(): readonly string[] {
    return [...this.specs.values()]
      .filter((spec) => spec.required === true && !this.changed(spec.name))
      .map((spec) => spec.name)
      .sort(compareStrings);
  }
}

export function parseArgs(specs: readonly FlagSpec[], argv: readonly string[]): ParsedFlags {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const byShort = new Map(specs.filter((spec) => spec.short !== undefined).map((spec) => [spec.short ?? '', spec]));
  const given = new Map<string, string[]>();
  const args: string[] = [];
  let dash = -1;
  const set = (spec: FlagSpec, value: string): void => {
    checkValue(spec, value);
    given.set(spec.name, [...(given.get(spec.name) ?? []), value]);
  };
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') {
      dash = args.length;
      args.push(...argv.slice(i + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') args.push(word);
    else if (word.startsWith('--')) i += longFlag(word, argv[i + 1], byName, set);
    else i += shortFlags(word, argv[i + 1], byShort, set);
  }
  return new ParsedFlags(byName, given, args, dash);
}

type SetFlag = (spec: FlagSpec, value: string) => void;

/** Returns how many further words it used. */
function longFlag(word: string, next: string | undefined, byName: ReadonlyMap<string, FlagSpec>, set: SetFlag): number {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  if (name === '' || name.startsWith('-') || name.startsWith('=')) throw new FlagError(`bad flag syntax: ${word}`);
  const spec = byName.get(name);
  if (spec === undefined) {
    if (name === 'help') throw new HelpRequested();
    throw new FlagError(`unknown flag: --${name}`);
  }
  if (equals >= 0) set(spec, word.slice(equals + 1));
  else if (bareValue(spec) !== undefined) set(spec, bareValue(spec) ?? '');
  else if (next !== undefined) {
    set(spec, next);
    return 1;
  } else throw new FlagError(`flag needs an argument: --${name}`);
  return 0;
}

function shortFlags(
  word: string,
  next: string | undefined,
  byShort: ReadonlyMap<string, FlagSpec>,
  set: SetFlag,
): number {
  let rest = word.slice(1);
  while (rest !== '') {
    const letter = rest[0] ?? '';
    const spec = byShort.get(letter);
    if (spec === undefined) {
      if (letter === 'h') throw new HelpRequested();
      throw new FlagError(`unknown shorthand flag: '${letter}' in -${rest}`);
    }
    const tail = rest.slice(1);
    if (tail.startsWith('=')) {
      set(spec, tail.slice(1));
      return 0;
    }
    const bare = bareValue(spec);
    if (bare !== undefined) {
      set(spec, bare);
      rest = tail;
      continue;
    }
    if (tail !== '') {
      set(spec, tail);
      return 0;
    }
    if (next === undefined) throw new FlagError(`flag needs an argument: '${letter}' in -${rest}`);
    set(spec, next);
    return 1;
  }
  return 0;
}

function bareValue(spec: FlagSpec): string | undefined {
  return spec.type === 'bool' ? 'true' : spec.bare;
}

const BOOLEANS = new Set(['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False']);

function isTrue(text: string): boolean {
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text);
}

function checkValue(spec: FlagSpec, value: string): void {
  const problem = spec.check?.(value) ?? problemOf(spec.type, value);
  if (problem === undefined) return;
  const flag = spec.short === undefined ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
  throw new FlagError(`invalid argument ${goQuote(value)} for ${goQuote(flag)} flag: ${problem}`);
}

function problemOf(type: FlagType, value: string): string | undefined {
  if (type === 'pairs' && !value.split(',').every((pair) => pair.includes('=')))
    return `${value.split(',').find((pair) => !pair.includes('=')) ?? ''} must be formatted as key=value`;
  if (type === 'bool' && !BOOLEANS.has(value)) return `strconv.ParseBool: parsing ${goQuote(value)}: invalid syntax`;
  if (type === 'int' && !/^[-+]?\d+$/.test(value)) return `strconv.ParseInt: parsing ${goQuote(value)}: invalid syntax`;
  if (type !== 'duration') return undefined;
  try {
    parseDuration(value);
    return undefined;
  } catch (error) {
    if (error instanceof DurationError) return error.message;
    throw error;
  }
}

/** Models cobra's flag error: with a pointer to the command's help. */
export function flagError(path: string, error: FlagError): CliError {
  return new CliError(`${error.message}\nSee '${path} --help' for usage.`);
}
