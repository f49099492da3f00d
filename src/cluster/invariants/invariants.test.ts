import { describe, expect, it } from 'vitest';
import type { TraceEvent, TraceNote, WatchStep } from '../../sim/trace.ts';
import { InvariantChecks, invariants } from './index.ts';

let seq = 0;
const note = (source: string, value: TraceNote): TraceEvent => ({
  at: seq,
  source,
  seq: seq++,
  kind: 'note',
  note: value,
});
const role = (member: string, term: number, as: 'leader' | 'follower') =>
  note(`${member}/etcd`, { type: 'raft.role', member, term, role: as });
const append = (member: string, ...entries: [index: number, term: number][]) =>
  note(`${member}/etcd`, { type: 'raft.append', member, entries: entries.map(([index, term]) => ({ index, term })) });
const commit = (member: string, index: number) => note(`${member}/etcd`, { type: 'raft.commit', member, index });
const apply = (member: string, index: number, revision: number, key = 'k') =>
  note(`${member}/etcd`, {
    type: 'etcd.apply',
    member,
    index,
    revision,
    changes: [{ key, value: '{}', createRevision: 1, version: revision }],
  });
const container = (node: string, id: string, state: 'running' | 'exited') =>
  note(`${node}/containerd`, { type: 'container', pod: 'default/web', uid: 'u', container: 'c', id, node, state });
const bound = (member: string, index: number, node: string) =>
  note(`${member}/etcd`, {
    type: 'etcd.apply',
    member,
    index,
    revision: index,
    changes: [
      {
        key: '/registry/pods/default/web',
        value: JSON.stringify({ metadata: { uid: 'u' }, spec: { nodeName: node, containers: [] } }),
        createRevision: 1,
        version: index,
      },
    ],
  });

const SECONDS = 1_000_000;
let revision = 100;
const versions = new Map<string, { readonly createRevision: number; readonly version: number }>();
/** A revision of its own, at a time in seconds. */
const write = (at: number, key: string, object: object, isNew = false): TraceEvent => {
  revision++;
  const before = versions.get(key) ?? { createRevision: 1, version: 1 };
  const change = isNew ? { createRevision: revision, version: 1 } : { ...before, version: before.version + 1 };
  versions.set(key, change);
  const changes = [{ key, ...change, value: JSON.stringify(object) }];
  return {
    ...note('cp-1/etcd', { type: 'etcd.apply', member: 'cp-1', index: revision, revision, changes }),
    at: at * SECONDS,
  };
};
const held = (at: number, holderIdentity: string) =>
  write(at, '/registry/leases/kube-system/kube-scheduler', {
    metadata: {},
    spec: { holderIdentity, leaseDurationSeconds: 15 },
  });
const started = (process: string, program: string): TraceEvent => ({
  at: 1,
  source: process,
  seq: 1,
  kind: 'process',
  process,
  state: 'started',
  program,
  pid: 1,
  ip: '10.0.0.11',
  ownWorker: true,
});
let packets = 0;
const sent = (from: string, text: string): TraceEvent => ({
  at: 1,
  source: from,
  seq: 1,
  kind: 'packet',
  connection: 'c',
  packet: ++packets,
  from,
  to: 'balancer/load-balancer',
  path: ['cp-1', 'balancer'],
  protocol: 'api',
  label: { text, shape: 'request' },
  bytes: 100,
});
const lease = (source: string, state: 'acquired' | 'lost') =>
  note(source, { type: 'lease', lease: 'kube-system/kube-scheduler', holder: source, state });
const belief = (resourceVersion: string, by: WatchStep = 'event') =>
  note('worker-1/kubelet', { type: 'belief', component: 'worker-1/kubelet', resource: 'pods', resourceVersion, by });
const cached = (by: WatchStep, at: number, ...revisions: number[]) =>
  note('cp-1/kube-apiserver', { type: 'cache', prefix: '/registry/pods/', revision: at, by, revisions });
