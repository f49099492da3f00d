import { describe, expect, test } from 'vitest';
import { controllerReference } from '../../../api/owner-references.ts';
import { forbidden } from '../../../api/status.ts';
import type { Deployment, KubeObject, Node, Pod, ReplicaSet, Service } from '../../../api/types.gen.ts';
import { parseFlags } from '../../../lib/flags.ts';
import { formatTime, parseTime } from '../../../lib/time.ts';
import { SECOND } from '../../../sim/env.ts';
import type { Plan, Request, Write } from '../controller.ts';
import { fakeCache } from '../fake-cache.ts';
import { reconcileDeployment } from './deployment-controller.ts';
import { reconcileEndpointSlices } from './endpointslice-controller.ts';
import { reconcileEndpoints } from './endpoints-controller.ts';
import { reconcileConditionTaints } from './node-condition-taints.ts';
import { reconcileNodeIpam } from './node-ipam-controller.ts';
import { monitorNodes } from './node-lifecycle-controller.ts';
import type { Monitor } from './node-lifecycle-controller.ts';
import type { Memory } from './pod-garbage-collector-controller.ts';
import { reconcilePodGc } from './pod-garbage-collector-controller.ts';
import { reconcileReplicaSet } from './replicaset-controller.ts';
import { reconcileTaintEviction } from './taint-eviction-controller.ts';

const NOW = parseTime('2026-01-01T01:00:00Z') ?? 0;

