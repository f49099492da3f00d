import { describe, expect, it } from 'vitest';
import { EMPTY_LINE, type, type LineState } from './line-editor.ts';

function typed(...data: readonly string[]): { state: LineState; lines: string[]; effects: string[] } {
  let state = EMPTY_LINE;
  const lines: string[] = [];
  const effects: string[] = [];
  for (const part of data) {
    const result = type(state, part);
    state = result.state;
    for (const effect of result.effects) {
      effects.push(effect.kind);
      if (effect.kind === 'line') lines.push(effect.text);
    }
  }
  return { state, lines, effects };
}

const UP = '\x1b[A';
const DOWN = '\x1b[B';
const LEFT = '\x1b[D';

describe('the line being typed', () => {
  it('is edited where the cursor is', () => {
    expect(typed('get pods', LEFT, LEFT, LEFT, LEFT, '\x7f', '-').state.text).toBe('get-pods');
    expect(typed('one two three', '\x17').state.text).toBe('one two ');
    expect(typed('one two', '\x01', '\x0b').state.text).toBe('');
    expect(typed('abc', '\x1b[H', '\x1b[3~').state.text).toBe('bc');
  });
  it('comes back from the history, and the draft after it', () => {
    const { state } = typed('first\r', 'second\r', 'dra', UP, UP);
    expect(state.text).toBe('first');
    expect(type(state, DOWN + DOWN).state.text).toBe('dra');
    expect(typed('same\r', 'same\r', '  \r').state.history).toEqual(['same']);
  });
  it('several pasted lines are several lines', () => {
    expect(typed('\x1b[200~one\r\ntwo\nthree\x1b[201~')).toMatchObject({
      lines: ['one', 'two'],
      state: { text: 'three' },
    });
  });
  it('Ctrl-C drops it, Ctrl-D ends the input only when it is empty', () => {
    expect(typed('abc', '\x03')).toMatchObject({ effects: ['interrupt'], state: { text: '' } });
    expect(typed('ab', LEFT, '\x04')).toMatchObject({ effects: [], state: { text: 'a' } });
    expect(typed('\x04').effects).toEqual(['eof']);
  });
  it('other sequences are swallowed whole', () => {
    expect(typed('a\x1b[5~b\x1b[99;3Rc').state.text).toBe('abc');
    expect(typed('é漢😀', LEFT, '\x7f').state.text).toBe('é😀');
  });
});
