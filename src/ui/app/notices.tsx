import { useEffect, type ReactNode } from 'react';
import { openRun, optionsOf, useRun } from '../session/control.ts';
import type { Failure } from '../session/hub.ts';
import { nodeReady } from '../stores/pods.ts';
import { useSlowTick } from '../stores/use-world.ts';
import { useTrace } from '../stores/trace-store.ts';
import { useView } from '../stores/view-store.ts';
import css from './app.module.css';

export function FailureCard({ failure }: { readonly failure: Failure }): ReactNode {
  const options = useRun((run) => run.options);
  const set = useView((view) => view.set);
  return (
    <section className={css.failure} role="alert">
      <h2>{failure.title}</h2>
      <p>{failure.text}</p>
      {failure.detail !== undefined && <pre>{failure.detail}</pre>}
      <div>
        <button
          type="button"
          className={`${css.button} ${css.main}`}
          onClick={() => void openRun(optionsOf(options.seed, options.topology))}
        >
          Start again
        </button>
        <button type="button" className={css.button} onClick={() => set({ dialog: 'reset' })}>
          Another seed or size
        </button>
      </div>
    </section>
  );
}

/** While the cluster boots: how far it is. */
export function BootNote(): ReactNode {
  useSlowTick(6);
  const machines = useRun((run) => run.machines);
  const session = useRun((run) => run.session);
  const { world } = useTrace.getState().model;
  const nodes = machines.filter((machine) => machine.role === 'control-plane' || machine.role === 'worker');
  const ready = nodes.filter((machine) => nodeReady(world, machine.name) !== '').length;
  if (ready === nodes.length) return null;
  const text =
    session === undefined
      ? 'Starting the workers'
      : world.revision === 0
        ? 'Machines are on: etcd and the API servers start'
        : `${ready} of ${nodes.length} nodes have joined`;
  return (
    <div className={css.boot} role="status">
      {text}
    </div>
  );
}

const SHOWN_FOR = 4_000;

export function Toast(): ReactNode {
  const toast = useView((view) => view.toast);
  const set = useView((view) => view.set);
  useEffect(() => {
    if (toast === undefined) return undefined;
    const timer = setTimeout(() => set({ toast: undefined }), toast.bad ? SHOWN_FOR * 2 : SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [toast, set]);
  if (toast === undefined) return null;
  return (
    <div className={`${css.toast} ${toast.bad ? css.bad : ''}`} role={toast.bad ? 'alert' : 'status'}>
      {toast.text}
    </div>
  );
}
