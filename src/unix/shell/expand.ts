import { resolvePath } from '../file-system.ts';
import { compareStrings } from '../../lib/order.ts';
import type { List, Part, Word } from './ast.ts';
import { evaluate } from './arithmetic.ts';
import { hasWildcard, literalPattern, matchesPattern, trimPattern, unescapePattern } from './pattern.ts';

/** What expansion needs of the shell that does it. */
export interface Expander {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  readonly positional: readonly string[];
  readonly cwd: string;
  readonly nounset: boolean;
  list(directory: string): readonly string[] | undefined;
  /** Output of `$(…)`, trailing newlines removed. */
  substitute(list: List): Promise<string>;
}

/** `${name:?text}` and unset names under `set -u`: ends the shell. */
export class ExpansionError extends Error {
  override readonly name = 'ExpansionError';
}

/** A piece of an expanded word: what is quoted is neither split nor globbed. */
interface Piece {
  readonly text: string;
  readonly quoted: boolean;
  /** `"$@"` starts a new field here. */
  readonly breakBefore?: boolean;
}

/** Words to arguments: parameters, commands and arithmetic, then field splitting, then path names. Models POSIX 2.6. */
export async function expandWords(shell: Expander, words: readonly Word[]): Promise<string[]> {
  const fields: string[] = [];
  for (const word of words) {
    for (const braced of expandBraces(word)) {
      for (const field of splitFields(await pieces(shell, braced), shell.get('IFS') ?? ' \t\n'))
        fields.push(...globField(shell, field));
    }
  }
  return fields;
}

/** One word as one text: no splitting, no path names (assignments, redirects, case subjects). */
export async function expandText(shell: Expander, word: Word): Promise<string> {
  return (await pieces(shell, word))
    .map((piece, i) => (piece.breakBefore === true && i > 0 ? ' ' : '') + piece.text)
    .join('');
}

/** A pattern in which quoted parts stand for themselves. */
export async function expandPattern(shell: Expander, word: Word): Promise<string> {
  return (await pieces(shell, word)).map(({ text, quoted }) => (quoted ? literalPattern(text) : text)).join('');
}

async function pieces(shell: Expander, word: Word): Promise<Piece[]> {
  const out: Piece[] = [];
  for (const [index, part] of word.entries()) out.push(...(await expandPart(shell, part, index === 0)));
  return out;
}

async function expandPart(shell: Expander, part: Part, first: boolean): Promise<readonly Piece[]> {
  switch (part.kind) {
    case 'text':
      return [{ text: first && !part.quoted ? expandTilde(shell, part.text) : part.text, quoted: part.quoted }];
    case 'command':
      return [{ text: await shell.substitute(part.list), quoted: part.quoted }];
    case 'arithmetic':
      return [{ text: String(evaluate(await expandText(shell, part.expression), shell)), quoted: part.quoted }];
    case 'parameter':
      return expandParameter(shell, part);
  }
}

function expandTilde(shell: Expander, text: string): string {
  return text === '~' || text.startsWith('~/') ? (shell.get('HOME') ?? '/root') + text.slice(1) : text;
}

async function expandParameter(shell: Expander, part: Extract<Part, { kind: 'parameter' }>): Promise<readonly Piece[]> {
  const { name, operator, quoted } = part;
  if (name === '@' && operator === undefined) {
    return shell.positional.map((text, i) => ({ text, quoted, breakBefore: i > 0 }));
  }
  const value = name === '@' ? shell.positional.join(' ') : shell.get(name);
  if (operator === '#length') return [{ text: String((value ?? '').length), quoted }];
  if (operator === undefined) {
    if (value === undefined && shell.nounset) throw new ExpansionError(`${name}: parameter not set`);
    return [{ text: value ?? '', quoted }];
  }
  const argument = part.argument ?? [];
  const missing = value === undefined || (operator.startsWith(':') && value === '');
  switch (operator.replace(':', '')) {
    case '-':
      return missing ? nested(shell, argument, quoted) : [{ text: value, quoted }];
    case '+':
      return missing ? [{ text: '', quoted }] : nested(shell, argument, quoted);
    case '=': {
      if (!missing) return [{ text: value, quoted }];
      const text = await expandText(shell, argument);
      shell.set(name, text);
      return [{ text, quoted }];
    }
    case '?': {
      if (!missing) return [{ text: value, quoted }];
      const text = await expandText(shell, argument);
      throw new ExpansionError(`${name}: ${text === '' ? 'parameter not set or null' : text}`);
    }
    default: {
      const pattern = await expandPattern(shell, argument);
      const end = operator.startsWith('#') ? 'start' : 'end';
      return [{ text: trimPattern(value ?? '', pattern, end, operator.length === 2), quoted }];
    }
  }
}

