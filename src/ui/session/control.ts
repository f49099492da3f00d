import { create } from 'zustand';
import type { JsonObject } from '../../sim/env.ts';
import type { Recording, Session, Speed } from '../../sim/session.ts';
import { machinesOf, parseTopology } from '../../cluster/topology.ts';
import { layoutOf, type Layout, type MachineInfo } from '../graph/layout.ts';
import { NO_STATUS, TERMINAL, useTrace } from '../stores/trace-store.ts';
import { useView } from '../stores/view-store.ts';
import { forgetTerminals } from './terminal-bus.ts';
import { bootCluster, replay } from './boot.ts';
import type { DoorOffer, DoorState } from './door.ts';
import type { Failure, Hub, OpenOptions } from './hub.ts';
import { browserFrame, createPump, type Pump } from './pump.ts';

/** The run that the page shows, and everything that a person can do to it. */
export interface Control {
  /** Counts the runs opened by this page. */
  readonly run: number;
  readonly options: OpenOptions;
  readonly layout: Layout;
  readonly machines: readonly MachineInfo[];
  readonly session?: Session;
  readonly failure?: Failure;
  readonly door: DoorState;
}

let offer: DoorOffer | undefined;

export const useRun = create<Control>()(() => {
  const options = optionsOf(1, {});
  const machines = machinesFor(options.topology);
  return { run: 0, options, machines, layout: layoutOf(machines), door: { kind: 'none' } };
});

let hub: Hub | undefined;
let pump: Pump | undefined;

export function optionsOf(seed: number, topology: JsonObject): OpenOptions {
  const door = offer !== undefined;
  return {
    seed,
    topology: { ...parseTopology({ door, ...topology }) },
    placement: 'workers',
    epoch: Date.now() * 1_000,
  };
}

function machinesFor(topology: JsonObject): MachineInfo[] {
  return machinesOf(parseTopology(topology)).hosts.map(({ name, ip, role }) => ({ name, ip, role }));
}

/** `door`: what the page's server offers, if it can let real clients in. */
export function setHub(connected: Hub, door: DoorOffer | undefined): void {
  hub = connected;
  offer = door;
  if (door !== undefined) useRun.setState({ door: { kind: 'connecting' } });
}

function openDoor(): void {
  if (offer !== undefined) void hub?.openDoor(offer, (door) => useRun.setState({ door }));
}

/** Ends the run that is shown and opens another. */
export async function openRun(options: OpenOptions): Promise<void> {
  const before = useRun.getState().session;
  pump?.stop();
  useTrace.getState().reset();
  forgetTerminals();
  useView.getState().set({
    playhead: undefined,
    selected: undefined,
    sessions: [1],
    left: { kind: 'terminal', session: 1 },
    entry: undefined,
  });
  try {
    const topology = options.recording?.topology ?? options.topology;
    const machines = machinesFor(topology);
    useRun.setState({
      run: useRun.getState().run + 1,
      options,
      machines,
      layout: layoutOf(machines),
      session: undefined,
      failure: undefined,
    });
    if (before !== undefined) await before.stop().catch(() => undefined);
    if (hub === undefined) return;
    const session = await hub.open(options);
    const { model, folded } = useTrace.getState();
    const taking = createPump(model, folded, browserFrame);
    pump = taking;
    await session.observe((batch, status) => taking.take(batch, status));
    useRun.setState({ session });
    useTrace.setState({ status: { ...NO_STATUS, ...(await session.status()) } });
    if (options.recording === undefined) {
      openDoor();
      await bootCluster(session, machines);
      return;
    }
    // What a client asked while a recording is had again would make another run of it.
    await replay(session, options.recording);
    openDoor();
  } catch (error) {
    failed({
      title: 'The cluster could not be started',
      text: 'Nothing was lost: start again, or choose another seed or size.',
      detail: messageOf(error),
    });
  }
}

export function failed(failure: Failure): void {
  useRun.setState({ failure });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Runs a request of the page on the session; what goes wrong is shown, never thrown. */
async function ask(action: (session: Session) => Promise<unknown>): Promise<boolean> {
  const { session } = useRun.getState();
  if (session === undefined) return false;
  try {
    await action(session);
    return true;
  } catch (error) {
    useView.getState().set({ toast: { text: messageOf(error), bad: true } });
    return false;
  }
}

/** An input for the laptop's terminal program. */
function tell(message: JsonObject): Promise<boolean> {
  return ask((session) => session.input({ kind: 'text', process: TERMINAL, text: JSON.stringify(message) }));
}

export const control = {
  pause: () => ask((session) => session.pause()),
  resume: () => ask((session) => session.resume()),
  step: () => ask((session) => session.step()),
  setSpeed: (speed: Speed) => ask((session) => session.setSpeed(speed)),
  /** As typed after `fault`. */
  async fault(command: string, said: string): Promise<boolean> {
    const done = await ask((session) => session.input({ kind: 'fault', command }));
    const text = command.startsWith('heal') ? said : `fault ${command}`;
    if (done) useView.getState().set({ said, toast: { text, bad: false } });
    return done;
  },
  terminal: (session: number, kind: 'line' | 'interrupt' | 'eof' | 'close', text: string) =>
    tell({ session, kind, text }),
  /** Opens an address as somebody on the internet would. */
  visit: (url: string) =>
    ask((session) => session.input({ kind: 'text', process: 'internet/internet', text: JSON.stringify({ url }) })),
  takeDoor: () => hub?.takeDoor(),
  file: (path: string, text: string) => tell({ session: 0, kind: 'file', path, text }),
  /** What a command wanted edited was saved, or closed without. */
  edited: (session: number, text: string | undefined) =>
    tell({ session, kind: 'edited', ...(text === undefined ? {} : { text }) }),
};

export async function exportRecording(): Promise<Recording | undefined> {
  return useRun.getState().session?.export();
}
