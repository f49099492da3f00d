import type { Micros, ProcessId } from '../../sim/env.ts';
import { PREFIX, readAs } from './parse.ts';
import type { ProcessState, World } from './world.ts';

/** Programs that elect a leader by a Lease of their own name, and how a chip calls them. */
export const COMPONENTS: Readonly<Record<string, string>> = {
  etcd: 'etcd',
  'kube-apiserver': 'apiserver',
  'kube-scheduler': 'scheduler',
  'kube-controller-manager': 'controller-manager',
  'cloud-controller-manager': 'cloud-controller-manager',
  kubelet: 'kubelet',
  'kube-proxy': 'proxy',
  containerd: 'runtime',
};

/** The host that holds a component's Lease: upstream's identity is `host_uid`. */
export function leaseHolder(world: World, component: string): string | undefined {
  const stored = world.objects.get(`${PREFIX.leases}kube-system/${component}`);
  if (stored === undefined) return undefined;
  const identity = readAs('leases', stored).spec?.holderIdentity;
  return identity === undefined || identity === '' ? undefined : identity.split('_')[0];
}

export function etcdLeader(world: World): { readonly host: string; readonly term: number } | undefined {
  let best: { host: string; term: number } | undefined;
  for (const member of world.members.values())
    if (member.role === 'leader' && isAlive(world, member.host) && (best === undefined || member.term > best.term))
      best = { host: member.host, term: member.term };
  return best;
}

function isAlive(world: World, host: string): boolean {
  return world.machines.get(host)?.state !== 'off' && processOf(world, host, 'etcd')?.state !== 'exited';
}

/** The process of a program on a host: the living one, else the one that ended last. */
export function processOf(world: World, host: string, program: string): ProcessState | undefined {
  let best: ProcessState | undefined;
  for (const process of world.processes.values()) {
    if (process.host !== host || process.program !== program) continue;
    if (best === undefined || better(process, best)) best = process;
  }
  return best;
}

function better(a: ProcessState, b: ProcessState): boolean {
  const living = Number(a.state !== 'exited') - Number(b.state !== 'exited');
  return living !== 0 ? living > 0 : a.since > b.since;
}

/** How a process is called in sentences: `kube-scheduler on cp-1`. */
export function nameOfProcess(world: World, id: ProcessId): string {
  const process = world.processes.get(id);
  const slash = id.indexOf('/');
  if (slash < 0) return id;
  return `${COMPONENTS[process?.program ?? ''] ?? process?.program ?? id.slice(slash + 1)} on ${id.slice(0, slash)}`;
}

/** The share of its election time-out that a follower has already waited. */
export function timerShare(now: Micros, heardAt: Micros, timeout: Micros): number {
  if (timeout <= 0) return 0;
  return Math.min(1, Math.max(0, (now - heardAt) / timeout));
}
