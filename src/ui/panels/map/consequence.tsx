import type { ReactNode, RefObject } from 'react';
import { createPortal } from 'react-dom';
import { consequenceOf, pullConsequence } from '../../graph/consequence.ts';
import { faultKind } from '../../graph/fault-kinds.ts';
import { useRun } from '../../session/control.ts';
import { useTrace } from '../../stores/trace-store.ts';
import { useView } from '../../stores/view-store.ts';
import { Icon } from '../../app/icons.tsx';
import css from './map.module.css';

/** Says what will follow before anything is let go. */
export function Consequence({ pane }: { readonly pane: RefObject<HTMLElement | null> }): ReactNode {
  const pull = useView((view) => view.pull);
  const drag = useView((view) => view.drag);
  const layout = useRun((run) => run.layout);
  const world = useTrace((state) => state.model.world);
  if (pull !== undefined) {
    const text = pullConsequence(world, layout, pull);
    return (
      <>
        <section className={css.consequence} style={{ right: '1rem', bottom: '3.25rem' }} role="status">
          <h3>{text.title}</h3>
          {text.lines.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </section>
        <footer className={css.keys}>
          <span>
            <kbd>Release</kbd>cut both ways
          </span>
          <span>
            <kbd>Shift</kbd>cut only {pull.host} → others
          </span>
          <span>
            <kbd>Alt</kbd>cut only others → {pull.host}
          </span>
          <span>
            <kbd>Esc</kbd>put it back
          </span>
          <span>
            <kbd>Tab</kbd>
            <kbd>X</kbd>
            <kbd>Enter</kbd>the same without a mouse: pick {pull.host}, X, Enter
          </span>
        </footer>
      </>
    );
  }
  const fault = drag === undefined ? undefined : faultKind(drag.fault);
  if (drag === undefined) return null;
  const text = fault === undefined || drag.over === undefined ? undefined : consequenceOf(world, fault, drag.over);
  const box = pane.current?.getBoundingClientRect();
  const left = box === undefined ? 0 : Math.min(drag.x - box.left + 18, box.width - 300);
  const top = box === undefined ? 0 : Math.min(drag.y - box.top + 26, box.height - 110);
  return (
    <>
      {createPortal(
        <div className={css.dragged} style={{ left: drag.x + 10, top: drag.y - 12 }}>
          {fault !== undefined && <Icon name={fault.icon} />}
          {fault?.label ?? drag.fault}
        </div>,
        document.body,
      )}
      {text !== undefined && (
        <section className={css.consequence} style={{ left, top }} role="status">
          <h3>{text.title}</h3>
          {text.lines.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </section>
      )}
    </>
  );
}
