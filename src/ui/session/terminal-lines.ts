import { useView } from '../stores/view-store.ts';
import { useRun } from './control.ts';

type Typist = (lines: readonly string[]) => void;
let typist: Typist | undefined;
let waiting: readonly string[] = [];

/** The terminal in front tells how lines are typed into it. */
export function setTypist(next: Typist | undefined): void {
  typist = next;
  if (next === undefined || waiting.length === 0) return;
  const lines = waiting;
  waiting = [];
  next(lines);
}

/** Types lines into the terminal in front, as a person would: they are seen, and in its history. */
export function runInTerminal(lines: readonly string[]): void {
  const { left, sessions, set } = useView.getState();
  if (useRun.getState().session === undefined) {
    set({ toast: { text: 'The cluster is still starting', bad: false } });
    return;
  }
  if (left.kind !== 'terminal') set({ left: { kind: 'terminal', session: sessions[0] ?? 1 } });
  if (typist === undefined || left.kind !== 'terminal') waiting = [...waiting, ...lines];
  else typist(lines);
}