/** One revision that touched these pods, each for the first time. */
const podsAt = (at: number, ...names: string[]) =>
  note('cp-1/etcd', {
    type: 'etcd.apply',
    member: 'cp-1',
    index: at,
    revision: at,
    changes: names.map((name) => ({
      key: `/registry/pods/default/${name}`,
      value: JSON.stringify({ metadata: { uid: name }, spec: {} }),
      createRevision: at,
      version: 1,
    })),
  });
const sandbox = (uid: string, ip: string) =>
  note('n1/kubelet', { type: 'pod.sandbox', pod: `default/${uid}`, uid, node: 'n1', ip, state: 'ready' });
const memberStarted = (member: string, id: string, cluster: string) =>
  note(`${member}/etcd`, { type: 'etcd.start', member, id, cluster });
const addressed = (ip: string, at = 1) =>
  write(at, '/registry/pods/default/web', { metadata: { uid: 'u' }, spec: {}, status: { podIP: ip } });
const endpointAt = (ip: string, at = 2) =>
  write(at, '/registry/endpointslices/default/web', {
    metadata: {},
    endpoints: [
      {
        addresses: [ip],
        conditions: { ready: true },
        targetRef: { kind: 'Pod', namespace: 'default', name: 'web', uid: 'u' },
      },
    ],
  });
const answer = (verb: string, path: string, code: number) =>
  note('cp-1/kube-apiserver', { type: 'api.request', verb, path, user: 'u', code, took: 10 });
const owned = (kind: string, uid: string) => [{ kind, uid, controller: true }];
const deployment = (replicas: number) =>
  write(1, '/registry/deployments/default/web', {
    metadata: { uid: 'd' },
    spec: { replicas, strategy: { rollingUpdate: { maxSurge: '25%' } } },
  });
const replicaSet = (uid: string, replicas: number, at = 1) =>
  write(at, `/registry/replicasets/default/${uid}`, {
    metadata: { uid, ownerReferences: owned('Deployment', 'd') },
    spec: { replicas },
  });
const podOf = (name: string, set: string, at = 1) =>
  write(
    at,
    `/registry/pods/default/${name}`,
    { metadata: { uid: name, ownerReferences: owned('ReplicaSet', set) }, spec: {} },
    true,
  );
const readyPod = (status: string, at: number) =>
  write(at, '/registry/pods/default/web-1', {
    metadata: { uid: 'p' },
    spec: {},
    status: { conditions: [{ type: 'Ready', status }] },
  });
const slice = (uids: readonly string[], at: number) =>
  write(at, '/registry/endpointslices/default/web', {
    metadata: {},
    endpoints: uids.map((uid) => ({ conditions: { ready: true }, targetRef: { kind: 'Pod', uid } })),
  });
/** Time goes on. */
const later = (at: number) => write(at, '/registry/leases/kube-node-lease/n1', { metadata: {}, spec: {} });

const kept = (member: string, term: number, vote?: string) =>
  note(`${member}/etcd`, { type: 'raft.hard-state', member, term, ...(vote === undefined ? {} : { vote }) });
const voted = (member: string, term: number, vote: string) =>
  note(`${member}/etcd`, { type: 'raft.role', member, term, role: 'follower', vote });
const nodeOf = (cpu: string) =>
  write(1, '/registry/minions/n1', { metadata: { name: 'n1' }, spec: {}, status: { allocatable: { cpu } } });
const demanding = (name: string, cpu: string) =>
  write(1, `/registry/pods/default/${name}`, {
    metadata: { name },
    spec: { nodeName: 'n1', containers: [{ name: 'c', resources: { requests: { cpu } } }] },
  });

const manager = 'cp-1/kube-controller-manager';
const leading = (): TraceEvent[] => [
  note(manager, { type: 'lease', lease: 'kube-system/kube-controller-manager', holder: 'cp-1', state: 'acquired' }),
];
/** The manager's watches have told of everything, 51 s into the run. */
const seenAll = (): TraceEvent => ({
  ...note(manager, { type: 'belief', component: manager, resource: 'pods', resourceVersion: '100000', by: 'list' }),
  at: 50_500_000,
});
const seenSets = (): TraceEvent => ({
  ...note(manager, {
    type: 'belief',
    component: manager,
    resource: 'replicasets',
    resourceVersion: '100000',
    by: 'list',
  }),
  at: 50_500_000,
});

