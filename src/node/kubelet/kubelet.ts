import type { KubeObject, Node, Pod, Service } from '../../api/types.gen.ts';
import { createInformer } from '../../client/create-informer.ts';
import { createEventRecorder } from '../../client/events.ts';
import { createRestClient } from '../../client/rest-client.ts';
import { ConfigMaps, Nodes, Pods, Secrets, Services, type Resource } from '../../client/resources.ts';
import type { Client } from '../../client/client.ts';
import { deepEqual } from '../../lib/json.ts';
import { MINUTE, SECOND, type Env, type Micros, type Program } from '../../sim/env.ts';
import { admit } from './admission.ts';
import { BackOff } from './back-off.ts';
import { parseConfig } from './config.ts';
import type { Kubelet, ObjectSource } from './context.ts';
import { createCriClient } from './cri-client.ts';
import { EvictionManager } from './eviction-manager.ts';
import { apiReason, isMirror, isStatic, podRef, uidOf } from './format.ts';
import { startHousekeeping } from './housekeeping.ts';
import { ImagePuller } from './image-puller.ts';
import { NodeSync } from './node-sync.ts';
import { Pleg } from './pleg.ts';
import { PodStore } from './pod-store.ts';
import { PodWorkers } from './pod-workers.ts';
import { Probes } from './probes.ts';
import { serveKubelet } from './server/server.ts';
import { StaticPods } from './static-pods.ts';
import { StatusManager } from './status-manager.ts';
import { podHandlers } from './sync-pod.ts';

const MAX_CONTAINER_BACKOFF = 5 * MINUTE;

/**
 * The node agent. Argument `argv`, flags as upstream's: --hostname-override (or --node-name), --node-ip, --api-servers,
 * --pod-manifest-path, --node-labels, --register-with-taints, --register-node, --cluster-dns, --cluster-domain, --max-pods,
 * and what cAdvisor would find out: --capacity-cpu, --capacity-memory, --capacity-ephemeral-storage.
 */
export const kubelet: Program = (env) => {
  const config = parseConfig(env);
  const user = `system:node:${config.nodeName}`;
  const client = createRestClient(env, {
    servers: config.servers,
    user,
    groups: ['system:nodes', 'system:authenticated'],
  });
  const cri = createCriClient(env);
  const recorder = createEventRecorder(env, client, { component: 'kubelet', host: config.nodeName });
  const pods = new PodStore();
  const pleg = new Pleg(env, cri, (uid) => workers.wake(uid));
  const statuses = new StatusManager(env, client, pods);
  const node = createInformer<Node>(env, client, Nodes, { fieldSelector: `metadata.name=${config.nodeName}` });
  const services = createInformer<Service>(env, client, Services);
  const probes = new Probes(env, {
    cri,
    pleg,
    recorder,
    nodeIp: config.nodeIp,
    podOf: (uid) => pods.byUid(uid) ?? workers.get(uid)?.pod,
    onResult: (uid) => workers.wake(uid),
  });
  const parts: Kubelet = {
    env,
    config,
    client,
    cri,
    recorder,
    pleg,
    pods,
    probes,
    statuses,
    images: new ImagePuller(env, cri, recorder),
    eviction: new EvictionManager(env),
    restartBackOff: new BackOff(env, 10 * SECOND, MAX_CONTAINER_BACKOFF),
    waitReasons: new Map(),
    tokens: new Map(),
    services,
    node,
    configMaps: objectSource(env, client, ConfigMaps),
    secrets: objectSource(env, client, Secrets),
    networkProblem: () => nodeSync.networkProblem(),
  };
  const nodeSync = new NodeSync(parts);
  const workers = new PodWorkers(env, podHandlers(parts));
  const sources = podSources(parts, workers);

  env.onSignal(() => env.exit(0));
  serveKubelet(parts, workers);
  nodeSync.start();
  statuses.start();
  pleg.start();
  new StaticPods(env, config.manifestPath, config.nodeName).start({ set: sources.set, remove: sources.remove });
  const apiPods = createInformer<Pod>(env, client, Pods, { fieldSelector: `spec.nodeName=${config.nodeName}` });
  apiPods.onChange((pod, old) => {
    if (pod !== undefined && old !== undefined && pod.metadata.uid !== old.metadata.uid) sources.remove(old);
    if (pod !== undefined) sources.set(pod);
    else if (old !== undefined) sources.remove(old);
  });
  node.start();
  // Environment variables of pods come from services: none is started before they are known.
  services.start();
  apiPods.start();
  startHousekeeping(parts, workers, () => apiPods.synced);
  parts.eviction.start(parts, workers);
};

