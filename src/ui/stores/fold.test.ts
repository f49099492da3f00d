import { describe, expect, it } from 'vitest';
import type { TraceEvent, TraceNote } from '../../sim/trace.ts';
import { chainOf } from './history.ts';
import { worldAt } from './journal.ts';
import { leaseHolder } from './leaders.ts';
import { podsOf } from './pods.ts';
import { createModel, foldEvent, type Model } from './trace-store.ts';

let seq = 0;
type Body<E> = E extends unknown ? Omit<E, 'at' | 'source' | 'seq'> : never;

function event(at: number, source: string, body: Body<TraceEvent>): TraceEvent {
  return { at, source, seq: seq++, ...body };
}

function note(at: number, source: string, body: TraceNote): TraceEvent {
  return event(at, source, { kind: 'note', note: body });
}

function put(at: number, revision: number, key: string, value: object | undefined, version = 1): TraceEvent[] {
  const change = {
    key,
    createRevision: revision,
    version,
    ...(value === undefined ? {} : { value: JSON.stringify(value) }),
  };
  return ['cp-1', 'cp-2'].map((member) =>
    note(at, `${member}/etcd`, { type: 'etcd.apply', member, index: revision, revision, changes: [change] }),
  );
}

function fold(events: readonly TraceEvent[]): Model {
  const model = createModel();
  for (const one of events) foldEvent(model, one);
  return model;
}

const POD = '/registry/pods/default/web-0';
const pod = (more: { node?: string; phase?: string; deleted?: string } = {}): object => ({
  kind: 'Pod',
  metadata: {
    name: 'web-0',
    namespace: 'default',
    uid: 'u1',
    ...(more.deleted === undefined ? {} : { deletionTimestamp: more.deleted }),
  },
  spec: { nodeName: more.node, containers: [{ name: 'c' }] },
  status: { phase: more.phase ?? 'Pending' },
});
const running: TraceNote = {
  type: 'container',
  pod: 'default/web-0',
  uid: 'u1',
  container: 'c',
  id: 'x',
  node: 'worker-1',
  state: 'running',
};

describe('the world of objects', () => {
  it('takes each write once, however many members apply it', () => {
    const model = fold([...put(1, 2, POD, pod()), ...put(2, 3, POD, pod({ node: 'worker-1' }), 2)]);
    expect(model.world.revision).toBe(3);
    expect(model.history.byKey.get(POD)?.map((revision) => revision.revision)).toEqual([2, 3]);
    expect(model.history.byKey.get(POD)?.[1]?.before).toBe(JSON.stringify(pod()));
    expect(model.world.objects.get(POD)?.createdAt).toBe(1);
  });

  it('forgets what is deleted and keeps its history', () => {
    const model = fold([...put(1, 2, POD, pod()), ...put(2, 3, POD, undefined, 0)]);
    expect(model.world.objects.has(POD)).toBe(false);
    expect(model.history.byKey.get(POD)?.at(-1)?.value).toBeUndefined();
  });

  it('names the holder of a lease by its host', () => {
    const model = fold(
      put(1, 2, '/registry/leases/kube-system/kube-scheduler', { spec: { holderIdentity: 'cp-2_8d1f' } }),
    );
    expect(leaseHolder(model.world, 'kube-scheduler')).toBe('cp-2');
  });
});

