import type { IconName } from '../app/icons.tsx';
import { processOf } from '../stores/leaders.ts';
import type { Target } from '../stores/view-store.ts';
import type { FaultState, World } from '../stores/world.ts';

/** A fault as the palette offers it. */
export interface FaultKind {
  readonly name: string;
  readonly group: 'Network' | 'Machine, process' | 'Disk';
  readonly label: string;
  /** Under its group's heading this is enough. */
  readonly word: string;
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

const ETCD_LOG = ' wal';

/** In the order of the palette. */
export const FAULTS: readonly FaultKind[] = [
  {
    name: 'partition',
    group: 'Network',
    label: 'Partition',
    word: 'Cut off',
    key: 'x',
    icon: 'partition',
    on: ANYWHERE,
    command: between('partition'),
  },
  {
    name: 'one-way',
    group: 'Network',
    label: 'One-way cut',
    word: '1-way',
    key: 'w',
    icon: 'oneWay',
    on: ANYWHERE,
    command: (target) =>
      target.kind === 'link'
        ? `partition --one-way ${target.a} ${target.b}`
        : prefixed('partition --one-way', hostOf(target)),
  },
  {
    name: 'latency',
    group: 'Network',
    label: 'Latency',
    word: 'Latency',
    key: 'l',
    icon: 'latency',
    on: ANYWHERE,
    command: between('latency 200ms'),
  },
  {
    name: 'loss',
    group: 'Network',
    label: 'Packet loss',
    word: 'Loss',
    key: 'd',
    icon: 'loss',
    on: ANYWHERE,
    command: between('loss 20%'),
  },
  {
    name: 'duplicate',
    group: 'Network',
    label: 'Duplicate packets',
    word: 'Twice',
    key: 't',
    icon: 'copy',
    on: ANYWHERE,
    command: between('duplicate 30%'),
  },
  {
    name: 'power-off',
    group: 'Machine, process',
    label: 'Power off',
    word: 'Power',
    key: 'o',
    icon: 'power',
    on: NEAR_MACHINES,
    command: hostOnly('power-off'),
  },
  {
    name: 'clock-skew',
    group: 'Machine, process',
    label: 'Clock skew',
    word: 'Clock',
    key: 'c',
    icon: 'skew',
    on: NEAR_MACHINES,
    command: hostOnly('clock-skew', ' +30s'),
  },
  {
    name: 'pause',
    group: 'Machine, process',
    label: 'Pause',
    word: 'Pause',
    key: 'p',
    icon: 'pause',
    on: NEAR_MACHINES,
    command: (target, world) => prefixed('pause', wholeOrPart(target, world)),
  },
  {
    name: 'slow',
    group: 'Machine, process',
    label: 'Slow down',
    word: 'Slow',
    key: 's',
    icon: 'slow',
    on: NEAR_MACHINES,
    command: (target, world) => suffixed(prefixed('slow', wholeOrPart(target, world)), ' 20x'),
  },
  {
    name: 'kill',
    group: 'Machine, process',
    label: 'Kill process',
    word: 'Kill',
    key: 'k',
    icon: 'kill',
    on: NEAR_MACHINES,
    command: (target, world) => prefixed('kill', processId(target, world)),
  },
  {
    name: 'slow-disk',
    group: 'Disk',
    label: 'Slow disk',
    word: 'Slow',
    key: 'f',
    icon: 'disk',
    on: NEAR_MACHINES,
    command: hostOnly('slow-disk', ' 500ms'),
  },
  {
    name: 'full-disk',
    group: 'Disk',
    label: 'Full disk',
    word: 'Full',
    key: 'n',
    icon: 'full',
    on: NEAR_MACHINES,
    command: hostOnly('full-disk'),
  },
  {
    name: 'torn-write',
    group: 'Disk',
    label: 'Torn write',
    word: 'Torn',
    key: 'r',
    icon: 'torn',
    on: NEAR_MACHINES,
    command: hostOnly('torn-write'),
  },
  {
    name: 'corrupt',
    group: 'Disk',
    label: "Flip a bit of etcd's log",
    word: 'Bit flip',
    key: 'v',
    icon: 'flip',
    on: NEAR_MACHINES,
    command: (target, world) => {
      const host = hostOf(target);
      return host !== undefined && world.members.has(host) ? `corrupt ${host}/etcd${ETCD_LOG}` : undefined;
    },
  },
];

export type FaultGroup = FaultKind['group'];
export const FAULT_GROUPS: readonly FaultGroup[] = [...new Set(FAULTS.map(({ group }) => group))];

function wholeOrPart(target: Target, world: World): string | undefined {
  return target.kind === 'machine' ? target.host : processId(target, world);
}

function suffixed(command: string | undefined, rest: string): string | undefined {
  return command === undefined ? undefined : `${command}${rest}`;
}

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

/** The pairs of machines between which a fault lets nothing through: `partition a b | c`, `partition a -> b`, `partition --one-way a b`, `partition a`. */
export function cutsOf(fault: FaultState, machines: readonly string[]): readonly Cut[] {
  const [verb, ...given] = fault.command
    .replace(/(\||->)/g, ' $1 ')
    .split(/\s+/)
    .filter((word) => word !== '');
  if (verb !== 'partition') return [];
  const plain = given.filter((word) => word !== '--one-way');
  const flagged = plain.length < given.length;
  const [first = '', second = ''] = plain;
  const words = flagged && plain.length === 2 ? [first, '->', second] : plain;
  const at = words.findIndex((word) => word === '|' || word === '->');
  const left = at < 0 ? words : words.slice(0, at);
  const right = at < 0 ? machines.filter((machine) => !left.includes(machine)) : words.slice(at + 1);
  return left.flatMap((a) => right.map((b) => ({ a, b, oneWay: flagged || words[at] === '->' })));
}

/** Every link over which nothing comes: cut by a fault, or with no power at one end. */
export function cutsIn(world: World, machines: readonly string[]): Cut[] {
  const off = machines.filter((machine) => world.machines.get(machine)?.state === 'off');
  const dark = off.flatMap((a) => machines.filter((b) => b !== a).map((b): Cut => ({ a, b, oneWay: false })));
  return [...[...world.faults.values()].flatMap((fault) => cutsOf(fault, machines)), ...dark];
}
