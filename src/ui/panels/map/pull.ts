import { useReactFlow } from '@xyflow/react';
import type { PointerEvent as ReactPointerEvent } from 'react';
import { control, useRun } from '../../session/control.ts';
import { useView, type Pull } from '../../stores/view-store.ts';

const LIFTS_AFTER = 6;
/** How far away counts as "away from the others", in pixels of the screen. */
const CUTS_AFTER = 56;

/** Dragging a machine away from the others cuts it off when it is let go; Shift and Alt cut one direction only, Escape puts it back. */
export function usePull(host: string): (event: ReactPointerEvent) => void {
  const { screenToFlowPosition } = useReactFlow();
  return (event) => {
    if (event.button !== 0 || useView.getState().drag !== undefined) return;
    const start = { x: event.clientX, y: event.clientY };
    // The map takes the whole page while something is lifted: the card is held by the same point of it.
    const grip = screenToFlowPosition(start);
    const { set } = useView.getState();
    let lifted = false;
    let far = 0;
    const move = (moved: {
      readonly clientX: number;
      readonly clientY: number;
      readonly shiftKey: boolean;
      readonly altKey: boolean;
    }): void => {
      far = Math.hypot(moved.clientX - start.x, moved.clientY - start.y);
      if (!lifted && far < LIFTS_AFTER) return;
      lifted = true;
      const at = screenToFlowPosition({ x: moved.clientX, y: moved.clientY });
      set({
        pull: { host, dx: at.x - grip.x, dy: at.y - grip.y, direction: directionOf(moved), far: far >= CUTS_AFTER },
      });
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
      if (cut && pull?.far === true)
        void control.fault(
          partitionCommand(
            pull,
            useRun.getState().machines.map((machine) => machine.name),
          ),
          `${host} is cut off`,
        );
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