const ownerCalled = (uid: string, more: object = {}) =>
  write(1, '/registry/configmaps/default/owner', { metadata: { name: 'owner', namespace: 'default', uid, ...more } });
const ownedBy = (...uids: string[]) =>
  write(2, '/registry/secrets/default/owned', {
    metadata: {
      name: 'owned',
      namespace: 'default',
      ownerReferences: uids.map((uid) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid })),
    },
  });
/** Somebody deletes what is owned, and says so. */
const deletedBy = (who: string): TraceEvent[] => [
  {
    at: 3 * SECONDS,
    source: manager,
    seq: 1,
    kind: 'cause',
    id: `step of ${who}`,
    text: `${who} on cp-1 deletes Secret default/owned`,
  },
  {
    ...note('cp-1/etcd', {
      type: 'etcd.apply',
      member: 'cp-1',
      index: ++revision,
      revision,
      changes: [{ key: '/registry/secrets/default/owned', createRevision: 0, version: 0 }],
    }),
    cause: `step of ${who}`,
  },
];
const collector = 'garbage-collector-controller';

const renewedAt = (at: number) =>
  write(at, '/registry/leases/kube-system/kube-controller-manager', { metadata: {}, spec: { holderIdentity: 'cp-1' } });
const leadingFor = (at: number) => [30, 22, 14, 6, 0].map((before) => renewedAt(at - before));

