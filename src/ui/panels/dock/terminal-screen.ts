import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { completeLine } from '../../graph/complete.ts';
import { control, useRun } from '../../session/control.ts';
import { joinTerminal } from '../../session/terminal-bus.ts';
import { setTypist } from '../../session/terminal-lines.ts';
import { useTrace } from '../../stores/trace-store.ts';
import { useView } from '../../stores/view-store.ts';
import { EMPTY_LINE, insert, type, type LineEffect, type LineState } from '../../../lib/line-editor.ts';

export interface Screen {
  paint(): void;
  toFront(front: boolean): void;
  dispose(): void;
}

/** Tables that wrap teach nothing: never fewer columns, the pane scrolls sideways instead. */
const COLUMNS = 160;
const PROMPT = 'laptop:~$ ';
/** The shell's second prompt: the command is not finished. */
const CONTINUED = '> ';

/** An xterm on which finished lines go to the laptop's terminal program and its output comes back. */
export function createScreen(place: HTMLElement, session: number): Screen {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const terminal = new Terminal({
    cols: COLUMNS,
    rows: 11,
    fontFamily: '"Fira Mono", ui-monospace, "DejaVu Sans Mono", monospace',
    fontSize: rem * 0.6875,
    lineHeight: 1.15,
    cursorBlink: false,
    cursorInactiveStyle: 'outline',
    scrollback: 5_000,
    convertEol: true,
    allowProposedApi: false,
    screenReaderMode: false,
    theme: colours(place),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(place);
  let line: LineState = EMPTY_LINE;
  let prompt = PROMPT;
  /** What was printed after the last newline: the line goes on from there. */
  let partial = '';
  /** A command runs: what is typed is its input. */
  let busy = false;
  /** Commands that wait for the prompt. */
  let ahead: readonly string[] = [];

  const lead = (): number => bare(partial).length + prompt.length;
  const erase = (): string => {
    const up = Math.floor((lead() + line.cursor) / terminal.cols);
    return `${up > 0 ? `\x1b[${up}A` : ''}\r\x1b[J`;
  };
  const drawn = (): string => {
    const length = lead() + line.text.length;
    const at = lead() + line.cursor;
    const down = Math.floor(length / terminal.cols) - Math.floor(at / terminal.cols);
    const wrapped = length > 0 && length % terminal.cols === 0 ? '\r\n' : '';
    const column = at % terminal.cols;
    return `${partial}${dim(prompt)}${line.text}${wrapped}${down > 0 ? `\x1b[${down}A` : ''}\r${column > 0 ? `\x1b[${column}C` : ''}`;
  };
  const redraw = (change: () => void): void => {
    const before = erase();
    change();
    terminal.write(before + drawn());
  };

  const act = (effect: LineEffect): void => {
    if (effect.kind === 'line') finish(effect.text);
    else if (effect.kind === 'interrupt') {
      ahead = [];
      partial = '';
      // The laptop's shell answers for what it holds: a running command or an unfinished line.
      if (busy || prompt === CONTINUED) void control.terminal(session, 'interrupt', '');
      else terminal.write(`^C\n${drawn()}`);
    } else if (effect.kind === 'eof') {
      if (busy) void control.terminal(session, 'eof', '');
    } else if (effect.kind === 'clear') terminal.clear();
    else complete();
  };

  const finish = (text: string): void => {
    // A long line has scrolled the pane sideways: the next prompt is at the left.
    place.parentElement?.scrollTo({ left: 0 });
    const words = text.trim();
    if (busy) {
      void control.terminal(session, 'line', text);
      prompt = '';
      return;
    }
    if (prompt !== CONTINUED && (words === '' || words === 'clear')) {
      if (words === 'clear') terminal.clear();
      terminal.write(drawn());
      return;
    }
    if (prompt !== CONTINUED && /^fault\s/.test(words)) {
      void injectFault(words.replace(/^fault\s+/, ''));
      return;
    }
    busy = true;
    prompt = '';
    void control.terminal(session, 'line', text).then((sent) => {
      if (!sent) ready(PROMPT);
    });
  };

  const injectFault = async (command: string): Promise<void> => {
    const { session: run } = useRun.getState();
    try {
      await run?.input({ kind: 'fault', command });
    } catch (error) {
      terminal.write(`${error instanceof Error ? error.message : String(error)}\n`);
    }
    terminal.write(drawn());
  };

  const ready = (next: string): void => {
    terminal.write(erase());
    busy = false;
    prompt = next;
    terminal.write(drawn());
    const [command, ...rest] = ahead;
    ahead = rest;
    if (command !== undefined) take(`\x05\x15${command}\r`);
  };

  const complete = (): void => {
    if (busy) return;
    const { world } = useTrace.getState().model;
    const found = completeLine(line.text.slice(0, line.cursor), world);
    if (found.insert !== '') redraw(() => (line = insert(line, found.insert)));
    else if (found.choices.length > 1)
      terminal.write(`${erase()}${dim(prompt)}${line.text}\n${columns(found.choices, terminal.cols)}\n${drawn()}`);
  };

  const take = (data: string): void => {
    const before = erase();
    const typed = type(line, data);
    const finished = typed.effects.some((effect) => effect.kind === 'line' || effect.kind === 'interrupt');
    if (!finished) {
      line = typed.state;
      terminal.write(before + drawn());
      typed.effects.forEach(act);
      return;
    }
    // A finished line stays on the screen as it was typed; several pasted lines one after the other.
    for (const effect of typed.effects) {
      if (effect.kind === 'line') {
        line = { ...line, text: effect.text, cursor: effect.text.length };
        terminal.write(`${before}${drawn()}\n`);
        partial = '';
      }
      line = { ...typed.state, text: '', cursor: 0 };
      act(effect);
    }
    line = typed.state;
  };

  const typing = terminal.onData(take);
  const leave = joinTerminal(session, {
    output: (text) => {
      const before = erase();
      const whole = partial + text;
      const end = Math.max(whole.lastIndexOf('\n'), whole.lastIndexOf('\r')) + 1;
      partial = whole.slice(end);
      terminal.write(before + whole.slice(0, end) + drawn());
    },
    prompt: (text) => ready(text === '' ? PROMPT : text),
    exit: () => {
      ready(PROMPT);
      closeTerminal(session);
    },
  });
  const typist = (lines: readonly string[]): void => {
    ahead = [...ahead, ...lines];
    if (busy)
      useView.getState().set({ toast: { text: 'It runs when the command in the terminal ends: Ctrl-C', bad: false } });
    else ready(prompt);
  };

  const size = (): void => {
    const wanted = fit.proposeDimensions();
    if (wanted === undefined || !Number.isSafeInteger(wanted.rows) || !Number.isSafeInteger(wanted.cols)) return;
    terminal.resize(Math.max(COLUMNS, wanted.cols), Math.max(2, wanted.rows));
  };
  const watcher = new ResizeObserver(size);
  watcher.observe(place);
  void document.fonts.ready.then(size);
  terminal.write(drawn());

  return {
    paint: () => {
      terminal.options.theme = colours(place);
    },
    toFront(front) {
      if (!front) return;
      size();
      setTypist(typist);
    },
    dispose() {
      setTypist(undefined);
      watcher.disconnect();
      leave();
      typing.dispose();
      terminal.dispose();
    },
  };
}

/** Ends a session; the last one only starts anew. */
function closeTerminal(session: number): void {
  const { sessions, set } = useView.getState();
  void control.terminal(session, 'close', '');
  const rest = sessions.filter((one) => one !== session);
  if (rest.length > 0) set({ sessions: rest, left: { kind: 'terminal', session: rest.at(-1) ?? 1 } });
}

/** Without colours and other sequences, which take no room. */
function bare(text: string): string {
  return text.replaceAll(/\x1b\[[\d;?]*[@-~]/g, '');
}

function dim(text: string): string {
  return text === '' ? '' : `\x1b[90m${text}\x1b[39m`;
}

function columns(choices: readonly string[], width: number): string {
  const wide = Math.max(...choices.map((choice) => choice.length)) + 2;
  const across = Math.max(1, Math.floor(width / wide));
  const rows: string[] = [];
  for (let i = 0; i < choices.length; i += across)
    rows.push(
      choices
        .slice(i, i + across)
        .map((choice) => choice.padEnd(wide))
        .join(''),
    );
  return rows.join('\n');
}

/** The terminal follows the theme; its 16 colours are the tokens nearest to them. */
function colours(element: Element): Record<string, string> {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const accent = token('accent');
  return {
    background: token('term-ground'),
    foreground: token('ink'),
    cursor: accent,
    cursorAccent: token('term-ground'),
    scrollbarSliderBackground: `${token('line-strong')}80`,
    scrollbarSliderHoverBackground: token('line-strong'),
    scrollbarSliderActiveBackground: token('ink-3'),
    selectionBackground: `${accent}40`,
    red: token('fault'),
    green: token('ok'),
    yellow: token('kubelet-edge'),
    blue: token('api-edge'),
    magenta: token('raft-edge'),
    cyan: token('watch-edge'),
    white: token('ink-2'),
    black: token('ink'),
    brightBlack: token('ink-3'),
    brightRed: token('fault'),
    brightGreen: token('ok'),
    brightYellow: token('kubelet-edge'),
    brightBlue: token('api-edge'),
    brightMagenta: token('raft-edge'),
    brightCyan: token('watch-edge'),
    brightWhite: token('ink'),
  };
}
