import type { Micros } from '../../sim/env.ts';
import { COMPONENTS, etcdLeader, leaseHolder, processOf } from '../stores/leaders.ts';
import { nodeReady, podsOf, type PodView } from '../stores/pods.ts';
import type { World } from '../stores/world.ts';
import { duration } from './time-text.ts';
import type { IconName } from '../app/icons.tsx';
import { faultKind } from './fault-kinds.ts';
import type { MachineInfo, Role } from './layout.ts';

/** What the map shows of one machine. The same object as before if nothing changed, so that it is drawn only then. */
export interface MachineView {
  readonly machine: MachineInfo;
  readonly state: 'on' | 'off' | 'paused' | 'waiting';
  /** The API server says that nobody has heard from its kubelet. */
  readonly silent: boolean;
  readonly headline: string;
  readonly chips: readonly ChipView[];
  readonly pods: readonly PodView[];
  readonly ring?: RingView;
  /** What is wrong with it that is not drawn otherwise. */
  readonly faults: readonly FaultMark[];
  readonly signature: string;
}

export interface FaultMark {
  readonly icon: IconName;
  readonly text: string;
}

export interface ChipView {
  readonly program: string;
  readonly label: string;
  readonly state: 'running' | 'paused' | 'exited' | 'absent';
  readonly leads: boolean;
}

export interface RingView {
  readonly state: ChipView['state'];
  readonly role: string;
  readonly leads: boolean;
  readonly term: number;
}

const CONTROL = [
  'kube-scheduler',
  'kube-apiserver',
  'kube-controller-manager',
  'cloud-controller-manager',
  'kubelet',
  'kube-proxy',
  'containerd',
];
const WORKER = ['kubelet', 'kube-proxy', 'containerd'];
/** Programs that only some clusters have: no chip before their first process. */
const OPTIONAL = new Set(['cloud-controller-manager']);

export type MapView = ReadonlyMap<string, MachineView>;

export interface ShownMap {
  readonly view: MapView;
  readonly unplaced: readonly PodView[];
}

/** Projects the world again and again, keeping what is the same. */
export function createMapViewer(): (world: World, machines: readonly MachineInfo[]) => ShownMap {
  let before: MapView = new Map();
  return (world, machines) => {
    const shown = mapViewOf(world, machines, before);
    before = shown.view;
    return shown;
  };
}

export function mapViewOf(world: World, machines: readonly MachineInfo[], before: MapView): ShownMap {
  const byNode = new Map<string, PodView[]>();
  const unplaced: PodView[] = [];
  for (const pod of podsOf(world)) {
    if (pod.node === '') unplaced.push(pod);
    else if (!pod.mirror) {
      const there = byNode.get(pod.node);
      if (there === undefined) byNode.set(pod.node, [pod]);
      else there.push(pod);
    }
  }
  const leader = etcdLeader(world);
  const etcdRole = machines.some(({ role }) => role === 'etcd') ? 'etcd' : 'control-plane';
  const view = new Map<string, MachineView>();
  for (const machine of machines) {
    const fresh = machineView(world, machine, byNode.get(machine.name) ?? [], leader?.host, etcdRole);
    const old = before.get(machine.name);
    view.set(machine.name, old !== undefined && old.signature === fresh.signature ? old : fresh);
  }
  return { view, unplaced };
}

function machineView(
  world: World,
  machine: MachineInfo,
  pods: readonly PodView[],
  leader: string | undefined,
  etcdRole: Role,
): MachineView {
  const state = world.machines.get(machine.name)?.state ?? 'waiting';
  const chips = chipsOf(world, machine);
  const silent = nodeReady(world, machine.name) === 'Unknown';
  const headline = headlineOf(world, machine, state, leader);
  const ring = machine.role === etcdRole ? ringOf(world, machine, leader) : undefined;
  const faults = marksOf(world, machine.name);
  const signature = [
    state,
    silent,
    headline,
    ...chips.map((chip) => `${chip.program}${chip.state}${chip.leads}`),
    ...(ring === undefined ? [] : [ring.state, ring.role, ring.leads]),
    ...pods.map((pod) => `${pod.uid}${pod.shape}`),
    ...faults.map((fault) => fault.text),
  ].join(' ');
  return { machine, state, silent, headline, chips, pods, faults, signature, ...(ring === undefined ? {} : { ring }) };
}

/** Cuts are drawn on the links; a machine without power or paused looks so. */
const DRAWN: ReadonlySet<string> = new Set(['partition', 'power-off', 'pause', 'torn-write']);

function marksOf(world: World, host: string): FaultMark[] {
  const marks: FaultMark[] = [];
  for (const { command, targets, text } of world.faults.values()) {
    const verb = command.split(/\s/)[0] ?? '';
    const icon = faultKind(verb)?.icon;
    const concerned = targets.some((target) => target === host || target.startsWith(`${host}/`));
    if (icon !== undefined && concerned && !DRAWN.has(verb)) marks.push({ icon, text });
  }
  return marks;
}

function chipsOf(world: World, machine: MachineInfo): ChipView[] {
  const programs = machine.role === 'control-plane' ? CONTROL : machine.role === 'worker' ? WORKER : [];
  const chips: ChipView[] = [];
  for (const program of programs) {
    const state = processOf(world, machine.name, program)?.state ?? 'absent';
    if (state === 'absent' && OPTIONAL.has(program)) continue;
    const leads = program !== 'kube-apiserver' && state === 'running' && leaseHolder(world, program) === machine.name;
    chips.push({ program, label: COMPONENTS[program] ?? program, state, leads });
  }
  return chips;
}

function ringOf(world: World, machine: MachineInfo, leader: string | undefined): RingView {
  const member = world.members.get(machine.name);
  const state = processOf(world, machine.name, 'etcd')?.state ?? 'absent';
  return { state, role: member?.role ?? 'follower', leads: leader === machine.name, term: member?.term ?? 0 };
}

function headlineOf(
  world: World,
  machine: MachineInfo,
  state: MachineView['state'],
  leader: string | undefined,
): string {
  const since: Micros = world.machines.get(machine.name)?.since ?? 0;
  if (state === 'off') return `off for ${duration(world.now - since)}`;
  if (state === 'paused') return `paused for ${duration(world.now - since)}`;
  if (leader === machine.name) return `term ${world.members.get(machine.name)?.term ?? 0}`;
  return machine.ip;
}
