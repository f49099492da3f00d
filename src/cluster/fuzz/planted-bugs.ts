import type { FaultStyle } from './plan.ts';

/**
 * Mistakes that the random runs must catch. Each is a change of one place of the product, made only in a bundle of its own
 * (planted-bugs.test.ts): the product itself has no switch for any of them.
 */
export interface Change {
  readonly file: string;
  /** Occurs once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface PlantedBug extends Change {
  readonly name: string;
  /** Not a mistake: conditions under which it shows more often. */
  readonly where?: Change;
  /** Random runs allowed, from this seed on (default 1), and how long each has faults. */
  readonly from?: number;
  readonly seeds: number;
  readonly minutes: number;
  /** Of a whole cluster: which faults, when not any. */
  readonly faults?: FaultStyle;
  /** Of a whole cluster, or of etcd alone (etcd-run.ts): those cost a hundredth. */
  readonly runs: 'cluster' | 'etcd';
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a leader commits entries of earlier terms by counting',
    file: 'control-plane/etcd/raft/core.ts',
    find: 'if (core.log.term(index) !== core.term && core.config.bugs?.commitByCountingAcrossTerms !== true) return false;',
    replace: '',
    // An entry a message: entries of different terms are acknowledged one by one, as large ones always are.
    where: {
      file: 'control-plane/etcd/server/raft-node.ts',
      find: 'const MAX_SIZE_PER_MESSAGE = 1024 * 1024;',
      replace: 'const MAX_SIZE_PER_MESSAGE = 1;',
    },
    seeds: 8,
    minutes: 1 / 3,
    runs: 'etcd',
  },
  {
    name: 'what the network delivers twice is received twice',
    file: 'sim/kernel-transport.ts',
    find: 'if (message.packet === out.received + 1) {\n    out.received = message.packet;',
    replace: 'if (message.packet <= out.received + 1) {\n    out.received = Math.max(out.received, message.packet);',
    seeds: 4,
    minutes: 1 / 3,
    runs: 'etcd',
  },
  {
    name: 'a vote is cast without being written down',
    file: 'control-plane/etcd/server/raft-node.ts',
    find: 'this.storage.save(ready.hardState, ready.entries)',
    replace: 'this.storage.save(undefined, ready.entries)',
    seeds: 3,
    minutes: 1 / 3,
    runs: 'etcd',
  },
  {
    name: 'fsync lies',
    file: 'sim/kernel-disk.ts',
    find: 'for (const [path, text] of snapshot) settle(disk, path, text);',
    replace: '',
    seeds: 3,
    minutes: 1 / 3,
    runs: 'etcd',
  },
  {
    name: 'a watch of etcd skips a revision',
    file: 'control-plane/etcd/mvcc/watch.ts',
    find: 'if (change.main < watcher.minRevision) return;',
    replace: 'if (change.main < watcher.minRevision || change.main % 61 === 0) return;',
    seeds: 3,
    minutes: 1 / 3,
    runs: 'etcd',
  },
  {
    name: 'a lease of leadership never runs out',
    file: 'client/leader-election.ts',
    find: "holder() !== '' && observedAt + (observed?.spec.leaseDurationSeconds ?? 0) * SECOND > env.uptime()",
    replace: "holder() !== ''",
    seeds: 2,
    minutes: 2,
    faults: 'leaders',
    runs: 'cluster',
  },
  {
    name: 'leaders compare clocks',
    file: 'client/leader-election.ts',
    find: "holder() !== '' && observedAt + (observed?.spec.leaseDurationSeconds ?? 0) * SECOND > env.uptime()",
    replace:
      "holder() !== '' && env.now() % 1_000_000_000_000_000 >= 0 && Number(observed?.spec.renewTime?.slice(14, 16)) * 60 + Number(observed?.spec.renewTime?.slice(17, 19)) + 15 > Math.floor(env.now() / SECOND) % 3600",
    seeds: 2,
    minutes: 2,
    faults: 'clocks',
    runs: 'cluster',
  },
  {
    name: 'a quorum read is answered from the cache',
    file: 'control-plane/kube-apiserver/handlers/read.ts',
    find: 'object = await server.store.get(key, cache.get(key));',
    replace: 'object = cache.get(key);',
    // What etcd tells of changes is 50 ms on its way.
    where: {
      file: 'control-plane/kube-apiserver/storage/watch-hub.ts',
      find: 'response: (response) => this.#receive(response),',
      replace: 'response: (response) => void this.#env.after(50_000, () => this.#receive(response)),',
    },
    from: 2,
    seeds: 1,
    minutes: 2,
    runs: 'cluster',
  },
  {
    name: 'the scheduler forgets the pods that it has assumed',
    file: 'control-plane/kube-scheduler/cache.ts',
    find: 'this.#place({ ...pod, spec: { ...pod.spec, nodeName: node } }, node);',
    replace: '',
    seeds: 3,
    minutes: 3,
    runs: 'cluster',
  },
  {
    name: 'a restarted kubelet believes that nothing runs',
    file: 'node/kubelet/pleg.ts',
    find: 'if (this.#listedAt > after) return Promise.resolve(this.get(uid));',
    replace:
      'if (!this.#cache.has(`seen ${uid}`)) { this.#cache.set(`seen ${uid}`, emptyStatus(uid)); return Promise.resolve(emptyStatus(uid)); }\nif (this.#listedAt > after) return Promise.resolve(this.get(uid));',
    seeds: 3,
    minutes: 3,
    runs: 'cluster',
  },
  {
    name: 'endpoints are never removed',
    file: 'control-plane/kube-controller-manager/endpoint-slices.ts',
    find: 'return wanted === undefined ? [] : [wanted];',
    replace: 'return [wanted ?? endpoint];',
    seeds: 2,
    minutes: 3,
    runs: 'cluster',
  },
  {
    name: 'the garbage collector takes an owner for gone that it has not heard of',
    file: 'control-plane/kube-controller-manager/controllers/garbage-collector-controller.ts',
    find: 'const latest = await readSame(client, resource, node);\n  if (latest === undefined) return graph.removed(node.uid);',
    replace:
      'const latest = node.virtual ? undefined : await readSame(client, resource, node);\n  if (latest === undefined) return graph.removed(node.uid);',
    // The watch of the kind of the owners lags: nothing orders the watches of two kinds.
    where: {
      file: 'client/create-informer.ts',
      find: 'if (change !== undefined) for (const handler of [...handlers]) handler(change.object, change.old);',
      replace:
        "const tell = (): void => { if (change !== undefined) for (const handler of [...handlers]) handler(change.object, change.old); };\nif (resource.kind === 'ConfigMap') env.after(500_000, tell); else tell();",
    },
    seeds: 2,
    minutes: 1,
    runs: 'cluster',
  },
  {
    name: 'a controller writes a status that is as it should be',
    file: 'control-plane/kube-controller-manager/controllers/replicaset-controller.ts',
    find: 'return deepEqual(status, rs.status) ? [] : [',
    replace: 'return deepEqual(status, rs) ? [] : [',
    seeds: 1,
    minutes: 1,
    runs: 'cluster',
  },
  {
    name: 'controllers act before they see what they wrote',
    file: 'control-plane/kube-controller-manager/perform.ts',
    find: 'if (!isHolding(key)) return true;',
    replace: 'return true;',
    // The watch of pods lags: what was created is not seen when the next look is taken.
    where: {
      file: 'client/create-informer.ts',
      find: 'env.because(cause ?? env.cause(), () => applyEvent(type, object));',
      replace:
        "const apply = () => env.because(cause ?? env.cause(), () => applyEvent(type, object));\nif (resource.kind === 'Pod') env.after(500_000, apply); else apply();",
    },
    seeds: 1,
    minutes: 1,
    runs: 'cluster',
  },
];
