import type { ConfigMap, Node, Pod, Secret, Service } from '../../api/types.gen.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder, Informer } from '../../client/contract.ts';
import type { Env, Micros } from '../../sim/env.ts';
import type { BackOff } from './back-off.ts';
import type { KubeletConfig } from './config.ts';
import type { CriClient } from './cri-client.ts';
import type { EvictionManager } from './eviction-manager.ts';
import type { ImagePuller } from './image-puller.ts';
import type { Pleg } from './pleg.ts';
import type { PodStore } from './pod-store.ts';
import type { Probes } from './probes.ts';
import type { StatusManager } from './status-manager.ts';

/** Why a container is waiting, as the last sync saw it. */
export interface WaitReason {
  readonly reason: string;
  readonly message: string;
}

/** The parts of one kubelet, shared by its modules. */
export interface Kubelet {
  readonly env: Env;
  readonly config: KubeletConfig;
  readonly client: Client;
  readonly cri: CriClient;
  readonly recorder: EventRecorder;
  readonly pleg: Pleg;
  readonly pods: PodStore;
  readonly probes: Probes;
  readonly statuses: StatusManager;
  readonly images: ImagePuller;
  readonly eviction: EvictionManager;
  readonly restartBackOff: BackOff;
  /** By `uid_container`. */
  readonly waitReasons: Map<string, WaitReason>;
  /** Service account tokens of pods, and when they are to be renewed. */
  readonly tokens: Map<string, { readonly token: string; readonly renewAt: Micros }>;
  readonly services: Informer<Service>;
  readonly node: Informer<Node>;
  readonly configMaps: ObjectSource<ConfigMap>;
  readonly secrets: ObjectSource<Secret>;
  /** Reasons why the runtime cannot be used now, by the node's conditions. */
  networkProblem(): string | undefined;
}

/** Objects that pods refer to, read from the API. */
export interface ObjectSource<T> {
  /** Undefined: it does not exist. */
  get(namespace: string, name: string): Promise<T | undefined>;
}

export function nodeRefOf(kubelet: Kubelet): { apiVersion: string; kind: string; name: string; uid: string } {
  const { nodeName } = kubelet.config;
  return { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: nodeName };
}

export type PodUpdate = (pod: Pod) => void;
