import type { IconName } from '../app/icons.tsx';
import { processOf } from '../stores/leaders.ts';
import type { Target } from '../stores/view-store.ts';
import type { FaultState, World } from '../stores/world.ts';

/** A fault as the palette offers it. */
export interface FaultKind {
  readonly name: string;
  readonly label: string;
  readonly key: string;
  readonly icon: IconName;
  readonly on: readonly Target['kind'][];
  /** The words after `fault`, or undefined if it cannot be done to that. */
  readonly command: (target: Target, world: World) => string | undefined;
}

const hostOnly =
  (verb: string, rest = '') =>
  (target: Target): string | undefined => {
    const host = hostOf(target);
    return host === undefined ? undefined : `${verb} ${host}${rest}`;
  };

const between =
  (verb: string) =>
  (target: Target): string | undefined => {
    if (target.kind === 'link') return `${verb} ${target.a} | ${target.b}`;
    const host = hostOf(target);
    return host === undefined ? undefined : `${verb} ${host}`;
  };

function hostOf(target: Target): string | undefined {
  return (target.kind === 'machine' || target.kind === 'component' || target.kind === 'pod') && target.host !== ''
    ? target.host
    : undefined;
}

const NEAR_MACHINES: readonly Target['kind'][] = ['machine', 'component', 'pod'];
const ANYWHERE: readonly Target['kind'][] = [...NEAR_MACHINES, 'link'];

export const FAULTS: readonly FaultKind[] = [
  { name: 'power-off', label: 'Power off', key: 'o', icon: 'power', on: NEAR_MACHINES, command: hostOnly('power-off') },
  {
    name: 'kill',
    label: 'Kill process',
    key: 'k',
    icon: 'kill',
    on: NEAR_MACHINES,
    command: (target, world) => prefixed('kill', processId(target, world)),
  },
  {
    name: 'pause',
    label: 'Pause',
    key: 'p',
    icon: 'pause',
    on: NEAR_MACHINES,
    command: (target, world) => prefixed('pause', target.kind === 'machine' ? target.host : processId(target, world)),
  },
  { name: 'partition', label: 'Partition', key: 'x', icon: 'partition', on: ANYWHERE, command: between('partition') },
  { name: 'latency', label: 'Latency', key: 'l', icon: 'latency', on: ANYWHERE, command: between('latency 200ms') },
  { name: 'loss', label: 'Packet loss', key: 'd', icon: 'loss', on: ANYWHERE, command: between('loss 20%') },
  {
    name: 'slow-disk',
    label: 'Slow disk',
    key: 'f',
    icon: 'disk',
    on: NEAR_MACHINES,
    command: hostOnly('slow-disk', ' 500ms'),
  },
  {
    name: 'clock-skew',
    label: 'Clock skew',
    key: 'c',
    icon: 'skew',
    on: NEAR_MACHINES,
    command: hostOnly('clock-skew', ' +30s'),
  },
];

function prefixed(verb: string, what: string | undefined): string | undefined {
  return what === undefined ? undefined : `${verb} ${what}`;
}

/** The process that stands behind a target: a component's own, a site's only one, a pod's first container's. */
export function processId(target: Target, world: World): string | undefined {
  if (target.kind === 'component')
    return processOf(world, target.host, target.program) === undefined ? undefined : `${target.host}/${target.program}`;
  if (target.kind === 'machine')
    return [...world.processes.values()].find(
      (process) => process.host === target.host && process.state !== 'exited' && process.program !== 'sshd',
    )?.id;
  if (target.kind !== 'pod') return undefined;
  const containers = world.sandboxes.get(target.uid)?.containers;
  for (const container of containers?.values() ?? [])
    if (container.state === 'running') return `${target.host}/${container.id}`;
  return undefined;
}

export function faultKind(name: string): FaultKind | undefined {
  return FAULTS.find((fault) => fault.name === name);
}

export interface Cut {
  readonly a: string;
  readonly b: string;
  readonly oneWay: boolean;
}

/** The pairs of machines between which a fault lets nothing through: `partition a b | c`, `partition a -> b`, `partition a`. */
export function cutsOf(fault: FaultState, machines: readonly string[]): readonly Cut[] {
  const [verb, ...words] = fault.command
    .replace(/(\||->)/g, ' $1 ')
    .split(/\s+/)
    .filter((word) => word !== '');
  if (verb !== 'partition') return [];
  const at = words.findIndex((word) => word === '|' || word === '->');
  const left = at < 0 ? words : words.slice(0, at);
  const right = at < 0 ? machines.filter((machine) => !left.includes(machine)) : words.slice(at + 1);
  return left.flatMap((a) => right.map((b) => ({ a, b, oneWay: words[at] === '->' })));
}

/** Every link over which nothing comes: cut by a fault, or with no power at one end. */
export function cutsIn(world: World, machines: readonly string[]): Cut[] {
  const off = machines.filter((machine) => world.machines.get(machine)?.state === 'off');
  const dark = off.flatMap((a) => machines.filter((b) => b !== a).map((b): Cut => ({ a, b, oneWay: false })));
  return [...[...world.faults.values()].flatMap((fault) => cutsOf(fault, machines)), ...dark];
}
