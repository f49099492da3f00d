import type { IconName } from '../app/icons.tsx';
import { etcdLeader, leaseHolder, processOf } from '../stores/leaders.ts';
import { objectOf, partsOfKey, PREFIX } from '../stores/parse.ts';
import { podsOf, type PodShape } from '../stores/pods.ts';
import type { Target } from '../stores/view-store.ts';
import type { StoredObject, World } from '../stores/world.ts';

/** What the inspector is about. */
export interface Subject {
  readonly target: Target;
  readonly title: string;
  readonly under: string;
  readonly icon: IconName;
  readonly shape?: PodShape;
  readonly leads: boolean;
  /** The etcd key of the object behind it. */
  readonly key?: string;
  readonly stored?: StoredObject;
  readonly uid?: string;
  readonly host?: string;
  /** Processes whose output is its log. */
  readonly processes: readonly string[];
  readonly involved?: { readonly name?: string; readonly uid?: string; readonly kind?: string };
}

export function subjectOf(world: World, target: Target): Subject {
  switch (target.kind) {
    case 'pod':
      return podSubject(world, target);
    case 'machine':
      return machineSubject(world, target);
    case 'component':
      return componentSubject(world, target);
    case 'link':
      return {
        target,
        title: `${target.a} — ${target.b}`,
        under: 'the link between them',
        icon: 'partition',
        leads: false,
        processes: [],
      };
    case 'object':
      return objectSubject(world, target);
  }
}

function podSubject(world: World, target: Extract<Target, { kind: 'pod' }>): Subject {
  const view = podsOf(world).find((pod) => pod.uid === target.uid);
  const stored = world.objects.get(target.key);
  const { namespace, name } = partsOfKey(target.key);
  const sandbox = world.sandboxes.get(target.uid);
  const host = view?.node ?? target.host;
  const where = host === '' ? 'not placed yet' : `on ${host}`;
  return {
    target,
    title: view?.name ?? name,
    under:
      stored === undefined
        ? `Pod, gone from the API${sandbox?.state === 'ready' ? `, still on ${sandbox.node}` : ''}`
        : `Pod in ${namespace ?? ''}, ${where}`,
    icon: 'registry',
    shape: view?.shape ?? 'done',
    leads: false,
    key: target.key,
    ...(stored === undefined ? {} : { stored }),
    uid: target.uid,
    ...(host === '' ? {} : { host }),
    processes: [...(sandbox?.containers.values() ?? [])].map((container) => `${sandbox?.node ?? ''}/${container.id}`),
    involved: { name: view?.name ?? name, kind: 'Pod' },
  };
}

function machineSubject(world: World, target: Extract<Target, { kind: 'machine' }>): Subject {
  const key = `${PREFIX.nodes}${target.host}`;
  const stored = world.objects.get(key);
  const state = world.machines.get(target.host)?.state ?? 'not yet on';
  return {
    target,
    title: target.host,
    under: `machine, ${state === 'on' ? 'running' : state}`,
    icon: 'worker',
    leads: false,
    key,
    ...(stored === undefined ? {} : { stored }),
    host: target.host,
    processes: [...world.processes.values()]
      .filter((process) => process.host === target.host)
      .map((process) => process.id),
    involved: { name: target.host, kind: 'Node' },
  };
}

function componentSubject(world: World, target: Extract<Target, { kind: 'component' }>): Subject {
  const { host, program } = target;
  const process = processOf(world, host, program);
  const mirror = `${PREFIX.pods}kube-system/${program}-${host}`;
  const stored = world.objects.get(mirror);
  const leads =
    program === 'etcd'
      ? etcdLeader(world)?.host === host
      : leaseHolder(world, program) === host && process?.state === 'running';
  return {
    target,
    title: `${program} on ${host}`,
    under:
      process === undefined
        ? 'not started yet'
        : process.state === 'exited'
          ? `ended${process.reason === undefined ? '' : `: ${process.reason}`}`
          : `${process.state}, pid ${process.pid}`,
    icon: 'worker',
    leads,
    ...(stored === undefined ? {} : { key: mirror, stored }),
    host,
    processes: process === undefined ? [] : [process.id],
    involved: { name: `${program}-${host}`, kind: 'Pod' },
  };
}

function objectSubject(world: World, target: Extract<Target, { kind: 'object' }>): Subject {
  const stored = world.objects.get(target.key);
  const { resource, namespace, name } = partsOfKey(target.key);
  const object = stored === undefined ? undefined : objectOf(stored);
  const kind = object?.kind ?? resource;
  const uid = object?.metadata?.uid;
  return {
    target,
    title: name,
    under: `${kind}${namespace === undefined ? '' : ` in ${namespace}`}${stored === undefined ? ', deleted' : `, rv ${stored.revision}`}`,
    icon: 'registry',
    leads: false,
    key: target.key,
    ...(stored === undefined ? {} : { stored }),
    ...(uid === undefined ? {} : { uid }),
    processes: [],
    involved: { name, kind },
  };
}
