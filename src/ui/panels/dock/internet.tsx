import { useState, type ReactNode } from 'react';
import { instant, span } from '../../graph/time-text.ts';
import { control, useRun } from '../../session/control.ts';
import { PREFIX, readAs } from '../../stores/parse.ts';
import { useSlowTick } from '../../stores/use-world.ts';
import { useTrace } from '../../stores/trace-store.ts';
import type { World } from '../../stores/world.ts';
import css from './dock.module.css';

interface Door {
  readonly label: string;
  readonly port: number;
}

/** Services that can be reached from outside, through any node. */
function nodePorts(world: World): Door[] {
  const doors: Door[] = [];
  for (const stored of world.objects.values()) {
    if (!stored.key.startsWith(PREFIX.services)) continue;
    const service = readAs('services', stored);
    for (const port of service.spec?.ports ?? [])
      if (port.nodePort !== undefined && port.nodePort !== 0)
        doors.push({ label: `${service.metadata?.name} :${port.nodePort}`, port: port.nodePort });
  }
  return doors;
}

const SHOWN = 30;

/** Somebody out there opens an address. What comes back is text and is shown as text. */
export function Internet(): ReactNode {
  useSlowTick(6);
  const machines = useRun((run) => run.machines);
  const [typed, setUrl] = useState<string>();
  const { world, history } = useTrace.getState().model;
  const workers = machines.filter((machine) => machine.role === 'worker');
  const doors = nodePorts(world);
  const [door] = doors;
  const [worker] = workers;
  const url = typed ?? (door === undefined || worker === undefined ? '' : `http://${worker.ip}:${door.port}/`);
  const answers = history.answers.items.slice(-SHOWN).reverse();
  const open = (address: string): void => {
    setUrl(address);
    if (address.trim() !== '') void control.visit(address.trim());
  };
  return (
    <div className={css.scroll}>
      <form
        className={css.visit}
        onSubmit={(event) => {
          event.preventDefault();
          open(url);
        }}
      >
        <select
          aria-label="node port"
          value=""
          onChange={(event) => setUrl(event.target.value)}
          disabled={doors.length === 0}
        >
          <option value="">{doors.length === 0 ? 'no NodePort yet' : 'NodePort'}</option>
          {doors.flatMap((door) =>
            workers.map((worker) => (
              <option key={`${worker.name} ${door.port}`} value={`http://${worker.ip}:${door.port}/`}>
                {door.label} on {worker.name}
              </option>
            )),
          )}
        </select>
        <input
          aria-label="address"
          placeholder="http://10.0.0.21:30080/"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
          spellCheck={false}
        />
        <button type="submit" className={css.button}>
          Open
        </button>
      </form>
      {answers.length === 0 && (
        <p className={css.empty}>
          Nobody on the internet has asked for anything yet. A Service of type NodePort can be opened here.
        </p>
      )}
      {answers.map((answer, i) => (
        <article key={`${answer.at} ${i}`} className={css.answer}>
          <span className={answer.error === undefined ? '' : css.lost}>
            <time className={css.mono}>{instant(answer.at)}</time> {answer.url} <b>{answer.error ?? answer.status}</b>{' '}
            <span className={css.mono}>in {span(answer.took)}</span>
          </span>
          {answer.body !== undefined && <pre tabIndex={0}>{answer.body}</pre>}
        </article>
      ))}
    </div>
  );
}
