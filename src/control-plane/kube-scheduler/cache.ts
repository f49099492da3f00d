import { labelSelector, includesLabels, matchesLabels, type Selector } from '../../api/selector.ts';
import type { Node, Pod, ReplicaSet, Service } from '../../api/types.gen.ts';
import { compareStrings } from '../../lib/order.ts';
import type { Snapshot } from './framework.ts';
import { nodeInfo, withPod, type NodeInfo } from './node-info.ts';

interface Entry {
  node: Node | undefined;
  readonly pods: Map<string, Pod>;
  info: NodeInfo | undefined;
}

/**
 * Nodes with the pods bound to them, and the pods assumed there whose binding has not been seen yet
 * (Models pkg/scheduler/backend/cache). What a node counts is computed again only when it changed.
 */
export class SchedulerCache {
  readonly #nodes = new Map<string, Entry>();
  /** Pod uid → node name, for pods counted anywhere. */
  readonly #placed = new Map<string, string>();
  readonly #assumed = new Set<string>();
  readonly #services: () => readonly Service[];
  readonly #replicaSets: () => readonly ReplicaSet[];
  #order: readonly string[] | undefined;

  constructor(services: () => readonly Service[], replicaSets: () => readonly ReplicaSet[]) {
    this.#services = services;
    this.#replicaSets = replicaSets;
  }

  setNode(node: Node): void {
    const entry = this.#entry(node.metadata.name);
    entry.node = node;
    entry.info = undefined;
    this.#order = undefined;
  }

  removeNode(name: string): void {
    const entry = this.#entry(name);
    entry.node = undefined;
    entry.info = undefined;
    this.#order = undefined;
  }

  /** A pod that the API says is bound. */
  setPod(pod: Pod): void {
    const uid = uidOf(pod);
    this.#assumed.delete(uid);
    this.#place(pod, pod.spec.nodeName ?? '');
  }

  /** Counts the pod on the node before the API has confirmed the binding. */
  assume(pod: Pod, node: string): void {
    this.#assumed.add(uidOf(pod));
    this.#place({ ...pod, spec: { ...pod.spec, nodeName: node } }, node);
  }

  isAssumed(pod: Pod): boolean {
    return this.#assumed.has(uidOf(pod));
  }

  /** Takes back an assumption that did not come true. */
  forget(pod: Pod): void {
    if (this.#assumed.delete(uidOf(pod))) this.removePod(pod);
  }

  removePod(pod: Pod): void {
    const uid = uidOf(pod);
    const name = this.#placed.get(uid);
    if (name === undefined) return;
    this.#placed.delete(uid);
    this.#assumed.delete(uid);
    const entry = this.#entry(name);
    entry.pods.delete(uid);
    entry.info = undefined;
  }

  #place(pod: Pod, name: string): void {
    const uid = uidOf(pod);
    const before = this.#placed.get(uid);
    if (before !== undefined && before !== name) this.removePod(pod);
    this.#placed.set(uid, name);
    const entry = this.#entry(name);
    const known = entry.pods.has(uid);
    entry.pods.set(uid, pod);
    entry.info = entry.info !== undefined && !known ? withPod(entry.info, pod) : undefined;
  }

  #entry(name: string): Entry {
    const found = this.#nodes.get(name);
    if (found !== undefined) return found;
    const entry: Entry = { node: undefined, pods: new Map(), info: undefined };
    this.#nodes.set(name, entry);
    return entry;
  }

  /** Every node that exists, by name. */
  snapshot(): Snapshot {
    this.#order ??= [...this.#nodes]
      .filter(([, entry]) => entry.node !== undefined)
      .map(([name]) => name)
      .sort(compareStrings);
    const nodes = this.#order.flatMap((name) => this.#info(this.#entry(name)) ?? []);
    const imageHolders = new Map<string, number>();
    for (const node of nodes)
      for (const image of node.images.keys()) imageHolders.set(image, (imageHolders.get(image) ?? 0) + 1);
    const selectorsOf = memoize((pod: Pod) => this.#selectors(pod));
    return {
      nodes,
      imageHolders,
      hasSelector: (pod) => selectorsOf(pod).length > 0,
      selectsPod: (pod, other) => selectorsOf(pod).every((selector) => matchesLabels(selector, other.metadata.labels)),
    };
  }

  #info(entry: Entry): NodeInfo | undefined {
    if (entry.node === undefined) return undefined;
    entry.info ??= nodeInfo(entry.node, [...entry.pods.values()]);
    return entry.info;
  }

  /** Selectors of the Services and the owner that select the pod (Models plugins/helper/spread.go DefaultSelector). */
  #selectors(pod: Pod): Selector[] {
    const labels = pod.metadata.labels ?? {};
    const found: Selector[] = [];
    for (const service of this.#services()) {
      const selector = service.spec.selector;
      if (
        service.metadata.namespace !== pod.metadata.namespace ||
        selector === undefined ||
        Object.keys(selector).length === 0
      )
        continue;
      if (includesLabels(selector, labels)) found.push(labelSelector({ matchLabels: selector }));
    }
    const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller === true);
    if (owner?.kind === 'ReplicaSet') {
      const set = this.#replicaSets().find((candidate) => candidate.metadata.uid === owner.uid);
      if (set !== undefined) found.push(labelSelector(set.spec.selector));
    }
    return found;
  }
}

function memoize<K extends object, V>(of: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = of(key);
    known.set(key, value);
    return value;
  };
}

export function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
}
