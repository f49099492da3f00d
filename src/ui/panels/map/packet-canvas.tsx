import { useStoreApi } from '@xyflow/react';
import { useEffect, useRef, type ReactNode } from 'react';
import { lifted, type Layout } from '../../graph/layout.ts';
import { drawScene, readInk, type Ink } from '../../graph/draw.ts';
import { useRun } from '../../session/control.ts';
import { SPARE_FRAME } from '../../session/pump.ts';
import { useTrace } from '../../stores/trace-store.ts';
import { useView, type Pull } from '../../stores/view-store.ts';
import css from './map.module.css';

/** The one canvas: packets, cuts' bursts, queues, warmth and the arcs of election timers. */
export function PacketCanvas(): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const flow = useStoreApi();
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (element === null || context === null || context === undefined) return undefined;
    let ink: Ink | undefined;
    let inkOf = '';
    let frame = 0;
    let drawn = -Infinity;
    const reduced = matchMedia('(prefers-reduced-motion: reduce)');
    const draw = (wall: number): void => {
      frame = requestAnimationFrame(draw);
      const { model, status } = useTrace.getState();
      if (status.behind && wall - drawn < SPARE_FRAME) return;
      drawn = wall;
      const { theme, playhead, belief, pull } = useView.getState();
      if (inkOf !== theme) {
        ink = readInk(element);
        inkOf = theme;
      }
      fit(element);
      const [x, y, zoom] = flow.getState().transform;
      const ratio = devicePixelRatio;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, element.width, element.height);
      context.setTransform(zoom * ratio, 0, 0, zoom * ratio, x * ratio, y * ratio);
      if (ink === undefined || playhead !== undefined) return;
      drawScene(context, {
        layout: shownLayout(useRun.getState().layout, pull),
        model,
        ink,
        wall,
        running: status.running,
        faded: belief,
        reduced: reduced.matches,
      });
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [flow]);
  return <canvas ref={canvas} className={css.canvas} aria-hidden="true" />;
}

let last: { readonly layout: Layout; readonly pull: Pull; readonly shown: Layout } | undefined;

/** Packets go to where a machine is held. One object per position: routes are kept by it. */
function shownLayout(layout: Layout, pull: Pull | undefined): Layout {
  if (pull === undefined) return layout;
  if (last?.layout !== layout || last.pull !== pull) last = { layout, pull, shown: lifted(layout, pull) };
  return last.shown;
}

function fit(element: HTMLCanvasElement): void {
  const width = Math.round(element.clientWidth * devicePixelRatio);
  const height = Math.round(element.clientHeight * devicePixelRatio);
  if (element.width !== width) element.width = width;
  if (element.height !== height) element.height = height;
}
