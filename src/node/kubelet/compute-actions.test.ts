import { describe, expect, it } from 'vitest';
import type { ContainerStatus, ContainerState } from '../../api/cri.ts';
import type { Container, Pod } from '../../api/types.gen.ts';
import { computePodActions, type ProbeResults } from './compute-actions.ts';
import { CONTAINER_ANNOTATION, containerHash } from './format.ts';
import type { RuntimeStatus } from './runtime-status.ts';

const container = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'busybox', ...more });
const sidecar = (name: string, more: Partial<Container> = {}): Container =>
  container(name, { restartPolicy: 'Always', ...more });

function pod(
  containers: readonly Container[],
  initContainers: readonly Container[] = [],
  restartPolicy = 'Always',
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u' },
    spec: { containers, initContainers, restartPolicy },
  };
}

type Seen = readonly [container: Container, state: 'running' | 'created' | number, sandbox?: string];

function status(
  seen: readonly Seen[],
  sandboxes: readonly (readonly [id: string, ready: boolean])[] = [['s0', true]],
): RuntimeStatus {
  return {
    uid: 'u',
    name: 'p',
    namespace: 'default',
    sandboxes: sandboxes.map(([id, ready], i) => ({
      id,
      metadata: { name: 'p', uid: 'u', namespace: 'default', attempt: sandboxes.length - 1 - i },
      state: ready ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
      createdAt: 0,
      labels: {},
      annotations: {},
      hostNetwork: false,
      ...(ready ? { ip: '10.244.0.2' } : {}),
    })),
    containers: seen.map(([spec, state, sandbox = 's0']): ContainerStatus => {
      const states: Record<string, ContainerState> = { running: 'CONTAINER_RUNNING', created: 'CONTAINER_CREATED' };
      return {
        id: `${spec.name}-id`,
        podSandboxId: sandbox,
        metadata: { name: spec.name, attempt: 0 },
        image: '',
        imageRef: '',
        state: states[state] ?? 'CONTAINER_EXITED',
        createdAt: 0,
        labels: {},
        annotations: { [CONTAINER_ANNOTATION.hash]: containerHash(spec) },
        startedAt: 0,
        finishedAt: 0,
        exitCode: typeof state === 'number' ? state : 0,
        reason: '',
        message: '',
      };
    }),
  };
}

const healthy: ProbeResults = { liveness: () => undefined, startup: () => undefined };

function plan(of: Pod, seen: RuntimeStatus, probes = healthy): string {
  const { killPod, createSandbox, attempt, initContainersToStart, containersToStart, containersToKill } =
    computePodActions(of, seen, probes);
  return [
    killPod ? 'kill pod' : '',
    createSandbox ? `sandbox ${attempt}` : '',
    ...containersToKill.map(({ name, message }) => `kill ${name} (${message})`),
    ...initContainersToStart.map(({ name }) => `init ${name}`),
    ...containersToStart.map(({ name }) => `start ${name}`),
  ]
    .filter((step) => step !== '')
    .join(', ');
}

