import { EMPTY_LINE, type, type LineEffect, type LineState } from '../lib/line-editor.ts';

const INTERRUPT = '\u0003';
const END_OF_INPUT = '\u0004';

export interface RemoteTtyHandlers {
  /** To whoever types. */
  show(text: string): void;
  /** To the command. */
  input(text: string): void;
}

/**
 * The terminal of `exec -it` and `attach -it`. A client sends every key as it is pressed and wants to see it; the cluster
 * takes finished lines, as from the page's own terminals. Between the two stands what the kernel's line discipline is on a
 * real node: it echoes, edits and ends lines, and turns \n into \r\n.
 */
export class RemoteTty {
  readonly #on: RemoteTtyHandlers;
  #line: LineState = EMPTY_LINE;
  /** What the command printed since the last line ended: its prompt. */
  #prompt = '';

  constructor(handlers: RemoteTtyHandlers) {
    this.#on = handlers;
  }

  output(text: string): void {
    this.#prompt = (this.#prompt + text).slice(-PROMPT_LIMIT).replace(/^[^]*[\r\n]/, '');
    this.#on.show(text.replace(/\r?\n/g, '\r\n'));
  }

  keys(data: string): void {
    for (const key of data.match(KEYS) ?? []) this.#press(key);
  }

  #press(key: string): void {
    const shown = this.#line;
    const { state, effects } = type(shown, key);
    this.#line = state;
    const [effect] = effects;
    if (effect === undefined) this.#on.show(redrawn(shown, state));
    else this.#act(effect, shown);
  }

  #act(effect: LineEffect, shown: LineState): void {
    switch (effect.kind) {
      case 'line':
        this.#on.show(`${redrawn(shown, { text: shown.text, cursor: shown.text.length })}\r\n`);
        this.#prompt = '';
        return this.#on.input(`${effect.text}\n`);
      case 'interrupt':
        this.#on.show(`^C\r\n${this.#prompt}`);
        return this.#on.input(INTERRUPT);
      case 'eof':
        return this.#on.input(END_OF_INPUT);
      case 'clear':
        return this.#on.show(`\x1b[H\x1b[2J${this.#prompt}${redrawn(EMPTY_LINE, shown)}`);
      case 'complete':
        return;
    }
  }
}

/** A key that sends a sequence, the two characters that end a pasted line, or one character. */
const KEYS = /\x1b(\[[\d;?]*[ -/]*[@-~]|O.|.)?|\r\n|[^]/gu;
const PROMPT_LIMIT = 1_024;

/** What changes the line on the screen into another. */
function redrawn(shown: Pick<LineState, 'text' | 'cursor'>, next: Pick<LineState, 'text' | 'cursor'>): string {
  if (shown.text === next.text && shown.cursor === next.cursor) return '';
  const same = commonStart(shown.text.slice(0, shown.cursor), next.text);
  const back = '\b'.repeat(width(shown.text.slice(same, shown.cursor)));
  const rest = next.text.slice(same);
  const erase = shown.text.length > shown.cursor || back !== '' ? '\x1b[K' : '';
  return `${back}${erase}${rest}${'\b'.repeat(width(next.text.slice(next.cursor)))}`;
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

const width = (text: string): number => [...text].length;
