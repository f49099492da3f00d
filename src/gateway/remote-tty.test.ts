import { describe, expect, it } from 'vitest';
import { RemoteTty } from './remote-tty.ts';

/** What is on the screen of whoever types, a line per element, and what the command got. */
function session(act: (tty: RemoteTty) => void): { readonly screen: string[]; readonly input: string } {
  const lines: string[] = [''];
  let column = 0;
  let input = '';
  const put = (text: string): void => {
    for (const [key] of text.matchAll(/\x1b\[\d*[A-Za-z]|[^]/gu)) {
      const line = lines.at(-1) ?? '';
      if (key === '\r') column = 0;
      else if (key === '\n') lines.push(' '.repeat(column));
      else if (key === '\b') column--;
      else if (key === '\x1b[K') lines.splice(-1, 1, line.slice(0, column));
      else if (!key.startsWith('\x1b')) {
        lines.splice(-1, 1, line.slice(0, column) + key + line.slice(column + 1));
        column++;
      }
    }
  };
  act(new RemoteTty({ show: put, input: (text) => (input += text) }));
  return { screen: lines, input };
}

describe('the terminal of exec -it', () => {
  it('shows what is typed and sends it when the line is finished', () => {
    const { screen, input } = session((tty) => {
      tty.output('/ # ');
      for (const key of 'ls /\r') tty.keys(key);
      tty.output('bin\netc\n/ # ');
    });
    expect(screen).toEqual(['/ # ls /', 'bin', 'etc', '/ # ']);
    expect(input).toBe('ls /\n');
  });

  it('edits the line, in the middle and from the history', () => {
    const { screen, input } = session((tty) => {
      tty.output('/ # ');
      tty.keys('echo one\r');
      tty.output('/ # ');
      tty.keys('\x1b[A');
      tty.keys('\x7f\x7f\x7ftwo');
      tty.keys('\x1b[D\x1b[D');
      tty.keys('-\x01');
      tty.keys('x\x7f\r');
    });
    expect(screen).toEqual(['/ # echo one', '/ # echo t-wo', '']);
    expect(input).toBe('echo one\necho t-wo\n');
  });

  it('takes many lines at once', () => {
    const { screen, input } = session((tty) => tty.keys('a\rb\nc'));
    expect(screen).toEqual(['a', 'b', 'c']);
    expect(input).toBe('a\nb\n');
  });

  it('Ctrl-C drops the line and tells the command; Ctrl-D ends input only on an empty line', () => {
    const { screen, input } = session((tty) => {
      tty.output('/ # ');
      tty.keys('rm -rf\x03');
      tty.keys('a\x04');
      tty.keys('\x7f\x04');
    });
    expect(screen).toEqual(['/ # rm -rf^C', '/ # ']);
    expect(input).toBe('\x03\x04');
  });

  it('goes to the left margin at the end of each line of output, once', () => {
    let shown = '';
    const tty = new RemoteTty({ show: (text) => (shown += text), input: () => undefined });
    tty.output('a\nb\r\nc');
    expect(shown).toBe('a\r\nb\r\nc');
  });
});
