import { describe, expect, it } from 'vitest';
import type { TraceEvent, TraceNote } from '../../sim/trace.ts';
import { createModel, foldEvent } from '../stores/trace-store.ts';
import { INVARIANTS } from './index.ts';

let seq = 0;
const said = (source: string, note: TraceNote): TraceEvent => ({ at: ++seq, source, seq, kind: 'note', note });
const role = (host: string, term: number, kind: 'leader' | 'follower', vote?: string): TraceEvent =>
  said(`${host}/etcd`, { type: 'raft.role', member: host, term, role: kind, ...(vote === undefined ? {} : { vote }) });
const append = (host: string, ...entries: readonly (readonly [number, number])[]): TraceEvent =>
  said(`${host}/etcd`, {
    type: 'raft.append',
    member: host,
    entries: entries.map(([index, term]) => ({ index, term })),
  });
const commit = (host: string, index: number): TraceEvent =>
  said(`${host}/etcd`, { type: 'raft.commit', member: host, index });
const apply = (host: string, index: number, revision: number, key: string, value: object = {}): TraceEvent =>
  said(`${host}/etcd`, {
    type: 'etcd.apply',
    member: host,
    index,
    revision,
    changes: [{ key, value: JSON.stringify(value), createRevision: revision, version: 1 }],
  });
const container = (node: string): TraceEvent =>
  said(`${node}/kubelet`, {
    type: 'container',
    pod: 'default/web',
    uid: 'u1',
    container: 'c',
    id: 'x',
    node,
    state: 'running',
  });
const sandbox = (uid: string, ip: string): TraceEvent =>
  said('worker-1/kubelet', { type: 'pod.sandbox', pod: `default/${uid}`, uid, node: 'worker-1', ip, state: 'ready' });
const bound = (index: number, node: string): TraceEvent =>
  apply('cp-1', index, index, '/registry/pods/default/web', { metadata: { uid: 'u1' }, spec: { nodeName: node } });

/** What each invariant must find, and what is near to it but allowed. */
const CASES: Readonly<
  Record<string, { readonly broken: readonly TraceEvent[]; readonly fine: readonly TraceEvent[] }>
> = {
  'committed entries agree': {
    broken: [append('cp-1', [1, 1]), append('cp-2', [1, 2]), commit('cp-1', 1), commit('cp-2', 1)],
    fine: [
      append('cp-1', [1, 1]),
      append('cp-2', [1, 2]),
      commit('cp-1', 1),
      append('cp-2', [1, 1]),
      commit('cp-2', 1),
    ],
  },
  'endpoints are pods': {
    broken: [
      apply('cp-1', 1, 1, '/registry/pods/default/web', { metadata: { uid: 'u1' }, status: { podIP: '10.244.1.2' } }),
      apply('cp-1', 2, 2, '/registry/endpointslices/default/web', {
        endpoints: [
          {
            addresses: ['10.244.1.9'],
            conditions: { ready: true },
            targetRef: { kind: 'Pod', namespace: 'default', name: 'web', uid: 'u1' },
          },
        ],
      }),
    ],
    fine: [
      apply('cp-1', 1, 1, '/registry/pods/default/web', { metadata: { uid: 'u2' }, status: { podIP: '10.244.1.2' } }),
      apply('cp-1', 2, 2, '/registry/endpointslices/default/web', {
        endpoints: [
          {
            addresses: ['10.244.1.9'],
            conditions: { ready: true },
            targetRef: { kind: 'Pod', namespace: 'default', name: 'web', uid: 'u1' },
          },
        ],
      }),
    ],
  },
  'leaders have what is committed': {
    broken: [append('cp-1', [1, 1], [2, 1]), commit('cp-1', 2), append('cp-2', [1, 1]), role('cp-2', 2, 'leader')],
    fine: [append('cp-1', [1, 1], [2, 1]), commit('cp-1', 1), append('cp-2', [1, 1]), role('cp-2', 2, 'leader')],
  },
  'logs match': {
    broken: [append('cp-1', [1, 1], [2, 3]), append('cp-2', [1, 2], [2, 3])],
    fine: [append('cp-1', [1, 1], [2, 3]), append('cp-2', [1, 1], [2, 2])],
  },
  'one address per pod': {
    broken: [sandbox('a', '10.244.1.2'), sandbox('b', '10.244.1.2')],
    fine: [sandbox('a', '10.0.0.21'), sandbox('b', '10.0.0.21')],
  },
  'one leader per term': {
    broken: [role('cp-1', 2, 'leader'), role('cp-2', 2, 'leader')],
    fine: [role('cp-1', 2, 'leader'), role('cp-2', 3, 'leader')],
  },
  'one machine per pod': {
    broken: [container('worker-1'), container('worker-2')],
    fine: [container('worker-1'), container('worker-1')],
  },
  'one vote per term': {
    broken: [role('cp-1', 2, 'follower', 'cp-2'), role('cp-1', 2, 'follower', 'cp-3')],
    fine: [role('cp-1', 2, 'follower', 'cp-2'), role('cp-1', 3, 'follower', 'cp-3')],
  },
  'placed once': {
    broken: [bound(1, 'worker-1'), bound(2, 'worker-2')],
    fine: [bound(1, 'worker-1'), bound(2, 'worker-1')],
  },
  'revisions in order': {
    broken: [apply('cp-1', 1, 1, 'a'), apply('cp-1', 2, 3, 'b')],
    fine: [apply('cp-1', 1, 1, 'a'), apply('cp-2', 2, 2, 'b')],
  },
  'same writes everywhere': {
    broken: [apply('cp-1', 1, 1, 'a'), apply('cp-2', 1, 1, 'b')],
    fine: [apply('cp-1', 1, 1, 'a'), apply('cp-2', 1, 1, 'a')],
  },
};

function brokenBy(events: readonly TraceEvent[]): string[] {
  const model = createModel();
  for (const event of events) foldEvent(model, event);
  return [...model.checks.broken.keys()];
}

describe('each invariant', () => {
  it('has a case that breaks it', () => {
    expect(Object.keys(CASES).sort()).toEqual(INVARIANTS.map((invariant) => invariant.name).sort());
  });
  for (const [name, { broken, fine }] of Object.entries(CASES)) {
    it(`finds: ${name}`, () => {
      expect(brokenBy(broken)).toContain(name);
      expect(brokenBy(fine)).not.toContain(name);
    });
  }
});
