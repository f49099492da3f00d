import { describe, expect, it } from 'vitest';
import type { ContainerStatus, Pod, PodStatus } from '../../api/types.gen.ts';
import { phaseOf, qosOf } from './pod-status.ts';
import { statusPatch } from './status-manager.ts';

type State = 'running' | 'waiting' | 'restarting' | number;

function statusOf(name: string, state: State): ContainerStatus {
  const base = { name, image: '', imageID: '', ready: false, restartCount: 0 };
  if (state === 'running') return { ...base, state: { running: {} } };
  if (state === 'waiting') return { ...base, state: { waiting: {} } };
  if (state === 'restarting') return { ...base, state: { waiting: {} }, lastState: { terminated: { exitCode: 1 } } };
  return { ...base, state: { terminated: { exitCode: state } } };
}

function podOf(restartPolicy: string, containers: number, inits = 0): Pod {
  const list = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => ({ name: `${prefix}${i}` }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { restartPolicy, containers: list('c', containers), initContainers: list('i', inits) },
  };
}

describe('the phase', () => {
  it.each<[policy: string, inits: readonly State[], containers: readonly State[], phase: string, terminal?: boolean]>([
    ['Always', [], ['running', 'running'], 'Running'],
    ['Always', [], ['running', 'waiting'], 'Pending'],
    ['Always', [], ['running', 'restarting'], 'Running'],
    ['Always', [], [0, 1], 'Running'],
    ['Always', [], [0, 1], 'Failed', true],
    ['OnFailure', [], [0, 0], 'Succeeded'],
    ['OnFailure', [], [0, 1], 'Running'],
    ['Never', [], [0, 0], 'Succeeded'],
    ['Never', [], [0, 1], 'Failed'],
    ['Never', [], [1, 'running'], 'Running'],
    ['Always', ['running'], ['waiting'], 'Pending'],
    ['Always', [0], ['running'], 'Running'],
    ['Never', [1], ['waiting'], 'Failed'],
    ['Always', ['restarting'], ['waiting'], 'Pending'],
  ])('%s, init %j, containers %j: %s', (policy, inits, containers, phase, terminal = false) => {
    const pod = podOf(policy, containers.length, inits.length);
    const init = inits.map((state, i) => statusOf(`i${i}`, state));
    const regular = containers.map((state, i) => statusOf(`c${i}`, state));
    expect(phaseOf(pod, init, regular, terminal)).toBe(phase);
  });
});

describe('the QoS class', () => {
  it.each([
    [{}, 'BestEffort'],
    [{ requests: { cpu: '100m' } }, 'Burstable'],
    [{ requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1000m', memory: '1024Mi' } }, 'Guaranteed'],
    [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
    [{ requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } }, 'Burstable'],
  ])('of %j is %s', (resources, expected) => {
    const pod = podOf('Always', 1);
    expect(qosOf({ ...pod, spec: { containers: [{ name: 'c', resources }] } })).toBe(expected);
  });
});

describe('the status patch', () => {
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: 't0' };
  it('is none when the API shows the same, written with nulls', () => {
    const stored = {
      phase: 'Running',
      conditions: [
        JSON.parse('{"type":"Ready","status":"True","lastTransitionTime":"t0","lastProbeTime":null}') as typeof ready,
      ],
    };
    expect(statusPatch(stored, { phase: 'Running', conditions: [ready] })).toBeUndefined();
  });
  it('takes away what is no longer there and leaves the conditions of others alone', () => {
    const current: PodStatus = {
      phase: 'Running',
      message: 'old',
      podIPs: [{ ip: '10.244.0.2' }],
      conditions: [
        { type: 'example.com/gate', status: 'True' },
        { ...ready, status: 'False', reason: 'ContainersNotReady' },
      ],
    };
    expect(statusPatch(current, { phase: 'Running', podIPs: [{ ip: '10.244.0.3' }], conditions: [ready] })).toEqual({
      message: null,
      podIPs: [{ ip: '10.244.0.3' }, { ip: '10.244.0.2', $patch: 'delete' }],
      conditions: [{ ...ready, reason: null }],
      '$setElementOrder/conditions': [{ type: 'Ready' }, { type: 'example.com/gate' }],
    });
  });
});
