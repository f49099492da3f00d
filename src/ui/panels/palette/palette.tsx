import { useState, type ReactNode } from 'react';
import { Icon } from '../../app/icons.tsx';
import { FAULTS } from '../../graph/fault-kinds.ts';
import { WORKLOADS } from '../../graph/workloads.ts';
import { control } from '../../session/control.ts';
import { runInTerminal } from '../../session/terminal-lines.ts';
import { useTick, useWorld } from '../../stores/use-world.ts';
import { useView } from '../../stores/view-store.ts';
import { startFaultDrag } from './fault-drag.ts';
import css from './palette.module.css';

/** Everything that can be done to the cluster: dragged onto the map, or by its key. */
export function Palette(): ReactNode {
  const armed = useView((view) => view.armed ?? view.drag?.fault);
  const set = useView((view) => view.set);
  return (
    <nav className={css.palette} aria-label="palette">
      <h2>Faults</h2>
      <ul>
        {FAULTS.map((fault) => (
          <li key={fault.name}>
            <button
              type="button"
              className={`${css.item} ${armed === fault.name ? css.armed : ''}`}
              aria-pressed={armed === fault.name}
              aria-keyshortcuts={fault.key.toUpperCase()}
              data-fault={fault.name}
              onPointerDown={(event) => startFaultDrag(fault.name, event)}
              onClick={() =>
                set({
                  armed: armed === fault.name ? undefined : fault.name,
                  said: `${fault.label} is armed: choose a target and press Enter`,
                })
              }
            >
              <Icon name={fault.icon} />
              <span>{fault.label}</span>
              <kbd>{fault.key.toUpperCase()}</kbd>
            </button>
          </li>
        ))}
      </ul>
      <Broken />
      <h2>Workloads</h2>
      <ul>
        {WORKLOADS.map((workload) => (
          <li key={workload.label}>
            <button
              type="button"
              className={`${css.item} ${css.plain}`}
              aria-keyshortcuts={workload.key}
              title={workload.commands.join('\n')}
              onClick={() => runInTerminal(workload.commands)}
            >
              <Icon name={workload.icon} />
              <span>{workload.label}</span>
              <kbd>{workload.key}</kbd>
            </button>
          </li>
        ))}
      </ul>
      <p className={css.hint}>Drag onto the map, or press the key.</p>
    </nav>
  );
}

const SHOWN = 5;

/** What is broken now, each with its way back. */
function Broken(): ReactNode {
  const world = useWorld('faults');
  useTick('faults');
  const [all, setAll] = useState(false);
  const faults = [...world.faults.values()];
  if (faults.length === 0) return null;
  return (
    <>
      <h2>Broken now</h2>
      <ul>
        {(all ? faults : faults.slice(0, SHOWN)).map((fault) => (
          <li key={fault.id}>
            <button
              type="button"
              className={`${css.item} ${css.plain} ${css.live}`}
              title={`${fault.text}. Heal it`}
              aria-label={`Heal: ${fault.text}`}
              onClick={() => void control.fault(`heal ${fault.id}`, `healed: ${fault.text}`)}
            >
              <Icon name="heal" />
              <span>{fault.targets.map((target) => target.replace(/^.*\//, '')).join(', ')}</span>
              {iconless(fault.command)}
            </button>
          </li>
        ))}
        <li>
          {faults.length > SHOWN && !all ? (
            <button type="button" className={`${css.item} ${css.plain}`} onClick={() => setAll(true)}>
              <span>{faults.length - SHOWN} more</span>
            </button>
          ) : (
            faults.length > 1 && (
              <button
                type="button"
                className={`${css.item} ${css.plain}`}
                aria-keyshortcuts="H"
                onClick={() => void control.fault('heal all', 'everything is healed')}
              >
                <Icon name="heal" />
                <span>Heal all</span>
                <kbd>H</kbd>
              </button>
            )
          )}
        </li>
      </ul>
    </>
  );
}

function iconless(command: string): ReactNode {
  const fault = FAULTS.find((one) => one.name === command.split(/\s/)[0]);
  return fault === undefined ? null : <Icon name={fault.icon} />;
}
