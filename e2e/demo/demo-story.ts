import type { Micros } from '../../src/sim/env.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { formatTime } from '../../src/lib/time.ts';

const S = 1_000_000;
const CP = ['cp-1', 'cp-2', 'cp-3'] as const;
const WORKERS = ['worker-1', 'worker-2', 'worker-3'] as const;

class Story {
  readonly events: TraceEvent[] = [];
  readonly epoch: Micros;
  seq = 0;
  index = 0;
  revision = 0;
  term = 1;
  leader = 'cp-3';
  readonly versions = new Map<string, { value: string; created: number; version: number }>();

  constructor(epoch: Micros) {
    this.epoch = epoch;
  }
  add(at: Micros, source: string, record: object): void {
    this.events.push({ at, source, seq: this.seq++, ...record } as unknown as TraceEvent);
  }
  note(at: Micros, source: string, note: object): void {
    this.add(at, source, { kind: 'note', note });
  }
  cause(at: Micros, source: string, id: string, text: string, parent?: string): string {
    this.add(at, source, { kind: 'cause', id, text, ...(parent === undefined ? {} : { parent }) });
    return id;
  }
  readonly plan: { readonly at: Micros; readonly act: () => void }[] = [];
  /** Writes get their revisions in the order of time, whatever order they were thought of. */
  later(at: Micros, act: () => void): void {
    this.plan.push({ at, act });
  }
  elect(at: Micros, leader: string, term: number): void {
    this.later(at, () => this.electNow(at, leader, term));
  }
  put(at: Micros, key: string, object: object | undefined, by?: string, cause?: string): void {
    this.later(at, () => this.putNow(at, key, object, by, cause));
  }
  electNow(at: Micros, leader: string, term: number): void {
    this.leader = leader;
    this.term = term;
    for (const host of CP)
      this.note(at, `${host}/etcd`, {
        type: 'raft.role',
        member: host,
        term,
        role: host === leader ? 'leader' : 'follower',
        leader,
        vote: leader,
      });
    for (const host of CP)
      this.note(at, `${host}/etcd`, { type: 'raft.timer', member: host, electionTimeout: 1_500_000 });
    this.append(at, `no-op: ${leader} elected`, CP);
  }
  append(at: Micros, text: string, hosts: readonly string[], by?: string, cause?: string): void {
    this.index++;
    const entry = { index: this.index, term: this.term };
    for (const host of [this.leader, ...hosts.filter((one) => one !== this.leader)])
      this.note(at, `${host}/etcd`, {
        type: 'raft.append',
        member: host,
        entries: [
          host === this.leader
            ? { ...entry, text, ...(by === undefined ? {} : { by }), ...(cause === undefined ? {} : { cause }) }
            : entry,
        ],
      });
    for (const host of hosts) this.note(at, `${host}/etcd`, { type: 'raft.durable', member: host, index: this.index });
    for (const host of hosts) this.note(at, `${host}/etcd`, { type: 'raft.commit', member: host, index: this.index });
  }
  putNow(at: Micros, key: string, object: object | undefined, by?: string, cause?: string): void {
    this.append(at, `put /registry/${key}`, CP, by, cause);
    this.revision++;
    const full = `/registry/${key}`;
    const before = this.versions.get(full);
    const change =
      object === undefined
        ? { key: full, createRevision: 0, version: 0 }
        : {
            key: full,
            value: JSON.stringify(object),
            createRevision: before?.created ?? this.revision,
            version: (before?.version ?? 0) + 1,
          };
    if (object === undefined) this.versions.delete(full);
    else
      this.versions.set(full, {
        value: JSON.stringify(object),
        created: change.createRevision,
        version: change.version,
      });
    for (const host of CP)
      this.note(at, `${host}/etcd`, {
        type: 'etcd.apply',
        member: host,
        index: this.index,
        revision: this.revision,
        changes: [change],
      });
  }
  time(at: Micros): string {
    return formatTime(this.epoch + at);
  }
}

