import { describe, expect, it } from 'vitest';
import type { Node, Pod, Taint } from '../../api/types.gen.ts';
import { SchedulerCache } from './cache.ts';
import { plugins } from './plugins/index.ts';
import { normalized } from './plugins/image-locality/image-locality.ts';
import { preempt } from './preemption.ts';
import { fitMessage, nodesToFind, schedulePod, type Outcome } from './schedule-pod.ts';
import { backoff, SchedulingQueue } from './scheduling-queue.ts';

const random = { below: () => 0, chance: () => false, hex: () => '' };

function node(
  name: string,
  options: {
    cpu?: string;
    taints?: Taint[];
    labels?: Record<string, string>;
    unschedulable?: boolean;
    images?: Record<string, number>;
  } = {},
): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...options.labels } },
    spec: { ...(options.taints && { taints: options.taints }), ...(options.unschedulable && { unschedulable: true }) },
    status: {
      allocatable: { cpu: options.cpu ?? '4', memory: '8Gi', pods: '110' },
      images: Object.entries(options.images ?? {}).map(([image, sizeBytes]) => ({ names: [image], sizeBytes })),
    },
  };
}

let made = 0;
function pod(
  name: string,
  spec: Partial<Pod['spec']> & { cpu?: string } = {},
  labels: Record<string, string> = {},
): Pod {
  const { cpu, ...rest } = spec;
  const container = { name: 'c', image: 'nginx', ...(cpu === undefined ? {} : { resources: { requests: { cpu } } }) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${++made}`, labels },
    spec: { containers: [container], ...rest },
  };
}

function schedule(nodes: readonly Node[], placed: readonly Pod[], incoming: Pod): Outcome {
  const cache = new SchedulerCache(
    () => [],
    () => [],
  );
  nodes.forEach((each) => cache.setNode(each));
  placed.forEach((each) => cache.setPod(each));
  return schedulePod(incoming, cache.snapshot(), plugins, random, 0);
}

function verdict(nodes: readonly Node[], placed: readonly Pod[], incoming: Pod): string {
  const outcome = schedule(nodes, placed, incoming);
  return outcome.kind === 'fits' ? outcome.node : fitMessage(nodes.length, outcome.rejections);
}

describe('filters say in upstream’s words why nodes are out', () => {
  const taint: Taint = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' };
  const three = [node('a'), node('b', { taints: [taint] }), node('c', { unschedulable: true })];
  const host = (port: number) => ({
    containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80, hostPort: port }] }],
  });
  it.each([
    [
      'too big',
      three,
      [],
      pod('p', { cpu: '5' }),
      '0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.',
    ],
    [
      'selector',
      [node('a')],
      [],
      pod('p', { nodeSelector: { disk: 'ssd' } }),
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
    ],
    [
      'name',
      [node('a')],
      [],
      pod('p', { nodeName: 'b' }),
      "0/1 nodes are available: 1 node(s) didn't match the requested node name.",
    ],
    [
      'host port',
      [node('a')],
      [pod('q', { nodeName: 'a', ...host(80) })],
      pod('p', host(80)),
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
    ],
    ['another host port', [node('a')], [pod('q', { nodeName: 'a', ...host(80) })], pod('p', host(81)), 'a'],
    ['no nodes', [], [], pod('p'), 'no nodes available to schedule pods'],
    [
      'tolerated',
      [node('b', { taints: [taint] })],
      [],
      pod('p', { tolerations: [{ key: 'dedicated', operator: 'Exists' }] }),
      'b',
    ],
    [
      'spread',
      [node('a'), node('b')],
      [pod('q', { nodeName: 'a' }, { app: 'x' })],
      pod(
        'p',
        {
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'DoNotSchedule',
              labelSelector: { matchLabels: { app: 'x' } },
            },
          ],
        },
        { app: 'x' },
      ),
      'b',
    ],
    [
      'anti-affinity',
      [node('a')],
      [pod('q', { nodeName: 'a' }, { app: 'x' })],
      pod('p', {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } },
            ],
          },
        },
      }),
      "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.",
    ],
  ])('%s', (_name, nodes, placed, incoming, expected) => {
    expect(verdict(nodes, placed, incoming)).toBe(expected);
  });
});

describe('scores', () => {
  it('prefers the emptier node', () => {
    expect(verdict([node('a'), node('b')], [pod('q', { nodeName: 'a', cpu: '2' })], pod('p', { cpu: '1' }))).toBe('b');
  });
  it('prefers a node that holds a large image', () => {
    const image = { 'docker.io/library/nginx:latest': 500 * 1024 * 1024 };
    expect(verdict([node('a'), node('b', { images: image })], [], pod('p'))).toBe('b');
  });
  it('avoids PreferNoSchedule', () => {
    expect(verdict([node('a', { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }), node('b')], [], pod('p'))).toBe(
      'b',
    );
  });
  it('normalises image names as the node writes them', () => {
    expect(['nginx', 'nginx:1.27', 'me/app', 'quay.io/x/y:1'].map(normalized)).toEqual([
      'docker.io/library/nginx:latest',
      'docker.io/library/nginx:1.27',
      'docker.io/me/app:latest',
      'quay.io/x/y:1',
    ]);
  });
  it('looks at a share of the nodes of a large cluster', () => {
    expect([3, 100, 500, 1000, 5000, 6000].map(nodesToFind)).toEqual([3, 100, 230, 420, 500, 300]);
  });
});

describe('preemption', () => {
  function tryPreempt(nodes: readonly Node[], placed: readonly Pod[], incoming: Pod) {
    const cache = new SchedulerCache(
      () => [],
      () => [],
    );
    nodes.forEach((each) => cache.setNode(each));
    placed.forEach((each) => cache.setPod(each));
    const outcome = schedulePod(incoming, cache.snapshot(), plugins, random, 0);
    if (outcome.kind === 'fits') throw new Error('fits');
    return preempt(incoming, cache.snapshot(), outcome.rejections, plugins);
  }
  it('takes the fewest, least important pods', () => {
    const placed = [
      pod('low', { nodeName: 'a', cpu: '3', priority: 1 }),
      pod('mid', { nodeName: 'b', cpu: '3', priority: 5 }),
    ];
    const result = tryPreempt([node('a'), node('b')], placed, pod('vip', { cpu: '3', priority: 10 }));
    expect([result.node, result.victims.map((victim) => victim.metadata.name)]).toEqual(['a', ['low']]);
  });
  it('is not helpful where the pod could never fit', () => {
    expect(tryPreempt([node('a')], [], pod('big', { cpu: '9' })).message).toBe(
      'no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    );
  });
  it('finds no victims among equals', () => {
    expect(tryPreempt([node('a')], [pod('q', { nodeName: 'a', cpu: '3' })], pod('p', { cpu: '3' })).message).toBe(
      'no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    );
  });
});

describe('the queue', () => {
  it('gives out by priority, then age', () => {
    const queue = new SchedulingQueue();
    queue.add(pod('first'), 1, undefined);
    queue.add(pod('vip', { priority: 10 }), 2, undefined);
    queue.add(pod('second'), 3, undefined);
    expect([queue.pop(), queue.pop(), queue.pop()].map((entry) => entry?.pod.metadata.name)).toEqual([
      'vip',
      'first',
      'second',
    ]);
  });
  it('backs off, and wakes a rejected pod only for what may help it', () => {
    const queue = new SchedulingQueue();
    queue.add(pod('p'), 0, undefined);
    const entry = queue.pop();
    if (entry === undefined) throw new Error('empty');
    queue.reject(
      entry,
      plugins.filter(({ name }) => name === 'NodeAffinity'),
      0,
    );
    queue.wake('AssignedPod/Delete', pod('other'));
    queue.flush(5_000_000);
    expect(queue.activeSize).toBe(0);
    queue.wake('Node/Add', node('a'));
    queue.flush(999_999);
    expect(queue.activeSize).toBe(0);
    queue.flush(1_000_000);
    expect(queue.activeSize).toBe(1);
  });
  it('does not wake a pod for a change that cannot help it', () => {
    const queue = new SchedulingQueue();
    queue.add(pod('p', { nodeSelector: { disk: 'ssd' } }), 0, undefined);
    const entry = queue.pop();
    if (entry === undefined) throw new Error('empty');
    queue.reject(
      entry,
      plugins.filter(({ name }) => name === 'NodeAffinity'),
      0,
    );
    queue.wake('Node/Add', node('a'));
    queue.flush(5_000_000);
    expect(queue.activeSize).toBe(0);
    queue.wake('Node/Add', node('b', { labels: { disk: 'ssd' } }));
    queue.flush(5_000_000);
    expect(queue.activeSize).toBe(1);
  });
  it('doubles from 1 s to 10 s', () => {
    expect([1, 2, 3, 4, 5, 9].map(backoff)).toEqual([1, 2, 4, 8, 10, 10].map((seconds) => seconds * 1_000_000));
  });
});

describe('assumed pods', () => {
  it('count before the API confirms them, and not after they are forgotten', () => {
    const cache = new SchedulerCache(
      () => [],
      () => [],
    );
    cache.setNode(node('a', { cpu: '1' }));
    const first = pod('first', { cpu: '1' });
    cache.assume(first, 'a');
    expect(schedulePod(pod('second', { cpu: '1' }), cache.snapshot(), plugins, random, 0).kind).toBe('unschedulable');
    cache.forget(first);
    expect(schedulePod(pod('second', { cpu: '1' }), cache.snapshot(), plugins, random, 0).kind).toBe('fits');
  });
});
