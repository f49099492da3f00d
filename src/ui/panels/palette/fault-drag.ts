import type { PointerEvent as ReactPointerEvent } from 'react';
import { faultKind } from '../../graph/fault-kinds.ts';
import { control } from '../../session/control.ts';
import { useTrace } from '../../stores/trace-store.ts';
import { targetName, useView, type Target } from '../../stores/view-store.ts';

const STARTS_AFTER = 5;

/** Carries a fault from the palette to whatever it is let go over. Works for mouse, pen and touch. */
export function startFaultDrag(fault: string, event: ReactPointerEvent<HTMLElement>): void {
  if (event.button !== 0) return;
  const start = { x: event.clientX, y: event.clientY };
  const source = event.currentTarget;
  const { set } = useView.getState();
  let moving = false;
  const move = (moved: PointerEvent): void => {
    if (!moving && Math.hypot(moved.clientX - start.x, moved.clientY - start.y) < STARTS_AFTER) return;
    if (!moving) source.blur();
    moving = true;
    const over = targetAt(moved.clientX, moved.clientY, fault);
    set({ drag: { fault, x: moved.clientX, y: moved.clientY, ...(over === undefined ? {} : { over }) } });
  };
  const stop = (): void => {
    removeEventListener('pointermove', move);
    removeEventListener('pointerup', up);
    removeEventListener('pointercancel', stop);
    removeEventListener('keydown', key, true);
    set({ drag: undefined });
  };
  const up = (): void => {
    const { drag } = useView.getState();
    stop();
    if (!moving) return;
    const swallow = (click: MouseEvent): void => click.stopPropagation();
    source.addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => source.removeEventListener('click', swallow, { capture: true }), 50);
    if (drag?.over !== undefined) applyFault(fault, drag.over);
  };
  const key = (pressed: KeyboardEvent): void => {
    if (pressed.key !== 'Escape') return;
    pressed.stopPropagation();
    stop();
  };
  addEventListener('pointermove', move);
  addEventListener('pointerup', up);
  addEventListener('pointercancel', stop);
  addEventListener('keydown', key, true);
}

/** Puts a fault on a target; says so, or says why not. */
export function applyFault(name: string, target: Target): void {
  const fault = faultKind(name);
  if (fault === undefined) return;
  const { world } = useTrace.getState().model;
  const command = fault.command(target, world);
  const { set } = useView.getState();
  set({ armed: undefined });
  if (command === undefined)
    set({ toast: { text: `${fault.label} cannot be put on ${targetName(target)}`, bad: true } });
  else void control.fault(command, `${fault.label}: ${targetName(target)}`);
}

/** What lies under the pointer, the innermost thing that the fault can be put on. */
function targetAt(x: number, y: number, fault: string): Target | undefined {
  const kind = faultKind(fault);
  if (kind === undefined) return undefined;
  const { world } = useTrace.getState().model;
  for (const element of document.elementsFromPoint(x, y)) {
    const marked = element.closest<HTMLElement | SVGElement>('[data-target]');
    const target = marked === null ? undefined : readTarget(marked);
    if (target === undefined || !kind.on.includes(target.kind)) continue;
    const whole = wholeMachine(kind.name, target);
    if (kind.command(whole, world) !== undefined) return whole;
  }
  return undefined;
}

/** Some faults befall a machine whatever part of it they are dropped on. */
function wholeMachine(fault: string, target: Target): Target {
  if (fault === 'kill' || fault === 'pause' || fault === 'slow' || target.kind === 'link' || target.kind === 'object')
    return target;
  return { kind: 'machine', host: target.host };
}

export function readTarget(element: HTMLElement | SVGElement): Target | undefined {
  const text = element.dataset['target'] ?? '';
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  switch (text.slice(0, colon)) {
    case 'machine':
      return { kind: 'machine', host: rest };
    case 'component': {
      const [host = '', program = ''] = rest.split('/');
      return { kind: 'component', host, program };
    }
    case 'link': {
      const [a = '', b = ''] = rest.split('|');
      return { kind: 'link', a, b };
    }
    case 'pod':
      return { kind: 'pod', uid: rest, key: element.dataset['key'] ?? '', host: element.dataset['host'] ?? '' };
    default:
      return undefined;
  }
}
