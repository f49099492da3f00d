import { isConditionTrue } from '../../api/conditions.ts';
import type { ConfigMap, Deployment, EndpointSlice, Node, Pod, Secret } from '../../api/types.gen.ts';
import type { Micros } from '../../sim/env.ts';
import type { GodView } from '../god-view.ts';
import { controlPlaneMachines, etcdMachines, workerMachines, type Topology } from '../topology.ts';
import type { RunWatch } from './run-watch.ts';

/** What is still amiss in a cluster that nothing disturbs any more; '' when it is as asked for. */
export function unsettled(view: GodView, watch: RunWatch, topology: Topology, now: Micros): string {
  return (
    members(view, topology) ||
    nodes(view, topology) ||
    deployments(view) ||
    pods(view) ||
    endpoints(view, watch) ||
    orphans(view) ||
    uncollected(view) ||
    leases(watch, now)
  );
}

/** How far a member may be behind the one that has committed most. */
const IN_STEP = 100;

function members(view: GodView, topology: Topology): string {
  const most = Math.max(0, ...[...view.members.values()].map(({ commit }) => commit));
  const behind = etcdMachines(topology).filter(({ name }) => (view.members.get(name)?.commit ?? 0) < most - IN_STEP);
  return behind.length === 0 ? '' : `members of etcd that do not keep up: ${behind.map(({ name }) => name).join(' ')}`;
}

function nodes(view: GodView, topology: Topology): string {
  const expected = [
    ...workerMachines(topology),
    ...(topology.controlPlaneNodes ? controlPlaneMachines(topology) : []),
  ].map(({ name }) => name);
  const well = view
    .list<Node>('/registry/minions/')
    .filter(
      (node) =>
        isConditionTrue(node.status?.conditions, 'Ready') &&
        !(node.spec.taints ?? []).some(({ key }) => key.startsWith('node.kubernetes.io/')),
    )
    .map((node) => node.metadata.name);
  const ill = expected.filter((name) => !well.includes(name));
  return ill.length === 0 ? '' : `nodes not Ready, or tainted: ${ill.join(' ')}`;
}

function deployments(view: GodView): string {
  const behind = view.list<Deployment>('/registry/deployments/').filter(({ spec, status, metadata }) => {
    const wanted = spec.replicas ?? 1;
    return (
      (status?.observedGeneration ?? 0) < (metadata.generation ?? 0) ||
      (status?.availableReplicas ?? 0) !== wanted ||
      (status?.updatedReplicas ?? 0) !== wanted ||
      (status?.replicas ?? 0) !== wanted
    );
  });
  const told = behind.map(
    ({ metadata, spec, status }) => `${metadata.name} ${status?.availableReplicas ?? 0}/${spec.replicas ?? 1}`,
  );
  return told.length === 0 ? '' : `deployments: ${told.join(' ')}`;
}

function pods(view: GodView): string {
  const left = view
    .list<Pod>('/registry/pods/default/')
    .filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp !== undefined || !isConditionTrue(status?.conditions, 'Ready'),
    );
  return left.length === 0
    ? ''
    : `pods terminating or not Ready: ${left.map(({ metadata }) => metadata.name).join(' ')}`;
}

function endpoints(view: GodView, watch: RunWatch): string {
  const services = new Map<string, string[]>();
  for (const service of view.list<{ metadata: { name: string }; spec: { selector?: Record<string, string> } }>(
    '/registry/services/specs/default/',
  )) {
    const { selector } = service.spec;
    if (selector === undefined) continue;
    const matching = view
      .list<Pod>('/registry/pods/default/')
      .filter((pod) => Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value));
    services.set(service.metadata.name, matching.map((pod) => pod.status?.podIP ?? '').sort());
  }
  const all = new Set<string>();
  for (const [name, wanted] of services) {
    const slices = view
      .list<EndpointSlice>('/registry/endpointslices/default/')
      .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name);
    // Every pod is Ready by now: an endpoint that is not is one that should be gone.
    const named = slices.flatMap((slice) => slice.endpoints ?? []);
    const ready = named.flatMap(({ addresses, conditions }) =>
      addresses.map((address) => (conditions?.ready === false ? `${address} (not ready)` : address)),
    );
    for (const address of ready) all.add(address);
    if (ready.sort().join(' ') !== wanted.join(' '))
      return `endpoints of ${name}: ${ready.join(' ')}; its pods: ${wanted.join(' ')}`;
  }
  for (const [host, targets] of watch.targets()) {
    if (view.hostsOff.has(host)) continue;
    const addresses = new Set([...targets].map((target) => target.slice(0, target.indexOf(':'))));
    const wrong = [...addresses].filter((address) => !all.has(address));
    const missing = [...all].filter((address) => !addresses.has(address));
    if (wrong.length + missing.length > 0)
      return `iptables of ${host} lead to ${wrong.join(' ') || 'nothing wrong'} and lack ${missing.join(' ') || 'nothing'}`;
  }
  return '';
}

/** Containers that run for pods that are no more. Static pods run without the API. */
function orphans(view: GodView): string {
  const uids = new Set(view.list<Pod>('/registry/pods/').map(({ metadata }) => metadata.uid));
  const left = [...view.containers.values()].filter(
    ({ state, uid, pod }) => state === 'running' && !uids.has(uid) && !pod.startsWith('kube-system/'),
  );
  return left.length === 0
    ? ''
    : `containers of pods that are gone: ${left.map(({ pod, node }) => `${pod} on ${node}`).join(' ')}`;
}

/** What the garbage collector has left of what the clients made: all owners gone, or an owner that still waits. */
function uncollected(view: GodView): string {
  const uids = new Set(view.list<ConfigMap>('/registry/configmaps/default/').map(({ metadata }) => metadata.uid));
  const left = [
    ...view.list<ConfigMap>('/registry/configmaps/default/').filter(isGoing),
    ...view
      .list<Secret>('/registry/secrets/default/')
      .filter(({ metadata: { ownerReferences: owners = [] } }) => owners.some(({ uid }) => !uids.has(uid))),
  ];
  return left.length === 0 ? '' : `not collected: ${left.map(({ metadata }) => metadata.name).join(' ')}`;
}

const isGoing = ({ metadata }: ConfigMap): boolean => metadata.deletionTimestamp !== undefined;

function leases(watch: RunWatch, now: Micros): string {
  const free = ['kube-scheduler', 'kube-controller-manager'].filter((lease) => !watch.leaseHeld(lease, now));
  return free.length === 0 ? '' : `leases that nobody renews: ${free.join(' ')}`;
}
