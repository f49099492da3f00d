// Recorded behaviours of a real control plane, replayed on ours: one machine with the real programs, and nodes whose
// kubelets only pretend. What the controllers leave behind at rest, and the events that they record, must be the same.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { KubeObject, Node, Pod } from '../../api/types.gen.ts';
import { ApiError } from '../../client/client.ts';
import type { Client } from '../../client/client.ts';
import { createInformers } from '../../client/informers.ts';
import {
  Deployments,
  EndpointSlices,
  Endpoints,
  Events,
  Leases,
  Nodes,
  Pods,
  ReplicaSets,
} from '../../client/resources.ts';
import type { Resource } from '../../client/resources.ts';
import { createRestClient } from '../../client/rest-client.ts';
import { formatMicroTime, formatTime } from '../../lib/time.ts';
import { MILLISECOND, SECOND } from '../../sim/env.ts';
import type { Env, Program } from '../../sim/env.ts';
import { RpcFailure } from '../../sim/http.ts';
import { createSim } from '../../sim/testing.ts';
import type { Sim } from '../../sim/testing.ts';
import { etcd } from '../etcd/server/etcd.ts';
import { kubeApiserver } from '../kube-apiserver/kube-apiserver.ts';
import { kubeScheduler } from '../kube-scheduler/kube-scheduler.ts';
import { kubeControllerManager } from './kube-controller-manager.ts';

const RECORDINGS = new URL('../../../../shared/reference/golden/behaviour/', import.meta.url);
const API = '10.0.0.11:6443';

interface Observed {
  readonly at: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface HollowCluster {
  readonly sim: Sim;
  observed(): readonly Observed[];
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<Answer>;
}

/** Sends what it is told and prints the answer. */
const operator: Program = (env) => {
  const client = createRestClient(env, { servers: [API], user: 'kubernetes-admin' });
  env.onInput((text) => {
    const { tag, method, path, body, contentType } = JSON.parse(text) as Record<string, string>;
    env.spawn(async () => {
      const headers = { 'content-type': contentType ?? 'application/json' };
      const request = { method: method ?? '', path: path ?? '', headers, ...(body === undefined ? {} : { body }) };
      const answer = await client.raw(request);
      env.print(`${tag ?? ''} ${JSON.stringify(answer)}\n`);
    });
  });
};

/** Prints every change of the kinds of interest. */
function observer(kinds: readonly Resource[]): Program {
  return (env) => {
    const client = createRestClient(env, { servers: [API], user: 'observer' });
    const informers = createInformers(env, client);
    for (const kind of kinds) {
      informers.for<KubeObject>(kind).onChange((object, old) => {
        const type = object === undefined ? 'DELETED' : old === undefined ? 'ADDED' : 'MODIFIED';
        env.print(`${JSON.stringify({ at: env.uptime(), type, object: object ?? old })}\n`);
      });
    }
    informers.start();
  };
}

/** A kubelet without containers: pods get ready, run, and end a second after they are asked to. */
const hollowNode: Program = (env) => {
  const client = createRestClient(env, { servers: [API], user: `system:node:${env.host}` });
  const informers = createInformers(env, client);
  const ending = new Set<string>();
  informers.for(Pods).onChange((pod) => {
    if (pod === undefined || pod.spec.nodeName !== env.host) return;
    if (pod.metadata.deletionTimestamp !== undefined) {
      if (ending.has(pod.metadata.uid ?? '')) return;
      ending.add(pod.metadata.uid ?? '');
      env.spawn(() => endPod(env, client, pod));
    } else if ((pod.status?.conditions ?? []).every((condition) => condition.type !== 'Ready')) {
      env.spawn(() => startPod(env, client, pod));
    }
  });
  env.spawn(() => keepAlive(env, client));
  informers.start();
};

async function attempt(env: Env, work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'NotFound') return;
      if (!(error instanceof ApiError) && !(error instanceof RpcFailure)) throw error;
      await env.sleep(100 * MILLISECOND);
    }
  }
}

