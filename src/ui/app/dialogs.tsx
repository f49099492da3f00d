import { useState, type ReactNode } from 'react';
import { parseRecording } from '../../cluster/recording.ts';
import { limits } from '../../cluster/topology.ts';
import { exportRecording, openRun, optionsOf, useRun } from '../session/control.ts';
import { useView } from '../stores/view-store.ts';
import css from './app.module.css';
import { DoorDialog } from './door-dialog.tsx';
import { closeDialog, complain, download, Modal } from './modal.tsx';
import { linkTo, optionsOfRecording } from './share-link.ts';

export function Dialogs(): ReactNode {
  const dialog = useView((view) => view.dialog);
  if (dialog === 'reset') return <ResetDialog />;
  if (dialog === 'share') return <ShareDialog />;
  if (dialog === 'door') return <DoorDialog />;
  return null;
}

const STACKED = 'stacked';

function ResetDialog(): ReactNode {
  const options = useRun((run) => run.options);
  const machines = useRun((run) => run.machines);
  const count = (role: string): string => String(machines.filter((machine) => machine.role === role).length);
  const [etcd, setEtcd] = useState(count('etcd') === '0' ? STACKED : count('etcd'));
  const [seed, setSeed] = useState(String(options.seed));
  const [controlPlanes, setControlPlanes] = useState(count('control-plane'));
  const [workers, setWorkers] = useState(count('worker'));
  const start = (): void => {
    try {
      const apart: Record<string, string> = etcd === STACKED ? {} : { etcd: 'external', etcdMembers: etcd };
      const next = optionsOf(Number(seed), {
        controlPlanes: Number(controlPlanes),
        workers: Number(workers),
        ...(etcd === STACKED ? {} : { etcd: 'external', etcdMembers: Number(etcd) }),
      });
      history.replaceState(null, '', `#${new URLSearchParams({ seed, controlPlanes, workers, ...apart }).toString()}`);
      closeDialog();
      void openRun(next);
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Modal title="Start another run">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start();
        }}
      >
        <p>The same seed, machines and inputs give the same run, always.</p>
        <label>
          Seed
          <input
            type="number"
            min={0}
            max={999_999_999}
            required
            value={seed}
            onChange={(event) => setSeed(event.target.value)}
          />
        </label>
        <label>
          Control-plane machines
          <select value={controlPlanes} onChange={(event) => setControlPlanes(event.target.value)}>
            {limits.controlPlanes.map((number) => (
              <option key={number}>{number}</option>
            ))}
          </select>
        </label>
        <label>
          etcd
          <select value={etcd} onChange={(event) => setEtcd(event.target.value)}>
            <option value={STACKED}>on the control-plane machines</option>
            {limits.etcdMembers.map((number) => (
              <option key={number} value={number}>
                on {number === 1 ? 'a machine of its own' : `${number} machines of its own`}
              </option>
            ))}
          </select>
        </label>
        <label>
          Workers
          <input
            type="number"
            min={limits.workers.least}
            max={limits.workers.most}
            required
            value={workers}
            onChange={(event) => setWorkers(event.target.value)}
          />
        </label>
        <div className={css.row}>
          <button type="button" className={css.button} onClick={closeDialog}>
            Cancel
          </button>
          <button type="submit" className={`${css.button} ${css.main}`}>
            Start
          </button>
        </div>
      </form>
    </Modal>
  );
}

const FILE = 'run.kubarium.json';

function ShareDialog(): ReactNode {
  const [link, setLink] = useState('');
  const share = async (): Promise<void> => {
    const recording = await exportRecording();
    if (recording === undefined) return;
    const made = await linkTo(recording);
    setLink(made);
    await navigator.clipboard.writeText(made).catch(() => undefined);
  };
  const save = async (): Promise<void> => {
    const recording = await exportRecording();
    if (recording === undefined) return;
    download(FILE, JSON.stringify(recording, null, 1), 'application/json');
  };
  const load = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    try {
      const options = optionsOfRecording(parseRecording(await file.text()));
      closeDialog();
      await openRun(options);
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Modal title="This run">
      <p>A recording holds the seed, the machines and everything that you did. Whoever opens it sees the same run.</p>
      {link !== '' && (
        <input
          readOnly
          aria-label="link to this run"
          style={{ width: '100%' }}
          value={link}
          onFocus={(event) => event.target.select()}
        />
      )}
      <div className={css.row}>
        <label className={css.button} style={{ margin: 0, cursor: 'pointer', color: 'inherit' }}>
          Open a file
          <input
            type="file"
            accept=".json,application/json"
            className="visually-hidden"
            onChange={(event) => void load(event.target.files?.[0])}
          />
        </label>
        <button type="button" className={css.button} onClick={() => void save().catch(complain)}>
          Save as a file
        </button>
        <button type="button" className={`${css.button} ${css.main}`} onClick={() => void share().catch(complain)}>
          Copy a link
        </button>
      </div>
      <div className={css.row}>
        <button type="button" className={css.button} onClick={closeDialog}>
          Close
        </button>
      </div>
    </Modal>
  );
}