function request<T extends KubeObject, M>(
  object: T | undefined,
  others: readonly KubeObject[],
  more: Partial<Request<T, M>> = {},
): Request<T, M> {
  const cache = fakeCache(...(object === undefined ? [] : [object]), ...others);
  const key = object === undefined ? '' : `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  return { key, object, cache, memory: undefined, now: NOW, uptime: 1000 * SECOND, flags: parseFlags([]), ...more };
}

/** A plan as text: what a table compares. */
function told<M>(plan: Plan<M>): readonly string[] {
  return plan.writes.flatMap(tell);
}

function tell(write: Write): readonly string[] {
  switch (write.do) {
    case 'all':
      return write.writes.flatMap(tell);
    case 'event':
      return [`event ${write.reason}: ${write.message}`];
    case 'create':
      return [`create ${write.object.kind} ${write.object.metadata.generateName ?? write.object.metadata.name}`];
    case 'update':
      return [
        `update ${write.object.kind}${write.subresource === undefined ? '' : ` ${write.subresource}`} ${write.object.metadata.name}`,
      ];
    case 'patch':
    case 'delete':
      return [`${write.do} ${write.resource.kind} ${write.name}`];
    case 'evict':
      return [`evict ${write.name}`];
  }
}

const TEMPLATE = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };

function replicaSet(
  name: string,
  replicas: number,
  available: number,
  more: Partial<ReplicaSet['metadata']> = {},
): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, generation: 1, ...more },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: TEMPLATE },
    status: {
      replicas,
      readyReplicas: available,
      availableReplicas: available,
      terminatingReplicas: 0,
      observedGeneration: 1,
    },
  };
}

interface PodOptions {
  readonly owner?: KubeObject;
  readonly ready?: boolean;
  readonly phase?: string;
  readonly node?: string;
  readonly deleting?: boolean;
  readonly labels?: Record<string, string>;
  readonly tolerations?: Pod['spec']['tolerations'];
}

function pod(name: string, options: PodOptions = {}): Pod {
  const {
    owner,
    ready = true,
    phase = 'Running',
    node = 'worker-1',
    deleting = false,
    labels = { app: 'web' },
  } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      labels,
      creationTimestamp: formatTime(NOW - 100 * SECOND),
      ...(owner === undefined ? {} : { ownerReferences: [controllerReference(owner)] }),
      ...(deleting ? { deletionTimestamp: formatTime(NOW) } : {}),
    },
    spec: {
      containers: [{ name: 'c', image: 'nginx', ports: [{ name: 'web', containerPort: 8080 }] }],
      ...(node === '' ? {} : { nodeName: node }),
      ...(options.tolerations === undefined ? {} : { tolerations: options.tolerations }),
    },
    status: {
      phase,
      podIP: `10.244.1.${name.charCodeAt(name.length - 1)}`,
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: formatTime(NOW - 90 * SECOND) },
      ],
    },
  };
}

describe('replicaset-controller', () => {
  const rs = replicaSet('rs', 3, 3);

  test('makes what is missing in batches that double, then tells its status', () => {
    const plan = reconcileReplicaSet(request(rs, [pod('a', { owner: rs })]));
    expect(told(plan)).toEqual(['create Pod rs-', 'create Pod rs-', 'update ReplicaSet status rs']);
    expect(plan.writes[0]).toMatchObject({ do: 'all', slowStart: true });
  });

  test('adopts what matches, releases what does not, and counts accordingly', () => {
    const plan = reconcileReplicaSet(
      request(rs, [
        pod('a', { owner: rs }),
        pod('b'),
        pod('c', { owner: rs, labels: { app: 'other' } }),
        pod('d', { labels: { app: 'other' } }),
        pod('e', { owner: replicaSet('other', 1, 1) }),
        pod('f'),
      ]),
    );
    expect(told(plan)).toEqual(['patch Pod c', 'patch Pod b', 'patch Pod f', 'update ReplicaSet status rs']);
    expect(plan.writes.at(-1)).toMatchObject({ object: { status: { replicas: 3 } } });
  });

  test('gives up the unassigned first, then the pending, the unready and those on crowded nodes', () => {
    const pods = [
      pod('a', { owner: rs }),
      pod('b', { owner: rs, node: '' }),
      pod('c', { owner: rs, phase: 'Pending', ready: false }),
      pod('d', { owner: rs, ready: false }),
      pod('e', { owner: rs, node: 'worker-2' }),
      pod('f', { owner: rs }),
    ];
    const left = (replicas: number): readonly string[] =>
      told(reconcileReplicaSet(request({ ...rs, spec: { ...rs.spec, replicas } }, pods))).filter((text) =>
        text.startsWith('delete'),
      );
    expect(left(5)).toEqual(['delete Pod b']);
    expect(left(3)).toEqual(['delete Pod b', 'delete Pod c', 'delete Pod d']);
    expect(left(1)).not.toContain('delete Pod e');
  });

  test('a refused pod is told as an event and as the condition ReplicaFailure', () => {
    const [batch] = reconcileReplicaSet(request({ ...rs, status: { replicas: 0 } }, [])).writes;
    const error = forbidden({ group: '', plural: 'pods' }, 'rs-x', 'exceeded quota');
    const create = batch?.do === 'all' ? batch.writes[0] : undefined;
    expect(create?.refused?.(error).flatMap(tell)).toEqual([
      'event FailedCreate: Error creating: pods "rs-x" is forbidden: exceeded quota',
    ]);
    expect(batch?.refused?.(error)[0]).toMatchObject({
      do: 'update',
      object: { status: { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' }] } },
    });
  });

  test('a pod is available once it has been ready for minReadySeconds, and that moment is waited for', () => {
    const slow: ReplicaSet = { ...rs, spec: { ...rs.spec, replicas: 1, minReadySeconds: 100 } };
    const plan = reconcileReplicaSet(request(slow, [pod('a', { owner: rs })]));
    expect(plan.writes[0]).toMatchObject({ object: { status: { readyReplicas: 1 } } });
    expect(plan.writes[0]).not.toHaveProperty('object.status.availableReplicas');
    expect(plan.again).toBe(10 * SECOND);
  });

  test('nothing to do, nothing written', () => {
    const status = { ...rs.status, replicas: 3, fullyLabeledReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
    const pods = ['a', 'b', 'c'].map((name) => pod(name, { owner: rs }));
    expect(reconcileReplicaSet(request({ ...rs, status }, pods)).writes).toEqual([]);
  });
});

describe('deployment-controller', () => {
  const d: Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'uid-web',
      generation: 2,
      annotations: { 'deployment.kubernetes.io/revision': '2' },
    },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: TEMPLATE,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 1,
    },
    status: {
      conditions: [
        {
          type: 'Progressing',
          status: 'True',
          reason: 'ReplicaSetUpdated',
          message: '',
          lastUpdateTime: formatTime(NOW),
        },
      ],
    },
  };
  const owned = (
    name: string,
    revision: string,
    desired: number,
    hash: string,
    replicas: number,
    available: number,
  ): ReplicaSet => {
    const annotations = {
      'deployment.kubernetes.io/revision': revision,
      'deployment.kubernetes.io/desired-replicas': String(desired),
      'deployment.kubernetes.io/max-replicas': String(desired + 1),
    };
    const labels = { app: 'web', 'pod-template-hash': hash };
    const rs = replicaSet(name, replicas, available, {
      annotations,
      labels,
      ownerReferences: [controllerReference(d)],
    });
    const image = name === 'new' ? 'nginx' : `nginx:${name}`;
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } };
    return { ...rs, metadata: { ...rs.metadata, labels }, spec: { ...rs.spec, template, minReadySeconds: 0 } };
  };

  test.each([
    ['surges by a quarter first', 4, 4, 0, 0, ['new 0→1']],
    ['takes away as many old ones as availability allows', 4, 4, 1, 0, ['old 4→3']],
    ['waits while the new ones are not available', 3, 3, 2, 0, []],
    ['goes on with each one that is', 3, 3, 2, 1, ['old 3→2']],
    ['takes the unhealthy away first', 4, 2, 1, 1, ['old 4→2']],
    ['ends with the old ones', 1, 1, 4, 4, ['old 1→0']],
  ])('%s', (_, oldReplicas, oldAvailable, newReplicas, newAvailable, expected) => {
    const sets = [
      owned('old', '1', 4, 'a', oldReplicas, oldAvailable),
      owned('new', '2', 4, 'b', newReplicas, newAvailable),
    ];
    const sizes = reconcileDeployment(request(d, sets)).writes.flatMap((write) => {
      if (write.do !== 'update' || write.object.kind !== 'ReplicaSet') return [];
      const before = sets.find((rs) => rs.metadata.name === write.object.metadata.name)?.spec.replicas ?? 0;
      return [`${write.object.metadata.name} ${before}→${(write.object as ReplicaSet).spec.replicas ?? 0}`];
    });
    expect(sizes).toEqual(expected);
  });

  test('scaled in the middle of a rollout, it keeps the shape of both', () => {
    const bigger: Deployment = { ...d, spec: { ...d.spec, replicas: 8 } };
    const plan = reconcileDeployment(
      request(bigger, [owned('old', '1', 4, 'a', 3, 3), owned('new', '2', 4, 'b', 2, 0)]),
    );
    const sizes = plan.writes.map((write) => (write.do === 'update' ? (write.object as ReplicaSet).spec.replicas : 0));
    expect(sizes).toEqual([6, 4]);
  });

  test('old ReplicaSets beyond the history limit go, the oldest revision first', () => {
    const status = { replicas: 4, updatedReplicas: 4, readyReplicas: 4, availableReplicas: 4, observedGeneration: 2 };
    const sets = [owned('one', '1', 4, 'a', 0, 0), owned('two', '2', 4, 'c', 0, 0), owned('new', '3', 4, 'b', 4, 4)];
    const current = {
      ...d,
      metadata: { ...d.metadata, annotations: { 'deployment.kubernetes.io/revision': '3' } },
      status: { ...d.status, ...status },
    };
    expect(told(reconcileDeployment(request(current, sets)))).toEqual(['delete ReplicaSet one']);
  });

  test('a rollout that stands still past its deadline is told once', () => {
    const late: Deployment = {
      ...d,
      status: {
        ...d.status,
        replicas: 5,
        updatedReplicas: 2,
        readyReplicas: 3,
        availableReplicas: 3,
        conditions: [
          {
            type: 'Progressing',
            status: 'True',
            reason: 'ReplicaSetUpdated',
            lastUpdateTime: formatTime(NOW - 601 * SECOND),
          },
        ],
      },
    };
    const sets = [owned('old', '1', 4, 'a', 3, 3), owned('new', '2', 4, 'b', 2, 0)];
    const [write] = reconcileDeployment(request(late, sets)).writes;
    const conditions = write?.do === 'update' ? (write.object as Deployment).status?.conditions : undefined;
    expect(conditions?.find((condition) => condition.type === 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'ReplicaSet "new" has timed out progressing.',
    });
  });
});

describe('endpoints', () => {
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'svc', namespace: 'default', uid: 'uid-svc', labels: { team: 'x' } },
    spec: {
      selector: { app: 'web' },
      clusterIP: '10.96.0.7',
      ports: [{ name: 'http', port: 80, targetPort: 'web', protocol: 'TCP' }],
    },
  };
  const pods = [pod('a'), pod('b', { ready: false }), pod('c', { deleting: true }), pod('d', { phase: 'Failed' })];

  test('an EndpointSlice lists every pod that has an address, with what it is good for', () => {
    const [write] = reconcileEndpointSlices(request(service, pods)).writes;
    expect(write).toMatchObject({
      do: 'create',
      object: {
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        endpoints: [
          {
            conditions: { ready: true, serving: true, terminating: false },
            targetRef: { name: 'a' },
            nodeName: 'worker-1',
          },
          { conditions: { ready: false, serving: false, terminating: false }, targetRef: { name: 'b' } },
          { conditions: { ready: false, serving: true, terminating: true }, targetRef: { name: 'c' } },
        ],
        metadata: {
          generateName: 'svc-',
          labels: {
            team: 'x',
            'kubernetes.io/service-name': 'svc',
            'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
          },
        },
      },
    });
  });

  test('Endpoints list the ready and the not ready apart, without those that end', () => {
    const [write] = reconcileEndpoints(request(service, pods)).writes;
    expect(write).toMatchObject({
      do: 'create',
      object: {
        metadata: { labels: { team: 'x', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' } },
        subsets: [
          {
            addresses: [{ ip: '10.244.1.97' }],
            notReadyAddresses: [{ ip: '10.244.1.98' }],
            ports: [{ name: 'http', port: 8080 }],
          },
        ],
      },
    });
  });

  test('a slice holds a hundred endpoints', () => {
    const many = Array.from({ length: 230 }, (_, i) => pod(`p${i}`));
    const sizes = reconcileEndpointSlices(request(service, many)).writes.map((write) =>
      write.do === 'create' && 'endpoints' in write.object ? (write.object.endpoints as unknown[]).length : 0,
    );
    expect(sizes).toEqual([100, 100, 30]);
  });
});

function node(name: string, ready: string, more: Partial<Node['spec']> = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `uid-${name}`, resourceVersion: '1' },
    spec: more,
    status: { conditions: [{ type: 'Ready', status: ready, reason: '', lastHeartbeatTime: '2026-01-01T00:00:00Z' }] },
  };
}

/** The node after what the plan does to its taints. */
function patched(each: Node, writes: readonly Write[]): Node {
  const patch = writes.find((write) => write.do === 'patch' && write.name === each.metadata.name);
  const spec = patch?.do === 'patch' ? (patch.patch as { readonly spec: Node['spec'] }).spec : {};
  return { ...each, spec: { ...each.spec, ...spec } };
}

describe('node-lifecycle-controller', () => {
  /** Passes every five seconds over nodes whose last sign of life is at zero; says when something was written. */
  function watchSilence(given: readonly Node[], seconds: number): readonly string[] {
    const log: string[] = [];
    let memory: Monitor | undefined;
    let nodes = given;
    for (let uptime = 0; uptime <= seconds * SECOND; uptime += 5 * SECOND) {
      const plan: Plan<Monitor> = monitorNodes(request<never, Monitor>(undefined, nodes, { memory, uptime }));
      memory = plan.memory;
      nodes = nodes.map((each) => patched(each, plan.writes));
      log.push(
        ...told(plan)
          .filter((text) => !text.includes('Registered'))
          .map((text) => `${uptime / SECOND}: ${text}`),
      );
    }
    return log;
  }

  test('a node is Unknown once nothing was heard of it for 50 s', () => {
    expect(watchSilence([node('a', 'True')], 50)).toEqual(['50: update Node status a']);
    expect(watchSilence([node('a', 'True')], 45)).toEqual([]);
  });

  test('one node in ten seconds is tainted, none when all of the cluster is silent', () => {
    const some = [
      ...['a', 'b', 'c'].map((name) => node(name, 'Unknown')),
      ...['d', 'e', 'f'].map((name) => node(name, 'True')),
    ];
    expect(watchSilence(some, 40)).toEqual(['5: patch Node a', '15: patch Node b', '25: patch Node c']);
    expect(
      watchSilence(
        ['a', 'b', 'c'].map((name) => node(name, 'Unknown')),
        40,
      ),
    ).toEqual([]);
  });

  test('more than half of a small zone silent: evictions stand still', () => {
    const most = [
      ...['a', 'b', 'c', 'd'].map((name) => node(name, 'Unknown')),
      ...['e', 'f'].map((name) => node(name, 'True')),
    ];
    expect(watchSilence(most, 40)).toEqual([]);
  });

  test('conditions show as NoSchedule taints, and go with them', () => {
    const [add] = reconcileConditionTaints(request(node('a', 'False', { unschedulable: true }), [])).writes;
    expect(add).toMatchObject({
      patch: {
        spec: { taints: [{ key: 'node.kubernetes.io/not-ready' }, { key: 'node.kubernetes.io/unschedulable' }] },
      },
    });
    const tainted = node('a', 'True', {
      taints: [
        { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' },
        { key: 'mine', effect: 'NoSchedule' },
      ],
    });
    const [remove] = reconcileConditionTaints(request(tainted, [])).writes;
    expect(remove).toMatchObject({ patch: { spec: { taints: [{ key: 'mine' }] } } });
  });
});

describe('taint-eviction-controller', () => {
  const tainted = node('worker-1', 'Unknown', {
    taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }],
  });
  const patient = pod('p', {
    tolerations: [
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ],
  });

  test('a pod goes when its patience is over, counted from when the taint was seen', () => {
    const seen = reconcileTaintEviction(request(patient, [tainted]));
    expect([told(seen), seen.again]).toEqual([[], 300 * SECOND]);
    const memory = seen.memory;
    const later = reconcileTaintEviction(request(patient, [tainted], { memory, uptime: 1300 * SECOND }));
    expect(told(later)).toEqual([
      'event TaintManagerEviction: Marking for deletion Pod default/p',
      'patch Pod p',
      'delete Pod p',
    ]);
  });

  test('without a toleration at once; with an endless one never; and not when the taint is gone in time', () => {
    expect(told(reconcileTaintEviction(request(pod('p'), [tainted])))).toHaveLength(3);
    expect(
      told(reconcileTaintEviction(request(pod('p', { tolerations: [{ operator: 'Exists' }] }), [tainted]))),
    ).toEqual([]);
    const memory = { since: 0, at: 10 };
    expect(told(reconcileTaintEviction(request(patient, [node('worker-1', 'True')], { memory })))).toEqual([
      'event TaintManagerEviction: Cancelling deletion of Pod default/p',
    ]);
  });
});

test('node-ipam: each node another part of the network, none twice', () => {
  const nodes = [node('a', 'True'), node('b', 'True', { podCIDR: '10.244.0.0/24' }), node('c', 'True')];
  const flags = parseFlags(['--cluster-cidr=10.244.0.0/16']);
  const patches = reconcileNodeIpam(request<never, { readonly next: number }>(undefined, nodes, { flags })).writes.map(
    (write) => (write.do === 'patch' ? [write.name, write.patch] : []),
  );
  expect(patches).toEqual([
    ['a', { spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] } }],
    ['c', { spec: { podCIDR: '10.244.2.0/24', podCIDRs: ['10.244.2.0/24'] } }],
  ]);
});

test('pod-garbage-collector: orphans of a node go when it has been missing for 40 s', () => {
  const first = reconcilePodGc(request<never, Memory>(undefined, [pod('a', { node: 'gone' })]));
  expect(told(first)).toEqual([]);
  const { memory } = first;
  const later = reconcilePodGc(
    request<never, Memory>(undefined, [pod('a', { node: 'gone' })], { memory, uptime: 1040 * SECOND }),
  );
  expect(told(later)).toEqual(['patch Pod a']);
  expect(later.writes[0]?.done?.(pod('a')).flatMap(tell)).toEqual(['delete Pod a']);
});