async function keepAlive(env: Env, client: Client): Promise<void> {
  await attempt(env, () => client.create(Nodes, newNode(env)).catch(unlessTaken));
  const metadata = { name: env.host, namespace: 'kube-node-lease' };
  for (;;) {
    const spec = { holderIdentity: env.host, leaseDurationSeconds: 40, renewTime: formatMicroTime(env.now()) };
    await attempt(env, () =>
      client
        .patch(Leases, env.host, 'kube-node-lease', 'application/merge-patch+json', { spec })
        .catch(async (error: unknown) => {
          if (!(error instanceof ApiError) || error.reason !== 'NotFound') throw error;
          await client.create(Leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
        }),
    );
    await attempt(env, () =>
      client.patch(
        Nodes,
        env.host,
        undefined,
        'application/strategic-merge-patch+json',
        { status: statusOf(env) },
        { subresource: 'status' },
      ),
    );
    await env.sleep(10 * SECOND);
  }
}

function unlessTaken(error: unknown): void {
  if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
}

function newNode(env: Env): Node {
  const labels = { 'kubernetes.io/hostname': env.host };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: env.host, labels }, spec: {}, status: statusOf(env) };
}

function statusOf(env: Env): NonNullable<Node['status']> {
  const lastHeartbeatTime = formatTime(env.now());
  const condition = (type: string, status: string, reason: string) => ({
    type,
    status,
    reason,
    message: '',
    lastHeartbeatTime,
  });
  return {
    capacity: { cpu: '8', memory: '16Gi', pods: '110' },
    allocatable: { cpu: '8', memory: '16Gi', pods: '110' },
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
      condition('Ready', 'True', 'KubeletReady'),
    ],
    addresses: [{ type: 'InternalIP', address: env.ip }],
  };
}

async function startPod(env: Env, client: Client, pod: Pod): Promise<void> {
  const now = formatTime(env.now());
  const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: now });
  await patchStatus(env, client, pod, {
    conditions: ['Initialized', 'Ready', 'ContainersReady'].map(condition),
    hostIP: env.ip,
  });
  await env.sleep(SECOND);
  const podIP = `10.244.${env.ip.split('.')[3] ?? '0'}.${env.random.below(250) + 2}`;
  await patchStatus(env, client, pod, { phase: 'Running', podIP, podIPs: [{ ip: podIP }], startTime: now });
}

async function endPod(env: Env, client: Client, pod: Pod): Promise<void> {
  const { name, namespace = '', uid } = pod.metadata;
  const condition = (type: string) => ({ type, status: 'False', reason: 'PodCompleted' });
  await patchStatus(env, client, pod, { phase: 'Succeeded', conditions: ['Ready', 'ContainersReady'].map(condition) });
  await env.sleep(SECOND / 2);
  const options = { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { uid }) };
  await attempt(env, () => client.delete(Pods, name, namespace, options));
}

async function patchStatus(env: Env, client: Client, pod: Pod, status: object): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  const patch = { metadata: { uid }, status };
  await attempt(env, () =>
    client.patch(Pods, name, namespace, 'application/strategic-merge-patch+json', patch, { subresource: 'status' }),
  );
}

function createHollowCluster(kinds: readonly Resource[], nodes: readonly string[]): HollowCluster {
  const argv = (...flags: string[]) => ({ argv: flags });
  const sim = createSim({
    programs: {
      etcd,
      'kube-apiserver': kubeApiserver,
      'kube-controller-manager': kubeControllerManager,
      'kube-scheduler': kubeScheduler,
      operator,
      observer: observer(kinds),
      kubelet: hollowNode,
    },
    hosts: [
      {
        name: 'cp-1',
        ip: '10.0.0.11',
        run: {
          etcd: argv(
            '--name=cp-1',
            '--data-dir=/var/lib/etcd',
            '--advertise-client-urls=https://10.0.0.11:2379',
            '--initial-advertise-peer-urls=https://10.0.0.11:2380',
            '--initial-cluster=cp-1=https://10.0.0.11:2380',
            '--listen-client-urls=https://127.0.0.1:2379,https://10.0.0.11:2379',
            '--listen-peer-urls=https://10.0.0.11:2380',
          ),
          'kube-apiserver': argv('--etcd-servers=https://10.0.0.11:2379', '--advertise-address=10.0.0.11'),
          'kube-controller-manager': argv(
            `--master=${API}`,
            '--allocate-node-cidrs=true',
            '--cluster-cidr=10.244.0.0/16',
          ),
          'kube-scheduler': argv(`--master=${API}`),
        },
      },
      { name: 'laptop', ip: '10.0.0.2', run: { operator: {}, observer: {} } },
      ...nodes.map((name, i) => ({ name, ip: `10.0.0.${21 + i}`, run: { kubelet: {} } })),
    ],
  });
  let requests = 0;
  return {
    sim,
    observed: () =>
      sim
        .output('laptop/observer')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Observed),
    async request(method, path, body, contentType) {
      const tag = `#${requests++}`;
      const text = body === undefined ? undefined : JSON.stringify(body);
      sim.input('laptop/operator', JSON.stringify({ tag, method, path, body: text, contentType }));
      const line = (): string | undefined =>
        sim
          .output('laptop/operator')
          .split('\n')
          .find((candidate) => candidate.startsWith(`${tag} `));
      await sim.runUntilTrue(() => line() !== undefined);
      return JSON.parse(line()?.slice(tag.length + 1) ?? '{}') as Answer;
    },
  };
}