/** Pods come from the API and from files; each goes to its worker. */
function podSources(parts: Kubelet, workers: PodWorkers): { set(pod: Pod): void; remove(pod: Pod): void } {
  const { pods, statuses } = parts;
  const set = (pod: Pod): void => {
    const known = pods.byUid(uidOf(pod));
    const target = isMirror(pod) ? pods.ofMirror(pod) : undefined;
    const isNewMirror = target !== undefined && pods.mirrorOf(target)?.metadata.uid !== pod.metadata.uid;
    pods.set(pod);
    if (isMirror(pod)) {
      if (target !== undefined && isNewMirror) statuses.retry(uidOf(target));
      if (target !== undefined && pod.metadata.deletionTimestamp !== undefined) workers.wake(uidOf(target));
      return;
    }
    statuses.refresh(pod);
    if (known !== undefined && onlyStatusDiffers(known, pod)) {
      const worker = workers.get(uidOf(pod));
      if (worker !== undefined) worker.pod = pod;
      return;
    }
    if (known === undefined && !isEnded(pod) && !reject(parts, workers, pod)) workers.update(pod);
    else if (known !== undefined || pod.metadata.deletionTimestamp !== undefined || isEnded(pod)) workers.update(pod);
  };
  const remove = (pod: Pod): void => {
    pods.delete(pod);
    if (isMirror(pod)) {
      const target = pods.ofMirror(pod);
      if (target !== undefined) workers.wake(uidOf(target));
      return;
    }
    workers.kill(uidOf(pod));
  };
  return { set, remove };
}

/** The kubelet's own report, coming back. */
function onlyStatusDiffers(a: Pod, b: Pod): boolean {
  return isEnded(a) === isEnded(b) && deepEqual(strip(a), strip(b)) && deepEqual(a.spec, b.spec);
}

function strip(pod: Pod): unknown {
  const { labels, annotations, deletionTimestamp, deletionGracePeriodSeconds, generation, finalizers } = pod.metadata;
  return { labels, annotations, deletionTimestamp, deletionGracePeriodSeconds, generation, finalizers };
}

function isEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** A pod that does not fit is failed, not started. */
function reject(parts: Kubelet, workers: PodWorkers, pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const others = parts.pods
    .list()
    .filter(
      (other) =>
        other !== pod && uidOf(other) !== uidOf(pod) && !isEnded(other) && !workers.isTerminating(uidOf(other)),
    );
  const rejection = parts.eviction.admit(pod) ?? admit(pod, others, parts.node.get(parts.config.nodeName));
  if (rejection === undefined) return false;
  // A pod that runs here already was admitted by an earlier kubelet.
  if (parts.pleg.get(uidOf(pod)).containers.length > 0 || isStatic(pod)) return false;
  parts.recorder.event(podRef(pod), 'Warning', rejection.reason, rejection.message);
  parts.statuses.finish(pod, {
    ...pod.status,
    phase: 'Failed',
    reason: rejection.reason,
    message: `Pod was rejected: ${rejection.message}`,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  });
  return true;
}

/** An object that was read a moment ago is not read again: many pods refer to the same ones. */
const OBJECT_TTL = 5 * SECOND;
const CACHED_OBJECTS = 256;

function objectSource<T extends KubeObject>(env: Env, client: Client, resource: Resource<T>): ObjectSource<T> {
  const cache = new Map<string, { readonly object: T; readonly until: Micros }>();
  return {
    async get(namespace, name) {
      const key = `${namespace}/${name}`;
      const known = cache.get(key);
      if (known !== undefined && known.until > env.uptime()) return known.object;
      try {
        const object = await client.get(resource, name, namespace);
        if (cache.size >= CACHED_OBJECTS) cache.clear();
        cache.set(key, { object, until: env.uptime() + OBJECT_TTL });
        return object;
      } catch (error) {
        if (apiReason(error) === 'NotFound') return undefined;
        throw error;
      }
    },
  };
}