async function nested(shell: Expander, word: Word, quoted: boolean): Promise<readonly Piece[]> {
  if (quoted) return [{ text: await expandText(shell, word), quoted }];
  return pieces(shell, word);
}

/** `{a,b}` and `{1..3}` in the unquoted text of a word. */
function expandBraces(word: Word): readonly Word[] {
  for (const [index, part] of word.entries()) {
    if (part.kind !== 'text' || part.quoted) continue;
    const match = /^(.*?)\{([^{}]*(?:,|\.\.)[^{}]*)\}([\s\S]*)$/.exec(part.text);
    if (match === null) continue;
    const [, before = '', inside = '', after = ''] = match;
    const range = /^(-?\d+)\.\.(-?\d+)$/.exec(inside);
    if (range === null && !inside.includes(',')) continue;
    const choices = range === null ? inside.split(',') : numbersBetween(Number(range[1]), Number(range[2]));
    return choices.flatMap((choice) =>
      expandBraces([
        ...word.slice(0, index),
        { ...part, text: `${before}${choice}${after}` },
        ...word.slice(index + 1),
      ]),
    );
  }
  return [word];
}

function numbersBetween(from: number, to: number): string[] {
  const step = from <= to ? 1 : -1;
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => String(from + i * step));
}

/** Fields as patterns, quoted characters escaped. */
function splitFields(parts: readonly Piece[], separators: string): string[] {
  const fields: string[] = [];
  let field: string | undefined;
  for (const { text, quoted, breakBefore } of parts) {
    if (breakBefore === true) {
      fields.push(field ?? '');
      field = undefined;
    }
    if (quoted) {
      field = (field ?? '') + literalPattern(text);
      continue;
    }
    for (const char of text) {
      if (!separators.includes(char)) field = (field ?? '') + (char === '\\' ? '\\\\' : char);
      else if (field !== undefined) {
        fields.push(field);
        field = undefined;
      }
    }
  }
  if (field !== undefined) fields.push(field);
  return fields;
}

function globField(shell: Expander, field: string): readonly string[] {
  if (!hasWildcard(field)) return [unescapePattern(field)];
  const absolute = field.startsWith('/');
  let found = [absolute ? '/' : ''];
  for (const segment of field.split('/').filter((part) => part !== '')) {
    found = found.flatMap((base) => {
      const join = (name: string): string => (base === '' || base === '/' ? `${base}${name}` : `${base}/${name}`);
      if (!hasWildcard(segment)) return [join(unescapePattern(segment))];
      const names = shell.list(resolvePath(shell.cwd, base === '' ? '.' : base)) ?? [];
      return names
        .filter((name) => (!name.startsWith('.') || segment.startsWith('.')) && matchesPattern(segment, name))
        .map(join);
    });
  }
  const existing = found.filter((path) => {
    const full = resolvePath(shell.cwd, path);
    const slash = full.lastIndexOf('/');
    return shell.list(full.slice(0, slash) || '/')?.includes(full.slice(slash + 1)) === true;
  });
  return existing.length === 0 ? [unescapePattern(field)] : existing.sort(compareStrings);
}