describe('each invariant catches what it is for', () => {
  const broken: readonly (readonly [string, TraceEvent[]])[] = [
    ['election safety', [role('a', 1, 'leader'), role('b', 1, 'leader')]],
    ['leader append-only', [role('a', 1, 'leader'), append('a', [1, 1], [2, 1]), append('a', [2, 2])]],
    ['leader completeness', [append('a', [1, 1]), commit('a', 1), append('b', [1, 0]), role('b', 2, 'leader')]],
    [
      'leader commits its own term',
      [append('a', [1, 1], [2, 1]), role('a', 2, 'leader'), append('a', [3, 2]), commit('a', 2)],
    ],
    ['terms only grow', [kept('a', 2), role('a', 1, 'follower')]],
    ['terms only grow', [kept('a', 2, 'b'), voted('a', 2, 'c')]],
    ['nodes not overcommitted', [nodeOf('2'), demanding('a', '1500m'), demanding('b', '600m')]],
    ['log matching', [append('a', [1, 1], [2, 2]), append('b', [1, 0], [2, 2])]],
    ['state machine safety', [append('a', [1, 1]), commit('a', 1), append('b', [1, 2]), commit('b', 1)]],
    ['state machine safety', [apply('a', 1, 1, 'x'), apply('b', 1, 1, 'y')]],
    ['revisions in order', [apply('a', 1, 1), apply('a', 2, 3)]],
    [
      'only the holder acts',
      [
        started('cp-1/s', 'kube-scheduler'),
        started('cp-2/s', 'kube-scheduler'),
        lease('cp-1/s', 'acquired'),
        lease('cp-2/s', 'acquired'),
        { ...sent('cp-1/s', 'DELETE /api/v1/namespaces/default/pods/web'), at: 9 * SECONDS },
      ],
    ],
    ['collected have no owner', [ownerCalled('o'), ownedBy('o'), ...deletedBy(collector)]],
    ['collected have no owner', [ownerCalled('new'), ownedBy('old', 'new'), ...deletedBy(collector)]],
    ['collected have no owner', [ownedBy(), ...deletedBy(collector)]],
    ['no pod runs twice', [container('n1', 'x', 'running'), container('n2', 'y', 'running')]],
    ['lease handover', [held(1, 'a'), held(3, 'b')]],
    ['only the holder acts', [started('cp-1/s', 'kube-scheduler'), sent('cp-1/s', 'POST /api/v1/bindings')]],
    [
      'only the holder acts',
      [
        started('cp-1/s', 'kube-scheduler'),
        lease('cp-1/s', 'acquired'),
        lease('cp-1/s', 'lost'),
        { ...sent('cp-1/s', 'DELETE /api/v1/namespaces/default/pods/web'), at: SECONDS },
      ],
    ],
    [
      'no pod runs twice',
      [container('n1', 'x', 'running'), container('n1', 'x', 'exited'), container('n2', 'y', 'running')],
    ],
    ['one address per pod', [sandbox('a', '10.244.1.2'), sandbox('b', '10.244.1.2')]],
    ['endpoints are pods', [addressed('10.244.1.2'), endpointAt('10.244.1.9')]],
    ['watch ordered', [belief('5'), belief('4')]],
    ['watch ordered', [belief('5'), belief('4', 'list')]],
    ['watch ordered', [cached('list', 1), cached('event', 3, 2, 3), cached('event', 4, 3, 4)]],
    ['watch atomic', [cached('list', 1), podsAt(2, 'a', 'b'), cached('event', 2, 2)]],
    ['watch resumable', [cached('list', 1), podsAt(2, 'a'), podsAt(3, 'b'), cached('event', 3, 3)]],
    ['watch resumable', [belief('1', 'list'), podsAt(2, 'a'), podsAt(3, 'b'), belief('3')]],
    ['watch bookmarkable', [belief('1', 'list'), podsAt(2, 'a'), belief('3', 'bookmark')]],
    ['revisions in order', [podsAt(1, 'a'), podsAt(2, 'a')]],
    ['no acknowledged write lost', [answer('create', '/api/v1/namespaces/default/pods', 201)]],
    [
      'no acknowledged write lost',
      [podOf('web', 'r', 0), { ...answer('delete', '/api/v1/namespaces/default/pods/web', 200), at: 20 }],
    ],
    ['replicas within limits', [replicaSet('r', 1), podOf('a', 'r'), podOf('b', 'r')]],
    [
      'replicas within limits',
      [...leading(), replicaSet('r', 1, 50), podOf('a', 'r', 50), seenAll(), seenSets(), podOf('b', 'r', 90)],
    ],
    ['replicas within limits', [deployment(4), replicaSet('r', 4), replicaSet('s', 2)]],
    // A plan for one pod is not carried out for ten seconds.
    [
      'replicas within limits',
      [
        ...leading(),
        seenAll(),
        seenSets(),
        replicaSet('r', 2, 200),
        replicaSet('r', 1, 220),
        podOf('a', 'r', 230),
        podOf('b', 'r', 230),
      ],
    ],
    [
      'surplus pods go',
      [
        ...leadingFor(200),
        replicaSet('r', 1, 200),
        ...['a', 'b'].map((name) => podOf(name, 'r', 201)),
        renewedAt(205),
        renewedAt(210),
        renewedAt(216),
      ],
    ],
    [
      'surplus pods go',
      [
        ...leadingFor(200),
        deployment(1),
        replicaSet('r', 1, 200),
        replicaSet('s', 2, 201),
        ...['c', 'd'].map((name) => podOf(name, 's', 201)),
        podOf('e', 'r', 201),
        renewedAt(205),
        renewedAt(210),
        renewedAt(216),
      ],
    ],
    [
      'endpoints are ready',
      [readyPod('True', 1), slice(['p'], 2), readyPod('False', 200), later(201), later(205), later(220)],
    ],
    ['bound once', [bound('a', 1, 'n1'), bound('a', 2, 'n2')]],
  ];

  it.each(broken)('%s', (name, events) => {
    const checks = new InvariantChecks();
    checks.see(events);
    expect(checks.violations.map((violation) => violation.invariant)).toContain(name);
  });

  it('and each has such a case', () => {
    expect([...new Set(broken.map(([name]) => name))].sort()).toEqual(invariants.map(({ name }) => name).sort());
  });

  it('a starved holder comes late to its deadline, and has no excuse once it is healed', () => {
    const checks = new InvariantChecks();
    const slow = (state: 'injected' | 'healed', at: number): TraceEvent => ({
      kind: 'fault',
      id: '1',
      command: 'slow cp-1/s 50x',
      state,
      text: '',
      targets: ['cp-1/s'],
      at: at * SECONDS,
      source: 'kernel',
      seq: at,
    });
    const acts = (at: number): TraceEvent => ({
      ...sent('cp-1/s', `DELETE /api/v1/namespaces/default/pods/web-${at}`),
      at: at * SECONDS,
    });
    const two = [started('cp-1/s', 'kube-scheduler'), started('cp-2/s', 'kube-scheduler')];
    const both = [lease('cp-1/s', 'acquired'), slow('injected', 1), lease('cp-2/s', 'acquired')];
    checks.see([...two, ...both, acts(30), slow('healed', 40), acts(50)]);
    expect(checks.violations).toEqual([]);
    checks.see([acts(60)]);
    expect(checks.violations.map(({ invariant }) => invariant)).toEqual(['only the holder acts']);
  });

  it('however starved, a holder reads in vain no more often than its deadline allows, and then acts no more', () => {
    const slowed: TraceEvent = {
      ...{ kind: 'fault', id: '1', command: 'slow cp-1/s 50x', state: 'injected', text: '', targets: ['cp-1/s'] },
      ...{ at: SECONDS, source: 'kernel', seq: 1 },
    };
    const checks = new InvariantChecks();
    checks.see([started('cp-1/s', 'kube-scheduler'), started('cp-2/s', 'kube-scheduler')]);
    checks.see([lease('cp-1/s', 'acquired'), slowed, lease('cp-2/s', 'acquired')]);
    const triesAndActs = (count: number): void => {
      for (let i = 0; i < count; i++)
        checks.see([sent('cp-1/s', 'GET /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler')]);
      checks.see([{ ...sent('cp-1/s', 'POST /api/v1/namespaces/default/pods/web/binding'), at: 100 * SECONDS }]);
    };
    triesAndActs(6);
    expect(checks.violations).toEqual([]);
    triesAndActs(1);
    expect(checks.violations.map(({ invariant }) => invariant)).toEqual(['only the holder acts']);
  });

  it('what is late, expired, given up or on its way is in order', () => {
    const checks = new InvariantChecks();
    checks.see([
      held(1, 'a'),
      held(16, 'b'),
      held(17, ''),
      held(18, 'a'),
      // A candidate that could not keep its term asked nobody.
      role('a', 1, 'follower'),
      role('a', 2, 'follower'),
      memberStarted('a', '', ''),
      role('a', 1, 'follower'),
      started('cp-1/s', 'kube-scheduler'),
      sent('cp-1/s', 'PUT /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler'),
      lease('cp-1/s', 'acquired'),
      nodeOf('2'),
      demanding('x', '1500m'),
      demanding('y', '500m'),
      sent('cp-1/s', 'POST /api/v1/namespaces/default/pods/web/binding'),
      belief('4'),
      belief('5'),
      deployment(4),
      replicaSet('r', 4, 20),
      replicaSet('s', 1, 20),
      replicaSet('r', 1, 30),
      podOf('a', 'r', 31),
      podOf('b', 'r', 31),
      { ...answer('create', '/api/v1/namespaces/default/pods', 201), at: 31 * SECONDS + 5 },
      {
        at: 40 * SECONDS,
        source: 'kernel',
        seq: 1,
        kind: 'fault',
        id: '1',
        command: 'pause cp-1',
        state: 'healed',
        text: '',
        targets: ['cp-1'],
      },
      podOf('c', 'r', 41),
      podOf('d', 'r', 41),
      podOf('e', 'r', 41),
      // Nothing of these was told to the manager for long: it does not know better.
      ...leading(),
      replicaSet('q', 1, 100),
      podOf('q1', 'q', 100),
      podOf('q2', 'q', 120),
      readyPod('True', 150),
      slice(['p'], 151),
      readyPod('False', 200),
      later(205),
      slice([], 206),
      later(300),
    ]);
    expect(checks.violations).toEqual([]);
  });

  it('an endpoint may carry the address that its pod had while the controller’s watch lags, and no other', () => {
    const moved = () => [...leading(), addressed('10.244.1.2'), addressed('10.244.1.3', 100)];
    const broken = (events: readonly TraceEvent[]): string[] => {
      const checks = new InvariantChecks();
      checks.see(events);
      return checks.violations.map(({ invariant }) => invariant);
    };
    const caughtUp = { ...seenAll(), at: 101 * SECONDS };
    expect(broken([...moved(), endpointAt('10.244.1.2', 110)])).toEqual([]);
    expect(broken([...moved(), caughtUp, endpointAt('10.244.1.2', 110)])).toEqual(['endpoints are pods']);
    expect(broken([...moved(), endpointAt('10.244.1.4', 110)])).toEqual(['endpoints are pods']);
  });

  it('what was deleted may be there again under its name before the answer comes, whoever made it', () => {
    const pods = '/api/v1/namespaces/default/pods';
    const made = podOf('web', 'r', 100);
    const told = { ...answer('create', pods, 201), at: 100 * SECONDS + 5 };
    const deleted = (took: number): TraceEvent => ({
      ...note('cp-3/kube-apiserver', {
        ...{ type: 'api.request', verb: 'delete', path: `${pods}/web`, user: 'u', code: 200 },
        took: took * SECONDS,
      }),
      at: 200 * SECONDS,
    });
    const late = new InvariantChecks();
    late.see([made, told, deleted(150)]);
    expect(late.violations).toEqual([]);
    const lost = new InvariantChecks();
    lost.see([made, told, deleted(50)]);
    expect(lost.violations.map(({ invariant }) => invariant)).toEqual(['no acknowledged write lost']);
  });

  it('what is collected may have had an owner of that name before, or one that waits for it; and others may delete', () => {
    const waits = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['foregroundDeletion'] };
    for (const events of [
      [ownerCalled('new'), ownedBy('old'), ...deletedBy(collector)],
      [ownerCalled('o', waits), ownedBy('o'), ...deletedBy(collector)],
      [ownerCalled('o'), ownedBy('o'), ...deletedBy('namespace-controller')],
    ]) {
      const checks = new InvariantChecks();
      checks.see(events);
      expect(checks.violations).toEqual([]);
    }
  });

  it('surplus pods go one after the other, and nobody takes them away while nobody leads', () => {
    const checks = new InvariantChecks();
    const names = ['f', 'g', 'h', 'i'];
    const goes = (name: string, at: number) =>
      write(at, `/registry/pods/default/${name}`, {
        metadata: { uid: name, ownerReferences: owned('ReplicaSet', 'many'), deletionTimestamp: '…' },
        spec: {},
      });
    checks.see([...leadingFor(300), replicaSet('many', 4, 300), ...names.map((name) => podOf(name, 'many', 300))]);
    checks.see([replicaSet('many', 1, 301), renewedAt(305), goes('f', 310), renewedAt(314), goes('g', 319)]);
    // Nobody renews, and whoever leads then needs a moment.
    checks.see([renewedAt(321), later(340), later(390), renewedAt(391), renewedAt(400), goes('h', 410)]);
    expect(checks.violations).toEqual([]);
  });

  it('a vote that was lost before it was on the disk was never given', () => {
    const checks = new InvariantChecks();
    checks.see([kept('a', 1), voted('a', 2, 'b'), memberStarted('a', '1', 'x'), role('a', 1, 'follower')]);
    checks.see([voted('a', 2, 'c'), kept('a', 2, 'c'), role('a', 2, 'follower')]);
    expect(checks.violations).toEqual([]);
  });

  it('what a holder has sent may be on its way when it holds no longer', () => {
    const checks = new InvariantChecks();
    const binding = sent('cp-1/s', 'POST /api/v1/namespaces/default/pods/web/binding');
    checks.see([
      started('cp-1/s', 'kube-scheduler'),
      lease('cp-1/s', 'acquired'),
      binding,
      lease('cp-1/s', 'lost'),
      { ...binding, at: 9 * SECONDS },
    ]);
    expect(checks.violations).toEqual([]);
  });

  it('a watch may be late, come in pieces, and begin anew', () => {
    const checks = new InvariantChecks();
    checks.see([
      belief('1', 'list'),
      cached('list', 1),
      podsAt(2, 'a', 'b'),
      podsAt(3, 'c'),
      podsAt(4, 'd'),
      cached('event', 3, 2, 2, 3),
      belief('2'),
      belief('3'),
      belief('3', 'bookmark'),
      cached('event', 4, 4),
      cached('bookmark', 9),
      podsAt(5, 'e'),
      belief('5', 'list'),
      started('worker-1/kubelet', 'kubelet'),
      belief('4', 'list'),
      belief('5'),
    ]);
    expect(checks.violations).toEqual([]);
  });

  it('a member that replaces another begins with nothing, and so does a cluster that was restored', () => {
    const checks = new InvariantChecks();
    checks.see([
      memberStarted('a', '1', 'x'),
      memberStarted('b', '2', 'x'),
      kept('a', 5, 'a'),
      kept('b', 5, 'a'),
      role('a', 5, 'leader'),
      append('a', [1, 5], [2, 5]),
      append('b', [1, 5], [2, 5]),
      commit('a', 2),
      podsAt(1, 'a'),
      role('b', 5, 'follower'),
      memberStarted('b', '3', 'x'),
      role('b', 1, 'follower'),
      append('b', [1, 5]),
      memberStarted('a', '4', 'y'),
      role('a', 2, 'leader'),
      append('a', [1, 2]),
      commit('a', 1),
      podsAt(1, 'b'),
    ]);
    expect(checks.violations).toEqual([]);
  });

  it('a member that was removed and lost its data may start again, and stays out; one that belongs may not', () => {
    const ids = (by: string, ...members: readonly string[]): TraceEvent =>
      note(`${by}/etcd`, {
        type: 'raft.configuration',
        member: by,
        members: members.map((id) => ({ id, name: id, address: '', vote: true })),
        joint: false,
      });
    const before = [memberStarted('a', '1', 'x'), memberStarted('b', '2', 'x'), ids('a', '1', '2'), kept('b', 5, 'a')];
    const again = [memberStarted('b', '2', 'x'), role('b', 1, 'follower')];
    const removed = new InvariantChecks();
    removed.see([...before, ids('a', '1'), ...again]);
    expect(removed.violations).toEqual([]);
    const member = new InvariantChecks();
    member.see([...before, ids('a', '1', '2'), ...again]);
    expect(member.violations.map(({ invariant }) => invariant)).toEqual(['terms only grow']);
  });

  it('and none complains about an orderly run', () => {
    const checks = new InvariantChecks();
    checks.see([
      role('a', 1, 'leader'),
      append('a', [1, 1], [2, 1]),
      append('b', [1, 1], [2, 1]),
      append('c', [1, 1]),
      commit('a', 2),
      apply('a', 1, 1),
      apply('a', 2, 2),
      commit('b', 1),
      apply('b', 1, 1),
      role('b', 2, 'leader'),
      append('b', [3, 2]),
      append('c', [2, 1], [3, 2]),
      container('n1', 'x', 'running'),
      container('n1', 'x', 'exited'),
      container('n1', 'y', 'running'),
      { at: 1, source: 'kernel', seq: 0, kind: 'host', host: 'n1', state: 'off' },
      container('n1', 'z', 'running'),
    ]);
    expect(checks.violations).toEqual([]);
  });
});
