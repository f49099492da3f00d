import { describe, expect, it } from 'vitest';
import type { TraceEvent, TraceNote } from '../../sim/trace.ts';
import { createModel, foldEvent } from '../stores/trace-store.ts';
import type { World } from '../stores/world.ts';
import { memberRows, type MemberRow } from './etcd-members.ts';

const HOSTS = ['cp-1', 'cp-2', 'cp-3', 'cp-4'];

function worldOf(notes: readonly (readonly [string, TraceNote])[], ended: readonly string[]): World {
  const model = createModel();
  let seq = 0;
  const fold = (source: string, body: object): void => {
    foldEvent(model, { at: seq, seq: seq++, source, ...body } as TraceEvent);
  };
  for (const [at, host] of HOSTS.entries()) {
    for (const program of ['kubelet', 'etcd']) {
      const process = {
        kind: 'process',
        process: `${host}/${program}`,
        program,
        host,
        pid: 1,
        ip: `10.0.0.${11 + at}`,
      };
      fold('kernel', { ...process, name: program, state: 'started', ownWorker: true });
      if (program === 'etcd' && ended.includes(host)) fold('kernel', { ...process, state: 'exited', code: 0 });
    }
  }
  for (const [host, note] of notes) fold(`${host}/etcd`, { kind: 'note', note });
  return model.world;
}

const role = (member: string, name: 'leader' | 'follower' | 'learner'): [string, TraceNote] => [
  member,
  { type: 'raft.role', member, term: 2, role: name, leader: 'cp-1' },
];
const member = (host: string, more: { name?: string; vote?: boolean } = {}) => ({
  id: `id-${host}`,
  name: host,
  address: `https://10.0.0.${10 + Number(host.slice(3))}:2380`,
  vote: true,
  ...more,
});

describe('members of etcd', () => {
  const configuration: TraceNote = {
    type: 'raft.configuration',
    member: 'cp-1',
    members: [member('cp-1'), member('cp-2'), member('cp-4', { name: '', vote: false })],
    joint: false,
  };
  const rowsOf = (ended: readonly string[] = []): Record<string, MemberRow> => {
    const world = worldOf(
      [['cp-1', configuration], role('cp-1', 'leader'), role('cp-2', 'follower'), role('cp-3', 'follower')],
      ended,
    );
    return Object.fromEntries(memberRows(world, HOSTS).rows.map((row) => [row.host, row]));
  };
  const actions = (row: MemberRow | undefined): string[] => (row?.actions ?? []).map(({ name }) => name);

  it('are leader, follower, not started or removed, as the leader has it', () => {
    const rows = rowsOf();
    expect(HOSTS.map((host) => rows[host]?.role)).toEqual(['leader', 'follower', 'removed', 'not started']);
    expect(actions(rows['cp-1'])).toEqual(['remove']);
    expect(actions(rows['cp-2'])).toEqual(['make leader', 'remove']);
    expect(actions(rows['cp-3'])).toEqual(['add as learner', 'join']);
    expect(actions(rows['cp-4'])).toEqual(['promote', 'join', 'remove']);
  });

  it('are changed by what an operator would type', () => {
    const rows = rowsOf(['cp-2']);
    expect(rows['cp-2']?.role).toBe('not running');
    const replace = rows['cp-2']?.actions.find(({ name }) => name === 'replace');
    expect(replace?.lines.map((line) => line.split(' && '))).toEqual([
      [
        'etcdctl member remove id-cp-2',
        'etcdctl member add cp-2 --peer-urls=https://10.0.0.12:2380 --learner',
        'ssh cp-2 "mv /etc/kubernetes/manifests/etcd.yaml /root/; sleep 25; rm -rf /var/lib/etcd"',
        'ssh cp-2 sed -i s/--initial-cluster-state=new/--initial-cluster-state=existing/ /root/etcd.yaml',
        'ssh cp-2 mv /root/etcd.yaml /etc/kubernetes/manifests/etcd.yaml',
      ],
    ]);
  });
});
