import { Door } from '../api/door.ts';
import { DEFAULT_EPOCH } from '../cluster/cluster.ts';
import { MINUTE, type Micros, type ProgramTable } from '../sim/env.ts';
import type { Session } from '../sim/session.ts';
import { bootUntilReady, createRun, goOn } from './cluster-behind.ts';
import { DoorServer } from './door-server.ts';
import { newToken } from './guard.ts';
import { listenLocally } from './listen.ts';
import type { ServeOptions } from './serve-options.ts';
import { Upgrades } from './upgrade.ts';

/** Virtual time that a cluster is given to be Ready in; then it catches up with the clock of this machine. */
const BOOT_TIME = 3 * MINUTE;

/** A running cluster with an address of the real network. */
export interface Serving {
  readonly session: Session;
  /** `http://127.0.0.1:N/T` */
  readonly address: string;
  readonly door: DoorServer;
  /** Closes the door; the run stands still and can be saved. */
  close(): Promise<void>;
}

const wallNow = (): Micros => Date.now() * 1_000;

export interface ServingOptions extends Omit<ServeOptions, 'kubeconfig' | 'recording'> {
  readonly programs?: ProgramTable;
  /** Told as soon as there is an address; until every node is Ready it answers 503. Throws when the port cannot be had. */
  readonly listening?: (address: string) => void;
}

/** Resolves when every node is Ready. */
export async function startServing(options: ServingOptions): Promise<Serving> {
  // At full speed the cluster's clock soon leaves every real one behind, so it may as well begin where tests do.
  const epoch = options.speed === Infinity ? DEFAULT_EPOCH : wallNow() - BOOT_TIME;
  let open = false;
  const { topology, seed, speed, programs } = options;
  const session: Session = createRun({ topology, seed, epoch, programs, hear: (text) => door.hear(text) });
  const token = options.token ?? newToken();
  const door = new DoorServer(
    {
      send: (input) => {
        if (open) void session.input({ kind: 'text', process: Door.process, text: JSON.stringify(input) });
      },
      closed: () => (open ? undefined : 'the cluster behind this door is not up'),
    },
    token,
  );
  new Upgrades(door);
  const address = `http://127.0.0.1:${await listenLocally(door.server, options.port)}/${token}`;
  options.listening?.(address);
  await bootUntilReady(session, topology);
  await goOn(session, epoch, wallNow(), speed);
  open = true;
  return {
    session,
    address,
    door,
    async close() {
      await door.close();
      open = false;
      await session.pause();
    },
  };
}
