import { useState, type ReactNode } from 'react';
import { Icon } from '../../app/icons.tsx';
import { FAULT_GROUPS, FAULTS, type FaultGroup } from '../../graph/fault-kinds.ts';
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
  return (
    <nav className={css.palette} aria-label="palette">
      {FAULT_GROUPS.map((group) => (
        <Group key={group} group={group} armed={armed} />
      ))}
      <Broken />
      <h2>Workloads</h2>
      <ul className={css.pair}>
        {WORKLOADS.map((workload) => (
          <li key={workload.label}>
            <button
              type="button"
              className={`${css.item} ${css.plain}`}
              aria-keyshortcuts={workload.key}
              aria-label={workload.label}
              title={[workload.label, ...workload.commands].join('\n')}
              onClick={() => runInTerminal(workload.commands)}
            >
              <Icon name={workload.icon} />
              <span>{workload.word}</span>
              <kbd>{workload.key}</kbd>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Group({ group, armed }: { readonly group: FaultGroup; readonly armed: string | undefined }): ReactNode {
  const set = useView((view) => view.set);
  return (
    <>
      <h2>{group}</h2>
      <ul className={css.pair}>
        {FAULTS.filter((fault) => fault.group === group).map((fault) => (
          <li key={fault.name}>
            <button
              type="button"
              className={`${css.item} ${armed === fault.name ? css.armed : ''}`}
              aria-pressed={armed === fault.name}
              aria-label={fault.label}
              aria-keyshortcuts={fault.key.toUpperCase()}
              title={`${fault.label}: drag it onto the map, or press ${fault.key.toUpperCase()}`}
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
              <span>{fault.word}</span>
              <kbd>{fault.key.toUpperCase()}</kbd>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Two columns and three rows, of which one place is for healing all. */
const FIT = 5;

/** What is broken now, each with its way back. */
function Broken(): ReactNode {
  const world = useWorld('faults');
  useTick('faults');
  const [all, setAll] = useState(false);
  const faults = [...world.faults.values()];
  if (faults.length === 0) return null;
  const shown = all || faults.length <= FIT ? faults : faults.slice(0, FIT - 1);
  return (
    <>
      <h2>Broken now</h2>
      <ul className={css.pair}>
        {shown.map((fault) => (
          <li key={fault.id}>
            <button
              type="button"
              className={`${css.item} ${css.plain} ${css.live}`}
              title={`${fault.text}. Heal it`}
              aria-label={`Heal: ${fault.text}`}
              onClick={() => void control.fault(`heal ${fault.id}`, `healed: ${fault.text}`)}
            >
              {iconOf(fault.command)}
              <span>{fault.targets.map((target) => target.replace(/^.*\//, '')).join(', ')}</span>
            </button>
          </li>
        ))}
        {shown.length < faults.length && (
          <li>
            <button type="button" className={`${css.item} ${css.plain}`} onClick={() => setAll(true)}>
              <span>{faults.length - shown.length} more</span>
            </button>
          </li>
        )}
        {faults.length > 1 && (
          <li>
            <button
              type="button"
              className={`${css.item} ${css.plain}`}
              aria-label="Heal all"
              aria-keyshortcuts="H"
              onClick={() => void control.fault('heal all', 'everything is healed')}
            >
              <Icon name="heal" />
              <span>Heal</span>
              <kbd>H</kbd>
            </button>
          </li>
        )}
      </ul>
    </>
  );
}

function iconOf(command: string): ReactNode {
  const fault = FAULTS.find((one) => one.name === command.split(/\s/)[0]);
  return <Icon name={fault?.icon ?? 'heal'} />;
}