describe('what it takes to get a pod running', () => {
  const [a, b] = [container('a'), container('b')];
  const [i1, i2, side] = [container('i1'), container('i2'), sidecar('side')];
  it.each<[what: string, of: Pod, seen: RuntimeStatus, expected: string]>([
    ['nothing is there', pod([a, b]), status([], []), 'kill pod, sandbox 0, start a, start b'],
    ['nothing is there, init containers first', pod([a], [i1, i2]), status([], []), 'kill pod, sandbox 0, init i1'],
    [
      'all runs',
      pod([a, b]),
      status([
        [a, 'running'],
        [b, 'running'],
      ]),
      '',
    ],
    [
      'one ended, Always',
      pod([a, b]),
      status([
        [a, 'running'],
        [b, 0],
      ]),
      'start b',
    ],
    [
      'one ended well, OnFailure',
      pod([a, b], [], 'OnFailure'),
      status([
        [a, 'running'],
        [b, 0],
      ]),
      '',
    ],
    [
      'one failed, OnFailure',
      pod([a, b], [], 'OnFailure'),
      status([
        [a, 'running'],
        [b, 1],
      ]),
      'start b',
    ],
    [
      'one failed, Never',
      pod([a, b], [], 'Never'),
      status([
        [a, 'running'],
        [b, 1],
      ]),
      '',
    ],
    [
      'all ended, Never',
      pod([a, b], [], 'Never'),
      status([
        [a, 0],
        [b, 1],
      ]),
      'kill pod',
    ],
    [
      'all ended, Always',
      pod([a, b]),
      status([
        [a, 0],
        [b, 1],
      ]),
      'start a, start b',
    ],
    ['the sandbox is gone', pod([a]), status([[a, 137]], [['s0', false]]), 'kill pod, sandbox 1, start a'],
    ['the sandbox is gone, Never', pod([a], [], 'Never'), status([[a, 137]], [['s0', false]]), 'kill pod'],
    [
      'the sandbox is gone, init again',
      pod([a], [i1]),
      status(
        [
          [a, 137],
          [i1, 0],
        ],
        [['s0', false]],
      ),
      'kill pod, sandbox 1, init i1',
    ],
    [
      'two sandboxes',
      pod([a]),
      status(
        [[a, 'running']],
        [
          ['s1', true],
          ['s0', true],
        ],
      ),
      'kill pod, sandbox 2, start a',
    ],
    [
      'another image',
      pod([container('a', { image: 'nginx' })]),
      status([[a, 'running']]),
      'kill a (Container a definition changed, will be restarted), start a',
    ],
    ['first init runs', pod([a], [i1, i2]), status([[i1, 'running']]), ''],
    ['first init done', pod([a], [i1, i2]), status([[i1, 0]]), 'init i2'],
    ['init failed', pod([a], [i1, i2]), status([[i1, 1]]), 'init i1'],
    ['init failed, Never', pod([a], [i1, i2], 'Never'), status([[i1, 1]]), 'kill pod'],
    ['init done', pod([a], [i1, i2]), status([[i2, 0]]), 'start a'],
    [
      'init done in an earlier sandbox only',
      pod([a], [i1]),
      status(
        [[i1, 0, 's0']],
        [
          ['s1', true],
          ['s0', false],
        ],
      ),
      'init i1',
    ],
    ['sidecar runs', pod([a], [side, i1]), status([[side, 'running']]), 'init i1'],
    [
      'sidecar died while all runs',
      pod([a], [side]),
      status([
        [side, 1],
        [a, 'running'],
      ]),
      'init side',
    ],
    [
      'sidecar has not started yet',
      pod([a], [sidecar('side', { startupProbe: {} }), i1]),
      status([[side, 'running']]),
      '',
    ],
  ])('%s', (_what, of, seen, expected) => expect(plan(of, seen)).toBe(expected));

  it('restarts what fails its probes', () => {
    const failing: ProbeResults = {
      liveness: (id) => (id === 'a-id' ? 'failure' : 'success'),
      startup: () => undefined,
    };
    const seen = status([
      [a, 'running'],
      [b, 'running'],
    ]);
    expect(plan(pod([a, b]), seen, failing)).toBe(
      'kill a (Container a failed liveness probe, will be restarted), start a',
    );
    expect(plan(pod([a, b], [], 'Never'), seen, failing)).toBe('kill a (Container a failed liveness probe)');
  });

  it('starts an ephemeral container once, even while an init container fails', () => {
    const looking = (of: Pod): Pod => ({ ...of, spec: { ...of.spec, ephemeralContainers: [container('look')] } });
    const started = (seen: RuntimeStatus): readonly string[] =>
      computePodActions(looking(pod([a], [i1])), seen, healthy).ephemeralContainersToStart.map(({ name }) => name);
    expect(started(status([[i1, 1]]))).toEqual(['look']);
    expect(
      started(
        status([
          [container('look'), 1],
          [i1, 1],
        ]),
      ),
    ).toEqual([]);
  });
});