interface DemoPod {
  readonly name: string;
  readonly owner: string;
  readonly node: string;
  readonly at: Micros;
  readonly namespace?: string;
}

const PODS: readonly DemoPod[] = [
  { name: 'kube-proxy-a1', owner: 'kube-proxy', node: 'worker-1', at: 17 * S, namespace: 'kube-system' },
  { name: 'web-7c5d9-8tzqv', owner: 'web', node: 'worker-1', at: 41 * S },
  { name: 'web-7c5d9-c6mhx', owner: 'web', node: 'worker-1', at: 41 * S },
  { name: 'web-7c5d9-v9d2p', owner: 'web', node: 'worker-2', at: 41 * S },
  { name: 'web-7c5d9-x2k4q', owner: 'web', node: 'worker-2', at: 41 * S },
  { name: 'web-7c5d9-4jw8d', owner: 'web', node: 'worker-3', at: 41 * S },
  { name: 'web-7c5d9-n5bkr', owner: 'web', node: 'worker-3', at: 41 * S },
  { name: 'guestbook-5c9f8-9qv7m', owner: 'guestbook', node: 'worker-1', at: 52 * S },
  { name: 'redis-6b8f9-jt5nd', owner: 'redis', node: 'worker-2', at: 52 * S },
  { name: 'coredns-a', owner: 'coredns', node: 'worker-1', at: 53 * S, namespace: 'kube-system' },
  { name: 'coredns-b', owner: 'coredns', node: 'worker-3', at: 53 * S, namespace: 'kube-system' },
];

export function storyOf(epoch: Micros, until: Micros): TraceEvent[] {
  const story = new Story(epoch);
  boot(story);
  leases(story, 9 * S, 41 * S);
  workloads(story);
  leases(story, 54 * S, 67 * S);
  powerOff(story);
  leases(story, 68 * S, until - 2 * S);
  lastMoments(story, until);
  for (const { act } of story.plan.sort((a, b) => a.at - b.at)) act();
  return story.events.sort((a, b) => a.at - b.at || a.seq - b.seq);
}

function boot(story: Story): void {
  for (const host of ['laptop', ...CP, 'balancer', ...WORKERS, 'internet', 'registry'])
    story.add(0, host, { kind: 'host', host, state: 'on' });
  let pid = 100;
  const start = (at: Micros, host: string, program: string): void =>
    story.add(at, host, {
      kind: 'process',
      process: `${host}/${program}`,
      state: 'started',
      program,
      pid: pid++,
      ip: '10.0.0.1',
      ownWorker: true,
    });
  start(1000, 'laptop', 'terminal');
  start(1000, 'balancer', 'load-balancer');
  for (const host of CP)
    for (const [i, program] of [
      'containerd',
      'kubelet',
      'etcd',
      'kube-apiserver',
      'kube-scheduler',
      'kube-controller-manager',
      'kube-proxy',
    ].entries())
      start(1000 + i * 500_000, host, program);
  for (const host of WORKERS)
    for (const program of ['containerd', 'kubelet', 'kube-proxy']) start(2 * S, host, program);
  story.elect(8.2 * S, 'cp-3', 1);
  for (const host of [...CP, ...WORKERS]) story.put(9 * S, `minions/${host}`, node(story, host, 9 * S, 'True', false));
  story.put(9.1 * S, 'leases/kube-system/kube-scheduler', lease('cp-1'));
  story.put(9.1 * S, 'leases/kube-system/kube-controller-manager', lease('cp-3'));
  story.elect(19.6 * S, 'cp-2', 2);
  fault(story, '1', 'kill cp-3/etcd', 19.2 * S, 21.6 * S, ['cp-3/etcd']);
  fault(story, '2', 'loss 20% cp-2', 31 * S, 37 * S, ['cp-2']);
  story.elect(32.6 * S, 'cp-1', 3);
}

function fault(
  story: Story,
  id: string,
  command: string,
  at: Micros,
  until: Micros | undefined,
  targets: readonly string[],
): void {
  story.add(at, 'kernel', { kind: 'fault', id, command, state: 'injected', text: command, targets });
  if (until !== undefined)
    story.add(until, 'kernel', { kind: 'fault', id, command, state: 'healed', text: command, targets });
}