interface Line {
  readonly t?: number;
  readonly scenario?: string;
  readonly kinds?: readonly string[];
  readonly action?: string;
  readonly request?: {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly contentType?: string;
  };
  readonly note?: string;
  readonly event?: string;
  readonly type?: string;
  readonly object?: string;
  readonly message?: string;
  readonly source?: string;
  readonly watch?: string;
  readonly state?: Readonly<Record<string, unknown>>;
}

/** What was there at the end of one action, and what was said meanwhile. */
interface Phase {
  readonly action: string;
  readonly states: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
}

const CONTROLLERS = new Set([
  'deployment-controller',
  'replicaset-controller',
  'node-controller',
  'taint-eviction-controller',
]);
function readRecording(name: string): readonly Line[] {
  const text = readFileSync(new URL(`${name}.jsonl`, RECORDINGS), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** Generated parts of names, in the order in which they turn up. */
function createNames(): (text: string) => string {
  const hashes = new Map<string, string>();
  const known = (hash: string): string => {
    const name = hashes.get(hash) ?? `#${hashes.size + 1}`;
    hashes.set(hash, name);
    return name;
  };
  return (text) =>
    text
      .replace(
        /\b(web|bg|fg|orph|rs)-([bcdfghjklmnpqrstvwxz2456789]{8,10})\b/g,
        (_, base: string, hash: string) => `${base}-${known(hash)}`,
      )
      .replace(/-(<\d+>|[bcdfghjklmnpqrstvwxz2456789]{5})(?=$|["\s:])/g, '-<>');
}

const KILLED = 'node process killed';
/** Actions closer than this are one: what the controllers do between them depends on who is faster. */
const SHORT = 500;

/** The actions that end a phase each, with the end's time. */
function phaseEnds(lines: readonly Line[]): readonly { readonly action: string; readonly end: number }[] {
  const actions = lines.filter((line) => line.request !== undefined || line.note === KILLED);
  const last = (lines.at(-1)?.t ?? 0) + 1000;
  return actions
    .map((line, i) => ({ action: line.action ?? KILLED, start: line.t ?? 0, end: actions[i + 1]?.t ?? last }))
    .filter(({ start, end }) => end - start >= SHORT);
}

/** What was recorded, cut where actions end. */
function recordedPhases(lines: readonly Line[]): readonly Phase[] {
  const names = createNames();
  const kinds = judgedKinds(lines);
  const phases: Phase[] = [];
  let states: Record<string, unknown> = {};
  let i = 0;
  for (const { action, end } of phaseEnds(lines)) {
    const events: string[] = [];
    for (; i < lines.length && (lines[i]?.t ?? 0) < end; i++) {
      const line = lines[i] ?? {};
      const object = names(line.object ?? '');
      if (line.event !== undefined && CONTROLLERS.has(line.source ?? '') && isOfScenario(line, lines)) {
        events.push(names(`${line.type ?? ''} ${line.event} ${object}: ${line.message ?? ''}`));
      }
      if (line.watch === undefined || !kinds.test(object)) continue;
      if (line.watch === 'DELETED') states = without(states, object);
      else states[object] = judged(object, line.state ?? {});
    }
    phases.push({ action, states: { ...states }, events: summed(events) });
  }
  return phases;
}

/** Recordings followed one another: timers of the one before may end in the next. And DaemonSets are not served here. */
function isOfScenario({ event, object = '' }: Line, lines: readonly Line[]): boolean {
  if (event === 'TaintManagerEviction' && lines[0]?.kinds?.includes('nodes') !== true) return false;
  return !object.startsWith('Pod/agent-');
}

function judgedKinds(lines: readonly Line[]): RegExp {
  const watched = new Set(lines[0]?.kinds ?? []);
  const kinds = ['Deployment', 'ReplicaSet', 'Endpoints', 'EndpointSlice'].filter((kind) =>
    watched.has(`${kind.toLowerCase()}${kind.endsWith('s') ? '' : 's'}`),
  );
  return new RegExp(`^(${kinds.join('|')})/`);
}

function without(states: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(states).filter(([key]) => key !== name));
}

const SCALED = /^(.*Scaled (?:up|down) replica set \S+ from )(\d+) to (\d+)$/;

/** In sorted order. Steps of one ReplicaSet in one direction count as one: how many there are depends on who is faster. */
function summed(events: readonly string[]): readonly string[] {
  const steps = new Map<string, { from: number; to: number }>();
  const others: string[] = [];
  for (const event of events) {
    const match = SCALED.exec(event.replace('(combined from similar events): ', ''));
    if (match === null) {
      others.push(event.replace(/Deleted pod: \S+/, 'Deleted pod: …'));
      continue;
    }
    const [, text = '', from, to] = match;
    const known = steps.get(text) ?? { from: Number(from), to: Number(to) };
    const [low, high] = text.includes('Scaled up') ? [Math.min, Math.max] : [Math.max, Math.min];
    steps.set(text, { from: low(known.from, Number(from)), to: high(known.to, Number(to)) });
  }
  return [...others, ...[...steps].map(([text, { from, to }]) => `${text}${from} to ${to}`)].sort();
}

/** The pods of a slice come in the order of their random names, so they count as a set. */
function judged(object: string, state: Readonly<Record<string, unknown>>): unknown {
  const { generation = 1, observedGeneration, ...rest } = state;
  if (object.startsWith('EndpointSlice/')) {
    const endpoints = state['endpoints'] as readonly { readonly conditions: unknown }[];
    return { ...rest, endpoints: endpoints.map((endpoint) => JSON.stringify(endpoint.conditions)).sort() };
  }
  if (object.startsWith('Endpoints/')) return rest;
  const conditions = [...((state['conditions'] ?? []) as readonly string[])].sort();
  return { ...rest, conditions, isObserved: generation === observedGeneration };
}

type Loose = Readonly<Record<string, unknown>>;
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Loose | undefined)?.[key], value);

/** Our object in the recording's form. */
function stateOf(object: KubeObject): Loose {
  const { metadata } = object;
  const status = (at(object, 'status') ?? {}) as Loose;
  const annotations = metadata.annotations ?? {};
  const conditions = ((status['conditions'] ?? []) as readonly Loose[]).map(
    (c) => `${String(c['type'])}=${String(c['status'])}:${String(c['reason'])}`,
  );
  const owners = metadata.ownerReferences?.map(
    (owner) => `${owner.kind}/${owner.name}${owner.controller === true ? '' : '(not controller)'}`,
  );
  const common = {
    ...((metadata.generation ?? 1) > 1 ? { generation: metadata.generation } : {}),
    ...(metadata.deletionTimestamp === undefined ? {} : { deleting: true, grace: metadata.deletionGracePeriodSeconds }),
    ...(metadata.finalizers === undefined ? {} : { finalizers: metadata.finalizers }),
    ...(owners === undefined ? {} : { owners }),
  };
  if (object.kind === 'Endpoints') {
    const subsets = ((at(object, 'subsets') ?? []) as readonly Loose[]).map((subset) => ({
      ready: ((subset['addresses'] ?? []) as unknown[]).length,
      notReady: ((subset['notReadyAddresses'] ?? []) as unknown[]).length,
    }));
    return { subsets };
  }
  if (object.kind === 'EndpointSlice') {
    const ports = ((at(object, 'ports') ?? []) as readonly Loose[]).map(
      (port) => `${String(port['name'] ?? '')}/${String(port['port'])}`,
    );
    return { ...common, endpoints: at(object, 'endpoints') ?? [], ports };
  }
  const { conditions: _conditions, ...counts } = status;
  const prefix = 'deployment.kubernetes.io/';
  const revision = annotations[`${prefix}revision`];
  const desired = annotations[`${prefix}desired-replicas`];
  const max = annotations[`${prefix}max-replicas`];
  return {
    ...common,
    ...(at(object, 'spec', 'paused') === true ? { paused: true } : {}),
    replicasSpec: at(object, 'spec', 'replicas'),
    ...(revision === undefined ? {} : { revision }),
    ...(desired === undefined ? {} : { desired, max }),
    ...counts,
    conditions,
  };
}

/** Our run of the same requests, cut at the same actions. */
async function replay(lines: readonly Line[]): Promise<readonly Phase[]> {
  const cluster = createHollowCluster([Deployments, Endpoints, EndpointSlices, Events, Pods, ReplicaSets], NODES);
  await cluster.sim.runFor(30 * SECOND);
  const actions = lines.filter((line) => line.action !== undefined || line.note !== undefined);
  const last = lines.at(-1)?.t ?? 0;
  const start = cluster.sim.now;
  for (const line of actions) {
    await cluster.sim.runUntil(Math.max(cluster.sim.now, start + (line.t ?? 0) * MILLISECOND));
    if (line.note === KILLED) cluster.sim.fault('power-off hollow-node-2');
    if (line.note?.startsWith('node process started') === true) cluster.sim.fault('power-on hollow-node-2');
    if (line.request === undefined) continue;
    const { method, body, contentType } = line.request;
    const path = line.request.path.replace('/NS/', '/default/').replace(/\/[^/]*<\d+>[^/]*$/, `/${anyPod(cluster)}`);
    await cluster.request(method, resolveHash(cluster, path), body, contentType);
  }
  await cluster.sim.runUntil(Math.max(cluster.sim.now, start + (last + 1000) * MILLISECOND));
  return cut(cluster, lines, start);
}

const NODES = ['hollow-node-0', 'hollow-node-1', 'hollow-node-2'];

function anyPod(cluster: HollowCluster): string {
  const pods = new Map<string, KubeObject>();
  for (const { object, type } of cluster.observed()) {
    if (object.kind !== 'Pod') continue;
    if (type === 'DELETED') pods.delete(object.metadata.name);
    else pods.set(object.metadata.name, object);
  }
  return [...pods.keys()].at(-1) ?? '';
}

/** A ReplicaSet that a recording names by its hash is called otherwise here. */
function resolveHash(cluster: HollowCluster, path: string): string {
  const match = /\/replicasets\/(\w+)-[a-z0-9]+$/.exec(path);
  if (match === null) return path;
  const found = cluster
    .observed()
    .find(({ object }) => object.kind === 'ReplicaSet' && object.metadata.name.startsWith(`${match[1] ?? ''}-`));
  return path.replace(/[^/]*$/, found?.object.metadata.name ?? '');
}

function cut(cluster: HollowCluster, lines: readonly Line[], start: number): readonly Phase[] {
  const names = createNames();
  const kinds = judgedKinds(lines);
  const observed = cluster
    .observed()
    .filter((change) => change.at >= start && change.object.metadata.name !== 'kubernetes');
  const phases: Phase[] = [];
  let states: Record<string, unknown> = {};
  let i = 0;
  for (const { action, end } of phaseEnds(lines)) {
    const events: string[] = [];
    for (; i < observed.length && (observed[i]?.at ?? 0) < start + end * MILLISECOND; i++) {
      const { object, type } = observed[i] ?? expect.fail();
      if (object.kind === 'Event' && CONTROLLERS.has(String(at(object, 'source', 'component'))))
        events.push(names(eventText(object)));
      const key = names(`${object.kind}/${object.metadata.name}`);
      if (!kinds.test(key)) continue;
      if (type === 'DELETED') states = without(states, key);
      else states[key] = judged(key, JSON.parse(names(JSON.stringify(stateOf(object)))) as Loose);
    }
    phases.push({ action, states: { ...states }, events: summed(events) });
  }
  return phases;
}

function eventText(event: KubeObject): string {
  const about = `${String(at(event, 'involvedObject', 'kind'))}/${String(at(event, 'involvedObject', 'name'))}`;
  const text = `${String(at(event, 'type'))} ${String(at(event, 'reason'))} ${about}: ${String(at(event, 'message'))}`;
  return text.replace(/\bdefault\//g, 'NS/');
}

const SCENARIOS = [
  '01-deployment-create-scale',
  '02-rolling-default',
  '04-rolling-unavailable0',
  '05-recreate',
  '07-rollback-pause',
  '08b-stuck-rollout-deadline',
  '09-replicaset-adoption',
  '13-service-endpoints',
  '14-node-notready',
  '16-gc-cascade',
];

describe.skipIf(!existsSync(RECORDINGS))('recorded behaviours', () => {
  test.each(SCENARIOS)('%s', { timeout: 60_000 }, async (name) => {
    const lines = readRecording(name);
    const ours = await replay(lines);
    const theirs = recordedPhases(lines);
    expect(theirs.length).toBeGreaterThan(1);
    for (const [i, phase] of theirs.entries()) expect.soft(plain(ours[i])).toEqual(plain(phase));
  });
});

describe('a node that falls silent', () => {
  test(
    'is Unknown after 50 s, tainted at once, its pods go after their toleration, and it is welcome again',
    { timeout: 60_000 },
    async () => {
      const cluster = createHollowCluster([Nodes, Pods], NODES);
      await cluster.sim.runFor(30 * SECOND);
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'bare' },
        spec: {
          nodeName: 'hollow-node-2',
          containers: [{ name: 'c', image: 'nginx' }],
          tolerations: [
            { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 10 },
          ],
        },
      };
      expect((await cluster.request('POST', '/api/v1/namespaces/default/pods', pod)).status).toBe(201);
      await cluster.sim.runFor(5 * SECOND);
      const killed = cluster.sim.now;
      cluster.sim.fault('power-off hollow-node-2');
      await cluster.sim.runFor(70 * SECOND);
      const restarted = cluster.sim.now;
      cluster.sim.fault('power-on hollow-node-2');
      await cluster.sim.runFor(10 * SECOND);
      const changes = cluster.observed().filter((change) => change.at > killed);
      const states: { readonly at: number; readonly text: string }[] = [];
      for (const change of changes) {
        if (change.object.metadata.name !== 'hollow-node-2') continue;
        const conditions = at(change.object, 'status', 'conditions') as readonly Loose[];
        const ready = conditions.find((condition) => condition['type'] === 'Ready');
        const taints = ((at(change.object, 'spec', 'taints') ?? []) as readonly Loose[]).map((taint) =>
          String(taint['effect']),
        );
        const text = [ready?.['status'], ...taints].join(' ');
        if (states.at(-1)?.text !== text) states.push({ at: change.at, text });
      }
      expect(states.map(({ text }) => text)).toEqual([
        'Unknown',
        'Unknown NoSchedule',
        'Unknown NoSchedule NoExecute',
        'True NoSchedule NoExecute',
        'True NoExecute',
        'True',
      ]);
      const unknown = (states[0]?.at ?? 0) - killed;
      expect(unknown).toBeGreaterThan(40 * SECOND);
      expect(unknown).toBeLessThan(61 * SECOND);
      expect((states[2]?.at ?? 0) - (states[0]?.at ?? 0)).toBeLessThan(SECOND);
      const deleted = changes.find(({ object }) => object.metadata.deletionTimestamp !== undefined);
      expect(deleted?.object.metadata.name).toBe('bare');
      const waited = (deleted?.at ?? 0) - (states[2]?.at ?? 0);
      expect(Math.round(waited / SECOND)).toBe(10);
      expect((states[4]?.at ?? 0) - (states[3]?.at ?? 0)).toBeLessThan(SECOND);
      expect((states[5]?.at ?? 0) - restarted).toBeLessThan(7 * SECOND);
    },
  );
});

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
