import { isObject } from '../../lib/json.ts';

/** What the page tells the terminal: one input of the run each, as JSON. */
export type TerminalInput =
  | { readonly session: number; readonly kind: 'open' | 'close' | 'interrupt' | 'eof' }
  /** A finished line, without its newline: a command, or a line for the program that runs. */
  | { readonly session: number; readonly kind: 'line' | 'stdin'; readonly text: string }
  /** The editor saved a file; `path` is relative to the home directory or absolute. */
  | { readonly session: number; readonly kind: 'file'; readonly path: string; readonly text: string }
  /** The editor that a program opened was closed; without `text`: nothing was saved. */
  | { readonly session: number; readonly kind: 'edited'; readonly text?: string };

/** What the terminal tells the page: one line of JSON each, on its standard output. */
export type TerminalOutput =
  | { readonly session: number; readonly kind: 'output' | 'prompt'; readonly text: string }
  | { readonly session: number; readonly kind: 'exit' }
  | { readonly session: number; readonly kind: 'edit'; readonly path: string; readonly text: string };

/** Undefined: not a message. */
export function parseInput(json: string): TerminalInput | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isObject(value) || typeof value['session'] !== 'number') return undefined;
  const { session, kind, text, path } = value;
  switch (kind) {
    case 'open':
    case 'close':
    case 'interrupt':
    case 'eof':
      return { session, kind };
    case 'line':
    case 'stdin':
      return typeof text === 'string' ? { session, kind, text } : undefined;
    case 'file':
      return typeof text === 'string' && typeof path === 'string' ? { session, kind, path, text } : undefined;
    case 'edited':
      return typeof text === 'string' ? { session, kind, text } : { session, kind };
    default:
      return undefined;
  }
}
