import { describe, expect, it } from 'vitest';
import type { TraceEvent, TraceNote } from '../../sim/trace.ts';
import { InvariantChecks } from './index.ts';

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
    changes: [{ key, value: '{}', createRevision: revision, version: 1 }],
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
        value: JSON.stringify({ metadata: { uid: 'u' }, spec: { nodeName: node } }),
        createRevision: 1,
        version: 1,
      },
    ],
  });

describe('each invariant catches what it is for', () => {
  it.each<[string, TraceEvent[]]>([
    ['election safety', [role('a', 1, 'leader'), role('b', 1, 'leader')]],
    ['leader append-only', [role('a', 1, 'leader'), append('a', [1, 1], [2, 1]), append('a', [2, 2])]],
    ['leader completeness', [append('a', [1, 1]), commit('a', 1), append('b', [1, 0]), role('b', 2, 'leader')]],
    ['log matching', [append('a', [1, 1], [2, 2]), append('b', [1, 0], [2, 2])]],
    ['state machine safety', [append('a', [1, 1]), commit('a', 1), append('b', [1, 2]), commit('b', 1)]],
    ['state machine safety', [apply('a', 1, 1, 'x'), apply('b', 1, 1, 'y')]],
    ['revisions in order', [apply('a', 1, 1), apply('a', 2, 3)]],
    ['no pod runs twice', [container('n1', 'x', 'running'), container('n2', 'y', 'running')]],
    ['bound once', [bound('a', 1, 'n1'), bound('a', 2, 'n2')]],
  ])('%s', (name, events) => {
    const checks = new InvariantChecks();
    checks.see(events);
    expect(checks.violations.map((violation) => violation.invariant)).toContain(name);
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
      container('n2', 'z', 'running'),
    ]);
    expect(checks.violations).toEqual([]);
  });
});