function node(story: Story, name: string, at: Micros, ready: string, tainted: boolean): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: name },
    spec: tainted
      ? { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: story.time(at) }] }
      : {},
    status: { conditions: [{ type: 'Ready', status: ready }] },
  };
}

const lease = (holder: string): object => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'x' },
  spec: { holderIdentity: `${holder}_1f2e` },
});

function pod(story: Story, given: DemoPod, extra: object = {}, phase = 'Running'): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: given.name,
      namespace: given.namespace ?? 'default',
      uid: given.name,
      creationTimestamp: story.time(given.at),
      labels: { app: given.owner, 'pod-template-hash': '7c5d9' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${given.owner}-7c5d9`, uid: 'u', controller: true },
      ],
      ...extra,
    },
    spec: {
      nodeName: given.node === '' ? undefined : given.node,
      containers: [{ name: given.owner, image: given.owner }],
      tolerations: [
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
    },
    status: { phase, containerStatuses: [{ name: given.owner, ready: phase === 'Running', state: {} }] },
  };
}

function keyOf(given: DemoPod): string {
  return `pods/${given.namespace ?? 'default'}/${given.name}`;
}

function workloads(story: Story): void {
  const typed = story.cause(41.02 * S, 'kernel', 'c1', 'you typed kubectl apply -f web.yaml');
  story.put(
    41.034 * S,
    'deployments/default/web',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: { replicas: 6 },
    },
    'cp-1/kube-apiserver',
    typed,
  );
  const made = story.cause(41.034 * S, 'cp-3/kube-controller-manager', 'c2', 'Deployment web', typed);
  const replicas = story.cause(41.071 * S, 'cp-3/kube-controller-manager', 'c3', 'ReplicaSet made this Pod', made);
  for (const given of PODS) {
    const at = given.at + 71_000;
    story.put(at, keyOf(given), pod(story, { ...given, node: '' }, {}, 'Pending'), 'cp-1/kube-apiserver', replicas);
    const chosen = story.cause(
      at + 42_000,
      'cp-1/kube-scheduler',
      `s-${given.name}`,
      `scheduler on cp-1 chose ${given.node}`,
      replicas,
    );
    story.note(at + 42_000, 'cp-1/kube-scheduler', {
      type: 'schedule',
      pod: `default/${given.name}`,
      uid: given.name,
      node: given.node,
      verdicts: [
        ...CP.map((host) => ({
          node: host,
          rejectedBy: { plugin: 'TaintToleration', reason: 'untolerated taint(s)' },
        })),
        ...WORKERS.map((host, i) => ({
          node: host,
          scores: {
            NodeResourcesFit: 84 + i * 2,
            NodeResourcesBalancedAllocation: 96 - i,
            PodTopologySpread: host === given.node ? 200 : 100,
            ImageLocality: 0,
            TaintToleration: 300,
          },
          total: 580 + (host === given.node ? 106 : i),
        })),
      ],
    });
    story.put(at + 42_000, keyOf(given), pod(story, given, {}, 'Pending'), 'cp-1/kube-scheduler', chosen);
    run(story, given, at + 1.2 * S);
    const started = story.cause(
      at + 1.5 * S,
      `${given.node}/kubelet`,
      `k-${given.name}`,
      `kubelet started ${given.owner}; Ready`,
      chosen,
    );
    story.put(at + 1.5 * S, keyOf(given), pod(story, given), `${given.node}/kubelet`, started);
    story.put(at + 1.6 * S, `events/default/${given.name}.1`, {
      apiVersion: 'v1',
      kind: 'Event',
      type: 'Normal',
      reason: 'Started',
      message: `Created container: ${given.owner}`,
      involvedObject: { kind: 'Pod', name: given.name, uid: given.name },
    });
  }
}

let sandboxes = 1;

function run(story: Story, given: DemoPod, at: Micros): void {
  const common = { pod: `${given.namespace ?? 'default'}/${given.name}`, uid: given.name, node: given.node };
  story.note(at, `${given.node}/kubelet`, {
    type: 'pod.sandbox',
    ...common,
    state: 'ready',
    ip: `10.244.1.${(sandboxes += 1)}`,
  });
  story.note(at, `${given.node}/kubelet`, {
    type: 'container',
    ...common,
    container: given.owner,
    id: `${given.name}-c`,
    state: 'running',
  });
  story.add(at + 1000, `${given.node}/kubelet`, {
    kind: 'output',
    process: `${given.node}/${given.name}-c`,
    stream: 'stdout',
    text: `${given.owner}: ready to serve\n`,
  });
}

function leases(story: Story, from: Micros, to: Micros): void {
  const names = [
    'kube-node-lease/cp-1',
    'kube-node-lease/worker-1',
    'kube-system/kube-scheduler',
    'kube-node-lease/cp-2',
    'kube-node-lease/worker-3',
    'kube-node-lease/cp-3',
  ];
  for (let at = from, i = 0; at < to; at += 620_000, i++) {
    const name = names[i % names.length] ?? '';
    story.put(at, `leases/${name}`, lease('cp-1'), `${name.split('/')[1]}/kubelet`);
  }
}

function powerOff(story: Story): void {
  fault(story, '3', 'power-off worker-2', 67.21 * S, undefined, ['worker-2']);
  story.add(67.21 * S, 'worker-2', { kind: 'host', host: 'worker-2', state: 'off' });
  const why = story.cause(120.35 * S, 'cp-3/kube-controller-manager', 'nl', 'node lifecycle: lease silent, tainted');
  story.put(
    120.35 * S,
    'minions/worker-2',
    node(story, 'worker-2', 120.35 * S, 'Unknown', true),
    'cp-3/kube-controller-manager',
    why,
  );
  for (const given of PODS.filter((one) => one.node === 'worker-2' && one.owner === 'web'))
    story.put(120.36 * S, keyOf(given), pod(story, given), 'cp-3/kube-controller-manager', why);
}

function lastMoments(story: Story, until: Micros): void {
  fault(story, '4', 'pause cp-1/etcd', 128.1 * S, 129.6 * S, ['cp-1/etcd']);
  story.elect(129.2 * S, 'cp-2', 4);
  const redis = PODS.find((one) => one.owner === 'redis') ?? PODS[0];
  if (redis === undefined) return;
  const evicted = story.cause(130.35 * S, 'cp-3/kube-controller-manager', 'ev', 'redis-6b8f9-jt5nd evicted', 'nl');
  story.put(
    130.35 * S,
    keyOf(redis),
    pod(story, redis, { deletionTimestamp: story.time(130 * S) }),
    'cp-3/kube-controller-manager',
    evicted,
  );
  const fresh: DemoPod = { name: 'redis-6b8f9-l8wzt', owner: 'redis', node: 'worker-3', at: 130.4 * S };
  story.put(
    130.4 * S,
    keyOf(fresh),
    pod(story, { ...fresh, node: '' }, {}, 'Pending'),
    'cp-3/kube-controller-manager',
    evicted,
  );
  const bound = story.cause(130.5 * S, 'cp-1/kube-scheduler', 'bind', 'scheduler on cp-1 chose worker-3', evicted);
  story.put(130.5 * S, keyOf(fresh), pod(story, fresh, {}, 'Pending'), 'cp-1/kube-scheduler', bound);
  story.put(until - 0.9 * S, 'leases/kube-node-lease/worker-3', lease('worker-3'));
  story.put(until - 0.4 * S, 'leases/kube-system/kube-scheduler', lease('cp-1'));
  story.later(until - 300, () => openEntry(story, until));
  story.add(until - 100, 'worker-1', {
    kind: 'tables',
    host: 'worker-1',
    tables: {
      nat: {
        PREROUTING: {
          policy: 'ACCEPT',
          rules: [{ comment: 'kubernetes service portals', target: { kind: 'jump', chain: 'KUBE-SERVICES' } }],
        },
        'KUBE-SERVICES': { rules: [] },
      },
    },
  });
}

function openEntry(story: Story, until: Micros): void {
  story.index++;
  for (const host of ['cp-2', 'cp-1'])
    story.note(until - 300, `${host}/etcd`, {
      type: 'raft.append',
      member: host,
      entries: [{ index: story.index, term: 4, text: 'put /registry/leases/kube-node-lease/worker-1' }],
    });
  story.note(until - 200, 'cp-2/etcd', { type: 'raft.durable', member: 'cp-2', index: story.index });
  for (const [i, component] of [
    'cp-1/kube-scheduler',
    'cp-3/kube-controller-manager',
    'worker-1/kubelet',
    'worker-3/kubelet',
  ].entries())
    story.note(until - 150, component, {
      type: 'belief',
      component,
      resource: 'pods',
      resourceVersion: String(story.revision - (i === 3 ? 8 : 0)),
    });
}

const ROUTES: readonly (readonly [string, string, string, string, number])[] = [
  ['cp-2/etcd', 'cp-1/etcd', 'raft', 'request', 100],
  ['cp-1/etcd', 'cp-2/etcd', 'raft', 'answer', 100],
  ['cp-2/etcd', 'cp-3/etcd', 'raft', 'request', 100],
  ['cp-3/etcd', 'cp-2/etcd', 'raft', 'answer', 100],
  ['laptop/terminal', 'balancer/load-balancer', 'api', 'request', 900],
  ['balancer/load-balancer', 'laptop/terminal', 'api', 'answer', 900],
  ['balancer/load-balancer', 'cp-1/kube-apiserver', 'api', 'request', 310],
  ['cp-3/kube-apiserver', 'balancer/load-balancer', 'api', 'answer', 290],
  ['balancer/load-balancer', 'worker-1/kubelet', 'watch', 'stream', 350],
  ['balancer/load-balancer', 'worker-3/kubelet', 'watch', 'stream', 420],
  ['worker-1/kubelet', 'balancer/load-balancer', 'api', 'request', 640],
  ['balancer/load-balancer', 'worker-2/kubelet', 'watch', 'stream', 700],
  ['cp-1/kube-apiserver', 'worker-3/kubelet', 'kubelet', 'request', 800],
  ['internet/internet', 'worker-1/web', 'pod', 'request', 260],
  ['worker-1/web', 'internet/internet', 'pod', 'answer', 270],
  ['worker-1/web', 'worker-3/redis', 'pod', 'request', 330],
  ['worker-3/web', 'worker-1/coredns', 'dns', 'request', 520],
  ['worker-3/containerd', 'registry/registry', 'cloud', 'answer', 450],
  ['internet/internet', 'worker-2/web', 'pod', 'request', 610],
];

let packets = 0;

/** What passes between machines in a stretch of time. */
export function trafficOf(from: Micros, to: Micros): TraceEvent[] {
  const events: TraceEvent[] = [];
  ROUTES.forEach(([a, b, protocol, shape, every], i) => {
    const period = every * 1_000;
    for (let at = Math.ceil((from - i * 37_000) / period) * period + i * 37_000; at < to; at += period) {
      const path = [a.split('/')[0] ?? '', b.split('/')[0] ?? ''];
      const packet = ++packets;
      const connection = `c${i}`;
      const down = path.includes('worker-2');
      events.push({
        at,
        source: a,
        seq: packet,
        kind: 'packet',
        connection,
        packet,
        from: a,
        to: b,
        path,
        protocol,
        label: { text: protocol, shape },
        bytes: 120,
        ...(down ? {} : { arrives: at + 500 }),
      } as unknown as TraceEvent);
      if (down)
        events.push({
          at,
          source: a,
          seq: packet,
          kind: 'drop',
          connection,
          packet,
          where: path,
          why: 'down',
        } as unknown as TraceEvent);
    }
  });
  return events.sort((a, b) => a.at - b.at);
}
