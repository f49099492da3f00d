import { useState, type ReactNode } from 'react';
import { control, useRun } from '../session/control.ts';
import type { DoorState, OpenDoor } from '../session/door.ts';
import css from './app.module.css';
import { closeDialog, complain, download, Modal } from './modal.tsx';

/** How a kubectl, helm or client library outside the page gets at the cluster in it. */
export function DoorDialog(): ReactNode {
  const door = useRun((run) => run.door);
  return (
    <Modal title="Connect kubectl">
      <div role="status" data-door={door.kind}>
        <p>{sentence(door)}</p>
      </div>
      {(door.kind === 'yours' || door.kind === 'held') && <Address door={door} />}
      <div className={css.row}>
        {(door.kind === 'held' || door.kind === 'lost') && (
          <button type="button" className={`${css.button} ${css.main}`} onClick={() => void control.takeDoor()}>
            {door.kind === 'held' ? 'Take it over' : 'Connect again'}
          </button>
        )}
        <button type="button" className={css.button} onClick={closeDialog}>
          Close
        </button>
      </div>
    </Modal>
  );
}

function sentence(door: DoorState): string {
  switch (door.kind) {
    case 'none':
      return 'These are static files: no server is here that could let a kubectl in. In a checkout of Kubarium, npm start serves this page with a door for your own kubectl, helm and client libraries.';
    case 'without':
      return 'This run was begun without a door, and its machines cannot change. Start another run to connect a kubectl.';
    case 'connecting':
      return 'Connecting to the server of this page.';
    case 'yours':
      return 'kubectl, helm and client libraries on this computer reach the cluster in this page. What they ask is an input of the run, recorded like what you do here.';
    case 'held':
      return 'Another page has the door: what clients ask goes to the cluster there.';
    case 'lost':
      return 'The server of this page does not answer. When it runs again as another process, reload the page.';
  }
}

function Address({ door }: { readonly door: OpenDoor }): ReactNode {
  return (
    <>
      <Line label="In a shell" text={`export KUBECONFIG=${quoted(door.file)}`} />
      <Line label="Address" text={door.address} />
      <div className={css.row}>
        <button
          type="button"
          className={css.button}
          onClick={() => download('kubeconfig', door.kubeconfig, 'application/yaml')}
        >
          Download the kubeconfig
        </button>
      </div>
      <p className={css.small}>
        Who knows the address can do everything in this cluster. It works on this computer only, and while this page is
        open.
      </p>
    </>
  );
}

/** As a shell reads it. */
function quoted(path: string): string {
  return /^[A-Za-z0-9/._+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function Line({ label, text }: { readonly label: string; readonly text: string }): ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(() => setCopied(true), complain);
  };
  return (
    <div className={css.copied}>
      <label>
        {label}
        <input readOnly value={text} onFocus={(event) => event.target.select()} />
      </label>
      <button type="button" className={css.button} aria-label={`Copy: ${label}`} onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
