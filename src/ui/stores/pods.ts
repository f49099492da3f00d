import type { Pod } from '../../api/types.gen.ts';
import type { Micros } from '../../sim/env.ts';
import { PREFIX, readAs } from './parse.ts';
import type { SandboxState, StoredObject, World } from './world.ts';

/** Fill and shape of a pod's square. */
export type PodShape = 'running' | 'pending' | 'crash' | 'terminating' | 'unknown' | 'done';

export interface PodView {
  readonly uid: string;
  /** The etcd key, or '' for a pod that only its machine still knows. */
  readonly key: string;
  readonly name: string;
  readonly namespace: string;
  /** '' while it waits for a place. */
  readonly node: string;
  readonly owner: string;
  readonly shape: PodShape;
  readonly createdAt: Micros;
  /** It runs a component that the map already shows as a chip. */
  readonly mirror: boolean;
}

/** Every pod of the API, and those that still run though the API has forgotten them. */
export function podsOf(world: World): readonly PodView[] {
  const known = projected.get(world);
  if (known?.version === world.version) return known.pods;
  const pods = projectPods(world);
  projected.set(world, { version: world.version, pods });
  return pods;
}

const projected = new WeakMap<World, { readonly version: number; readonly pods: readonly PodView[] }>();

function projectPods(world: World): PodView[] {
  const views: PodView[] = [];
  const known = new Set<string>();
  for (const stored of world.pods.values()) {
    const pod = readAs('pods', stored);
    const uid = pod.metadata?.uid ?? stored.key;
    known.add(uid);
    views.push(viewOf(world, stored, pod, uid));
  }
  for (const sandbox of world.sandboxes.values())
    if (sandbox.state === 'ready' && !known.has(sandbox.uid) && !isMirrored(world, sandbox))
      views.push(orphanOf(world, sandbox));
  return views.sort((a, b) => a.createdAt - b.createdAt || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function viewOf(world: World, stored: StoredObject, pod: Partial<Pod>, uid: string): PodView {
  const node = pod.spec?.nodeName ?? '';
  const mirror = pod.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  return {
    uid,
    key: stored.key,
    name: pod.metadata?.name ?? '',
    namespace: pod.metadata?.namespace ?? '',
    node,
    owner: ownerName(pod),
    shape: shapeOf(world, pod, node, world.sandboxes.get(uid)),
    createdAt: stored.createdAt,
    mirror,
  };
}

/** A static pod's sandbox has the manifest's uid, its mirror object another one: they meet by name. */
function isMirrored(world: World, sandbox: SandboxState): boolean {
  return world.pods.has(`${PREFIX.pods}${sandbox.pod}`);
}

function orphanOf(world: World, sandbox: SandboxState): PodView {
  const slash = sandbox.pod.indexOf('/');
  const name = sandbox.pod.slice(slash + 1);
  return {
    uid: sandbox.uid,
    key: '',
    name,
    namespace: sandbox.pod.slice(0, Math.max(0, slash)),
    node: sandbox.node,
    owner: withoutHashes(name),
    shape: world.machines.get(sandbox.node)?.state === 'off' ? 'unknown' : 'terminating',
    createdAt: 0,
    mirror: isStaticName(name, sandbox.node),
  };
}

function isStaticName(name: string, node: string): boolean {
  return name.endsWith(`-${node}`);
}

export function shapeOf(world: World, pod: Partial<Pod>, node: string, sandbox: SandboxState | undefined): PodShape {
  if (pod.metadata?.deletionTimestamp !== undefined) return 'terminating';
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return phase === 'Failed' ? 'crash' : 'done';
  if (node === '') return 'pending';
  if (world.machines.get(node)?.state === 'off' || nodeReady(world, node) === 'Unknown') return 'unknown';
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  if (statuses.some((status) => status.state?.waiting?.reason === 'CrashLoopBackOff')) return 'crash';
  if (sandbox === undefined || sandbox.containers.size === 0) return phase === 'Running' ? 'running' : 'pending';
  const containers = [...sandbox.containers.values()];
  if (containers.some((container) => container.state === 'exited' && (container.code ?? 0) !== 0)) return 'crash';
  const wanted = pod.spec?.containers.length ?? 1;
  return containers.filter((container) => container.state === 'running').length >= wanted ? 'running' : 'pending';
}

/** The node's Ready condition, as the API has it: True, False, Unknown, or '' if there is no such node. */
export function nodeReady(world: World, node: string): string {
  const stored = world.objects.get(`${PREFIX.nodes}${node}`);
  if (stored === undefined) return '';
  return readAs('nodes', stored).status?.conditions?.find((condition) => condition.type === 'Ready')?.status ?? '';
}

/** The workload that a pod belongs to, by the name its owner has without the hash that a Deployment adds. */
export function ownerName(pod: Partial<Pod>): string {
  const owner = pod.metadata?.ownerReferences?.find((reference) => reference.controller === true);
  const name = pod.metadata?.name ?? '';
  if (owner === undefined) return withoutHashes(name);
  if (owner.kind === 'Node') return name.endsWith(`-${owner.name}`) ? name.slice(0, -owner.name.length - 1) : name;
  const hash = pod.metadata?.labels?.['pod-template-hash'];
  return hash !== undefined && owner.name.endsWith(`-${hash}`) ? owner.name.slice(0, -hash.length - 1) : owner.name;
}

function withoutHashes(name: string): string {
  return name.replace(/(-[0-9a-z]{5,10})?-[0-9a-z]{5}$/, '');
}
