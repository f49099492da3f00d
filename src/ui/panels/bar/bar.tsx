import { useEffect, useState, type ReactNode } from 'react';
import { Icon, Logo } from '../../app/icons.tsx';
import { applyTheme } from '../../app/theme.ts';
import { clock, thousands } from '../../graph/time-text.ts';
import { invariants } from '../../../cluster/invariants/index.ts';
import { control, useRun } from '../../session/control.ts';
import { stepBack } from '../../session/playhead.ts';
import { useTrace } from '../../stores/trace-store.ts';
import { useView } from '../../stores/view-store.ts';
import css from './bar.module.css';

export const SPEEDS: readonly (readonly [number, string])[] = [
  [0.1, '0.1×'],
  [0.5, '0.5×'],
  [1, '1×'],
  [10, '10×'],
  [100, '100×'],
  [Infinity, 'max'],
];

export function Bar(): ReactNode {
  const set = useView((view) => view.set);
  const theme = useView((view) => view.theme);
  return (
    <header className={css.bar}>
      <div className={css.brand}>
        <Logo className={css.logo} />
        <h1>Kubarium</h1>
      </div>
      <RunName />
      <Transport />
      <Gauges />
      <DoorButton />
      <button
        type="button"
        className={css.tool}
        title="Share or save this run"
        aria-label="Share or save this run"
        onClick={() => set({ dialog: 'share' })}
      >
        <Icon name="share" />
      </button>
      <button
        type="button"
        className={css.tool}
        title="Theme"
        aria-label={`Use the ${theme === 'dark' ? 'light' : 'dark'} theme`}
        onClick={() => applyTheme(theme === 'dark' ? 'light' : 'dark')}
      >
        <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
      </button>
    </header>
  );
}

/** For how long a request that was answered at once can be seen: ms. */
const JUST_ASKED = 2_500;

/** Opens what tells how to connect; shows the clients that are connected now, or have just asked. */
function DoorButton(): ReactNode {
  const door = useRun((run) => run.door);
  const set = useView((view) => view.set);
  const asked = door.kind === 'yours' ? door.asked : 0;
  const [seen, setSeen] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => setSeen(asked), JUST_ASKED);
    return () => clearTimeout(timer);
  }, [asked]);
  const clients = door.kind === 'yours' ? Math.max(door.clients, asked > seen ? 1 : 0) : 0;
  const words = clients > 0 ? `, ${clients} connected` : door.kind === 'held' ? ', another page has the door' : '';
  return (
    <button
      type="button"
      className={`${css.tool} ${css.door} ${door.kind === 'yours' ? '' : css.shut}`}
      title={`Connect kubectl (U)${words}`}
      aria-label={`Connect kubectl${words}`}
      aria-keyshortcuts="U"
      data-clients={clients}
      onClick={() => set({ dialog: 'door' })}
    >
      <Icon name="plug" />
      {clients > 0 && <b>{clients}</b>}
    </button>
  );
}

function RunName(): ReactNode {
  const machines = useRun((run) => run.machines);
  const set = useView((view) => view.set);
  const count = (role: string): number => machines.filter((machine) => machine.role === role).length;
  return (
    <button type="button" className={css.run} title="Start another run" onClick={() => set({ dialog: 'reset' })}>
      <span>
        {count('etcd') > 0 && (
          <>
            <b>{count('etcd')}</b> +{' '}
          </>
        )}
        <b>{count('control-plane')}</b> + <b>{count('worker')}</b> machines
      </span>
      <Icon name="reset" />
    </button>
  );
}

function Transport(): ReactNode {
  const running = useTrace((state) => state.status.running);
  const speed = useTrace((state) => state.status.speed);
  const ready = useRun((run) => run.session !== undefined);
  const playhead = useView((view) => view.playhead);
  const set = useView((view) => view.set);
  return (
    <div className={css.transport}>
      <button
        type="button"
        className={css.tool}
        title="Step back (,)"
        aria-label="Step back"
        disabled={!ready}
        onClick={stepBack}
      >
        <Icon name="stepBack" />
      </button>
      <button
        type="button"
        className={`${css.tool} ${css.primary}`}
        title={running ? 'Pause (Space)' : 'Run (Space)'}
        aria-label={running ? 'Pause' : 'Run'}
        disabled={!ready}
        onClick={() => {
          set({ playhead: undefined });
          void (running ? control.pause() : control.resume());
        }}
      >
        <Icon name={running ? 'pause' : 'play'} />
      </button>
      <button
        type="button"
        className={css.tool}
        title="Step one event (.)"
        aria-label="Step one event"
        disabled={!ready}
        onClick={() => {
          set({ playhead: undefined });
          void control.step();
        }}
      >
        <Icon name="step" />
      </button>
      <div className={css.speed} role="radiogroup" aria-label="speed">
        {SPEEDS.map(([value, word]) => (
          <button
            key={word}
            type="button"
            role="radio"
            aria-checked={speed === value}
            onClick={() => void control.setSpeed(value)}
          >
            {word}
          </button>
        ))}
      </div>
      <Clock playhead={playhead} />
    </div>
  );
}

function Clock({ playhead }: { readonly playhead: number | undefined }): ReactNode {
  const now = useTrace((state) => state.status.now);
  return (
    <output
      className={`${css.clock} ${playhead === undefined ? '' : css.past}`}
      title={playhead === undefined ? 'virtual time' : 'the past you are looking at'}
      aria-live="off"
    >
      {clock(playhead ?? now)}
    </output>
  );
}

function Gauges(): ReactNode {
  const rate = useTrace((state) => thousands(state.status.eventsPerSecond));
  const seed = useRun((run) => run.options.seed);
  const broken = useTrace((state) => state.ticks.any >= 0 && state.model.checks.broken.size);
  const set = useView((view) => view.set);
  return (
    <dl className={css.gauges}>
      <div className={css.rate}>
        <dt>events/s</dt>
        <dd>{rate}</dd>
      </div>
      <div>
        <dt>seed</dt>
        <dd>{seed}</dd>
      </div>
      <div className={broken === 0 ? css.hold : css.broken}>
        <dt>
          <Icon name={broken === 0 ? 'check' : 'kill'} />
        </dt>
        <dd>
          <button type="button" onClick={() => set({ right: 'invariants' })}>
            {broken === 0 ? `${invariants.length} hold` : `${Number(broken)} broken`}
          </button>
        </dd>
      </div>
    </dl>
  );
}
