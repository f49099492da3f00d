import { useReactFlow } from '@xyflow/react';
import type { PointerEvent as ReactPointerEvent } from 'react';
import { control, useRun } from '../../session/control.ts';
import { useView, type Pull } from '../../stores/view-store.ts';

const LIFTS_AFTER = 6;
/** How far away counts as "away from the others", in map units. */
const CUTS_AFTER = 46;

/** Dragging a machine away from the others cuts it off when it is let go; Shift and Alt cut one direction only, Escape puts it back. */
export function usePull(host: string): (event: ReactPointerEvent) => void {
  const { getZoom } = useReactFlow();
  return (event) => {
    if (event.button !== 0 || useView.getState().drag !== undefined) return;
    const start = { x: event.clientX, y: event.clientY };
    const { set } = useView.getState();
    let lifted = false;
    const move = (moved: PointerEvent): void => {
      const dx = moved.clientX - start.x;
      const dy = moved.clientY - start.y;
      if (!lifted && Math.hypot(dx, dy) < LIFTS_AFTER) return;
      lifted = true;
      const zoom = getZoom();
      set({ pull: { host, dx: dx / zoom, dy: dy / zoom, direction: directionOf(moved) } });
    };
    const end = (cut: boolean) => (): void => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', up);
      removeEventListener('pointercancel', back);
      removeEventListener('keydown', key, true);
      const { pull } = useView.getState();
      set({ pull: undefined });
      if (!lifted) return;
      swallowClick();
      if (cut && pull !== undefined && cutsOff(pull)) void control.fault(partitionCommand(pull, useRun.getState().machines.map((machine) => machine.name)), `${host} is cut off`);
    };
    const up = end(true);
    const back = end(false);
    const key = (pressed: KeyboardEvent): void => {
      if (pressed.key === 'Escape') {
        pressed.stopPropagation();
        back();
        return;
      }
      const { pull } = useView.getState();
      if (pull !== undefined) set({ pull: { ...pull, direction: directionOf(pressed) } });
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', up);
    addEventListener('pointercancel', back);
    addEventListener('keydown', key, true);
  };
}

export function cutsOff(pull: Pull): boolean {
  return Math.hypot(pull.dx, pull.dy) >= CUTS_AFTER;
}

/** One direction needs all others by name. */
export function partitionCommand(pull: Pull, machines: readonly string[]): string {
  const others = machines.filter((machine) => machine !== pull.host).join(' ');
  switch (pull.direction) {
    case 'both':
      return `partition ${pull.host}`;
    case 'out':
      return `partition ${pull.host} -> ${others}`;
    case 'in':
      return `partition ${others} -> ${pull.host}`;
  }
}

function directionOf(event: { readonly shiftKey: boolean; readonly altKey: boolean }): Pull['direction'] {
  return event.shiftKey ? 'out' : event.altKey ? 'in' : 'both';
}

/** The click that ends a drag is not meant to select. */
function swallowClick(): void {
  const swallow = (event: MouseEvent): void => event.stopPropagation();
  addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener('click', swallow, { capture: true }), 50);
}