describe('pods', () => {
  const shapes = (events: readonly TraceEvent[]): string[] =>
    podsOf(fold(events).world).map((view) => `${view.name} ${view.shape}`);

  it('are Pending until their containers really run', () => {
    const bound = put(1, 2, POD, pod({ node: 'worker-1', phase: 'Running' }));
    const created = note(2, 'worker-1/kubelet', { ...running, state: 'created' });
    expect(shapes([...bound, created])).toEqual(['web-0 pending']);
    expect(shapes([...bound, created, note(3, 'worker-1/kubelet', running)])).toEqual(['web-0 running']);
  });

  it('are unknown when their machine has no power, whatever the API says', () => {
    const off = event(4, 'worker-1', { kind: 'host', host: 'worker-1', state: 'off' });
    expect(
      shapes([
        ...put(1, 2, POD, pod({ node: 'worker-1', phase: 'Running' })),
        note(3, 'worker-1/kubelet', running),
        off,
      ]),
    ).toEqual(['web-0 unknown']);
  });

  it('are Terminating once marked, and crashing when a container ended badly', () => {
    expect(shapes(put(1, 2, POD, pod({ node: 'worker-1', deleted: 'now' })))).toEqual(['web-0 terminating']);
    const ended = note(5, 'worker-1/kubelet', { ...running, state: 'exited', code: 1 });
    expect(shapes([...put(1, 2, POD, pod({ node: 'worker-1' })), note(3, 'worker-1/kubelet', running), ended])).toEqual(
      ['web-0 crash'],
    );
  });

  it('that the API has forgotten are shown while they still run', () => {
    const sandbox = note(2, 'worker-1/kubelet', {
      type: 'pod.sandbox',
      pod: 'default/web-0',
      uid: 'u1',
      node: 'worker-1',
      state: 'ready',
    });
    expect(shapes([...put(1, 2, POD, pod({ node: 'worker-1' })), sandbox, ...put(3, 3, POD, undefined, 0)])).toEqual([
      'web-0 terminating',
    ]);
  });
});

describe('Raft', () => {
  const append = (host: string, ...entries: readonly (readonly [number, number])[]): TraceEvent =>
    note(1, `${host}/etcd`, {
      type: 'raft.append',
      member: host,
      entries: entries.map(([index, term]) => ({ index, term })),
    });

  it('a conflicting entry takes the rest of the log with it', () => {
    const model = fold([append('cp-1', [1, 1], [2, 1], [3, 1]), append('cp-1', [2, 2])]);
    expect(model.world.members.get('cp-1')?.terms).toEqual([1, 2]);
  });

  it('an entry that is there already changes nothing behind it', () => {
    const model = fold([append('cp-1', [1, 1], [2, 1], [3, 1]), append('cp-1', [2, 1])]);
    expect(model.world.members.get('cp-1')?.terms).toEqual([1, 1, 1]);
  });
});

describe('faults', () => {
  const fault = (at: number, command: string, state: 'injected' | 'healed'): TraceEvent =>
    event(at, 'kernel', { kind: 'fault', id: '1', command, state, text: command, targets: ['worker-1'] });

  it('last until they are healed', () => {
    const model = fold([fault(1, 'power-off worker-1', 'injected'), fault(9, 'power-off worker-1', 'healed')]);
    expect(model.world.faults.size).toBe(0);
    expect(model.history.faults.items).toMatchObject([{ at: 1, until: 9 }]);
  });

  it('a kill is over at once', () => {
    expect(fold([fault(1, 'kill worker-1/kubelet', 'injected')]).world.faults.size).toBe(0);
  });
});

describe('looking back', () => {
  it('shows the world as it was at each instant, across checkpoints', () => {
    const events: TraceEvent[] = [];
    for (let i = 1; i <= 5_000; i++) events.push(...put(i * 10, i, POD, pod({ node: `worker-${i}` }), i));
    const model = fold(events);
    for (const i of [1, 777, 1_500, 1_501, 3_000, 5_000]) {
      const past = worldAt(model.journal, i * 10);
      expect(past.revision).toBe(i);
      expect(podsOf(past)[0]?.node).toBe(`worker-${i}`);
    }
    expect(model.world.revision).toBe(5_000);
  });
});

describe('causes', () => {
  it('lead from the nearest to the first, and stop at a circle', () => {
    const model = fold([
      event(1, 'laptop/terminal', { kind: 'cause', id: 'a', text: 'you typed' }),
      event(2, 'cp-1/x', { kind: 'cause', id: 'b', parent: 'a', text: 'made' }),
      event(3, 'cp-1/x', { kind: 'cause', id: 'c', parent: 'd', text: 'round' }),
      event(3, 'cp-1/x', { kind: 'cause', id: 'd', parent: 'c', text: 'and round' }),
    ]);
    expect(chainOf(model.history, 'b').map((cause) => cause.id)).toEqual(['b', 'a']);
    expect(chainOf(model.history, 'c').map((cause) => cause.id)).toEqual(['c', 'd']);
  });
});
