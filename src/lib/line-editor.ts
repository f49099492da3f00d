/** The line being typed, edited where the person is who types: so typing works while the cluster is paused or slow. */
export interface LineState {
  readonly text: string;
  readonly cursor: number;
  readonly history: readonly string[];
  /** Place in the history; its length: the line that is new. */
  readonly place: number;
  readonly draft: string;
}

export type LineEffect =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'eof' }
  | { readonly kind: 'complete' }
  | { readonly kind: 'clear' };

export interface Typed {
  readonly state: LineState;
  readonly effects: readonly LineEffect[];
}

export const EMPTY_LINE: LineState = { text: '', cursor: 0, history: [], place: 0, draft: '' };
const KEPT_LINES = 500;

const ESCAPES: readonly (readonly [string, string])[] = [
  ['\x1b[A', 'up'],
  ['\x1bOA', 'up'],
  ['\x1b[B', 'down'],
  ['\x1bOB', 'down'],
  ['\x1b[C', 'right'],
  ['\x1bOC', 'right'],
  ['\x1b[D', 'left'],
  ['\x1bOD', 'left'],
  ['\x1b[H', 'home'],
  ['\x1bOH', 'home'],
  ['\x1b[1~', 'home'],
  ['\x1b[F', 'end'],
  ['\x1bOF', 'end'],
  ['\x1b[4~', 'end'],
  ['\x1b[3~', 'delete'],
  ['\x1b[1;5C', 'word-right'],
  ['\x1b[1;5D', 'word-left'],
  ['\x1bf', 'word-right'],
  ['\x1bb', 'word-left'],
  ['\x1b[200~', ''],
  ['\x1b[201~', ''],
];

const CONTROLS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\x7f': 'backspace',
  '\b': 'backspace',
  '\t': 'complete',
  '\x01': 'home',
  '\x02': 'left',
  '\x03': 'interrupt',
  '\x04': 'eof',
  '\x05': 'end',
  '\x06': 'right',
  '\x0b': 'kill-end',
  '\x0c': 'clear',
  '\x0e': 'down',
  '\x10': 'up',
  '\x15': 'kill-start',
  '\x17': 'kill-word',
};

/** Takes what the terminal sent: keys, or a pasted text of many lines. */
export function type(state: LineState, data: string): Typed {
  const effects: LineEffect[] = [];
  let now = state;
  for (let i = 0; i < data.length;) {
    const escape = data[i] === '\x1b' ? ESCAPES.find(([sequence]) => data.startsWith(sequence, i)) : undefined;
    if (data[i] === '\x1b' && escape === undefined) {
      i = skipEscape(data, i);
      continue;
    }
    const character = String.fromCodePoint(data.codePointAt(i) ?? 0);
    const pair = data.slice(i, i + 2) === '\r\n';
    const key = escape?.[1] ?? CONTROLS[character];
    i += escape?.[0].length ?? (pair ? 2 : character.length);
    if (key !== undefined) now = press(now, key, effects);
    else if (character >= ' ') now = insert(now, character);
  }
  return { state: now, effects };
}

function skipEscape(data: string, at: number): number {
  const found = /^\x1b(\[[\d;?]*[ -/]*[@-~]|O.|.)?/.exec(data.slice(at));
  return at + Math.max(1, found?.[0].length ?? 1);
}

export function insert(state: LineState, text: string): LineState {
  return {
    ...state,
    text: state.text.slice(0, state.cursor) + text + state.text.slice(state.cursor),
    cursor: state.cursor + text.length,
  };
}

function press(state: LineState, key: string, effects: LineEffect[]): LineState {
  const { text, cursor } = state;
  switch (key) {
    case 'enter':
      effects.push({ kind: 'line', text });
      return { ...EMPTY_LINE, ...remembered(state) };
    case 'interrupt':
      effects.push({ kind: 'interrupt' });
      return { ...EMPTY_LINE, history: state.history, place: state.history.length };
    case 'eof':
      if (text === '') effects.push({ kind: 'eof' });
      return text === '' ? state : cut(state, cursor, next(text, cursor));
    case 'complete':
      effects.push({ kind: 'complete' });
      return state;
    case 'clear':
      effects.push({ kind: 'clear' });
      return state;
    case 'backspace':
      return cut(state, previous(text, cursor), cursor);
    case 'delete':
      return cut(state, cursor, next(text, cursor));
    case 'kill-end':
      return cut(state, cursor, text.length);
    case 'kill-start':
      return cut(state, 0, cursor);
    case 'kill-word':
      return cut(state, wordStart(text, cursor), cursor);
    case 'left':
      return { ...state, cursor: previous(text, cursor) };
    case 'right':
      return { ...state, cursor: next(text, cursor) };
    case 'home':
      return { ...state, cursor: 0 };
    case 'end':
      return { ...state, cursor: text.length };
    case 'word-left':
      return { ...state, cursor: wordStart(text, cursor) };
    case 'word-right':
      return { ...state, cursor: wordEnd(text, cursor) };
    case 'up':
      return recall(state, state.place - 1);
    case 'down':
      return recall(state, state.place + 1);
    default:
      return state;
  }
}

/** A character of two code units is one to the person who types it. */
function previous(text: string, cursor: number): number {
  return cursor - ([...text.slice(0, cursor)].at(-1)?.length ?? 0);
}

function next(text: string, cursor: number): number {
  return cursor + ([...text.slice(cursor, cursor + 2)][0]?.length ?? 0);
}

function remembered({ text, history }: LineState): Pick<LineState, 'history' | 'place'> {
  const lines = text.trim() === '' || history.at(-1) === text ? history : [...history, text].slice(-KEPT_LINES);
  return { history: lines, place: lines.length };
}

function recall(state: LineState, place: number): LineState {
  if (place < 0 || place > state.history.length) return state;
  const draft = state.place === state.history.length ? state.text : state.draft;
  const text = place === state.history.length ? draft : (state.history[place] ?? '');
  return { ...state, text, cursor: text.length, place, draft };
}

function cut(state: LineState, from: number, to: number): LineState {
  if (from < 0 || from >= to) return state;
  return { ...state, text: state.text.slice(0, from) + state.text.slice(to), cursor: from };
}

function wordStart(text: string, cursor: number): number {
  let at = cursor;
  while (at > 0 && text[at - 1] === ' ') at--;
  while (at > 0 && text[at - 1] !== ' ') at--;
  return at;
}

function wordEnd(text: string, cursor: number): number {
  let at = cursor;
  while (at < text.length && text[at] === ' ') at++;
  while (at < text.length && text[at] !== ' ') at++;
  return at;
}
