import { useEffect } from 'react';
import { FAULTS } from '../graph/fault-kinds.ts';
import { WORKLOADS } from '../graph/workloads.ts';
import { applyFault, readTarget } from '../panels/palette/fault-drag.ts';
import { control } from '../session/control.ts';
import { stepBack } from '../session/playhead.ts';
import { runInTerminal } from '../session/terminal-lines.ts';
import { useTrace } from '../stores/trace-store.ts';
import { targetName, useView, type Target } from '../stores/view-store.ts';
import { believers } from '../graph/beliefs.ts';

/** Every drag has its key, every button of the bar too. Text fields keep theirs. */
export function useKeys(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (act(event)) event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable], dialog, .xterm, .monaco-editor') !== null
  );
}

function act(event: KeyboardEvent): boolean {
  const { set } = useView.getState();
  const running = useTrace.getState().status.running;
  const onButton = event.target instanceof HTMLElement && event.target.closest('button') !== null;
  switch (event.key) {
    case ' ':
      if (onButton) return false;
      set({ playhead: undefined });
      void (running ? control.pause() : control.resume());
      return true;
    case '.':
      set({ playhead: undefined });
      void control.step();
      return true;
    case ',':
      stepBack();
      return true;
    case 'Escape':
      set({ armed: undefined, playhead: undefined });
      return true;
    case 'Enter':
      return enter(event);
    case 'h':
      void control.fault('heal all', 'everything is healed');
      return true;
    case 'b':
      set({ belief: !useView.getState().belief });
      return true;
    case 'u':
      set({ dialog: 'door' });
      return true;
    case '[':
    case ']':
      turnBeliever(event.key === ']' ? 1 : -1);
      return true;
    default:
      return letter(event.key);
  }
}

/** A fault's key arms it on what the keyboard is on; Enter carries it out. */
function letter(key: string): boolean {
  const fault = FAULTS.find((one) => one.key === key.toLowerCase());
  if (fault !== undefined) {
    const target = currentTarget();
    const on = target === undefined ? 'Tab to a machine, a component or a link' : targetName(target);
    const { set } = useView.getState();
    set({
      armed: fault.name,
      said: `${fault.label} on ${on}: press Enter, or Escape`,
      toast: { text: `${fault.label}: ${on}. Enter does it, Escape does not.`, bad: false },
    });
    return true;
  }
  const workload = WORKLOADS.find((one) => one.key === key);
  if (workload === undefined) return false;
  runInTerminal(workload.commands);
  return true;
}

function enter(event: KeyboardEvent): boolean {
  const { armed } = useView.getState();
  if (armed === undefined) return false;
  const target = currentTarget();
  if (target === undefined) return false;
  event.stopPropagation();
  applyFault(armed, target);
  return true;
}

/** What has the keyboard, else what is selected. */
function currentTarget(): Target | undefined {
  const marked = document.activeElement?.closest<HTMLElement | SVGElement>('[data-target]');
  const focused = marked === null || marked === undefined ? undefined : readTarget(marked);
  return focused ?? useView.getState().selected;
}

function turnBeliever(step: number): void {
  const { world } = useTrace.getState().model;
  const all = believers(world);
  const { believer, set } = useView.getState();
  const at = all.findIndex((one) => one.host === believer?.host && one.program === believer.program);
  const next = all[(at + step + all.length) % Math.max(1, all.length)];
  if (next !== undefined)
    set({ believer: next, belief: true, selected: { kind: 'component', ...next }, tab: 'belief' });
}
