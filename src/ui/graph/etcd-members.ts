import type { EtcdMemberNote } from '../../sim/trace.ts';
import { etcdLeader, processOf } from '../stores/leaders.ts';
import type { World } from '../stores/world.ts';

export type MemberRole = 'leader' | 'follower' | 'candidate' | 'learner' | 'not started' | 'not running' | 'removed';

/** A machine that has a member of etcd, had one, or is to have one. */
export interface MemberRow {
  readonly host: string;
  readonly role: MemberRole;
  /** undefined: it does not belong to the cluster. */
  readonly id: string | undefined;
  readonly peerUrl: string;
  readonly actions: readonly MemberAction[];
}

export interface MemberAction {
  readonly name: string;
  readonly says: string;
  /** As an operator would type them. */
  readonly lines: readonly string[];
}

/** Who belongs to etcd, as the leader has it, beside the machines that could. */
export function memberRows(world: World, hosts: readonly string[]): { rows: MemberRow[]; joint: boolean } {
  const leader = etcdLeader(world)?.host;
  const told = [...world.members.values()].sort((a, b) => b.commit - a.commit);
  const source = (leader === undefined ? undefined : world.members.get(leader)) ?? told[0];
  const configuration = source?.configuration;
  if (configuration === undefined) return { rows: [], joint: false };
  const rows = hosts.map((host) => {
    const member = configuration.members.find((each) => hostOf(world, hosts, each) === host);
    return rowOf(world, host, leader, member);
  });
  return { rows, joint: configuration.joint };
}

/** By the address, since a member has a name only once it has started. */
function hostOf(world: World, hosts: readonly string[], { address, name }: EtcdMemberNote): string | undefined {
  const ip = ipOf(address);
  const there = [...world.processes.values()].find((process) => process.ip === ip && hosts.includes(process.host));
  return there?.host ?? name;
}

function ipOf(url: string): string {
  return /^https?:\/\/(.*):\d+$/.exec(url)?.[1] ?? '';
}

function rowOf(world: World, host: string, leader: string | undefined, member: EtcdMemberNote | undefined): MemberRow {
  const process = processOf(world, host, 'etcd');
  const kubelet = processOf(world, host, 'kubelet');
  const peerUrl = member?.address ?? `https://${kubelet?.ip ?? process?.ip ?? ''}:2380`;
  const role = roleOf(world, host, leader, member);
  const row = { host, role, id: member?.id, peerUrl };
  return { ...row, actions: actionsOf(row, member, kubelet !== undefined) };
}

function roleOf(
  world: World,
  host: string,
  leader: string | undefined,
  member: EtcdMemberNote | undefined,
): MemberRole {
  if (member === undefined) return 'removed';
  if (member.name === '') return 'not started';
  const process = processOf(world, host, 'etcd');
  const state = world.members.get(host);
  if (
    process === undefined ||
    process.state === 'exited' ||
    state === undefined ||
    world.machines.get(host)?.state === 'off'
  )
    return 'not running';
  if (!member.vote) return 'learner';
  if (host === leader) return 'leader';
  return state.role === 'candidate' || state.role === 'pre-candidate' ? 'candidate' : 'follower';
}

function actionsOf(
  { host, role, id, peerUrl }: Omit<MemberRow, 'actions'>,
  member: EtcdMemberNote | undefined,
  isNode: boolean,
): MemberAction[] {
  const add = `etcdctl member add ${host} --peer-urls=${peerUrl} --learner`;
  const remove = `etcdctl member remove ${id ?? ''}`;
  const actions: MemberAction[] = [];
  if (member === undefined) {
    actions.push({
      name: 'add as learner',
      says: 'It gets everything and has no vote, until it is promoted',
      lines: [add],
    });
    if (isNode)
      actions.push({ name: 'join', says: 'Removes its data and starts it as a new member', lines: joinLines(host) });
    return actions;
  }
  if (role === 'follower')
    actions.push({
      name: 'make leader',
      says: 'The leader hands over to it',
      lines: [`etcdctl move-leader ${member.id}`],
    });
  if (!member.vote)
    actions.push({ name: 'promote', says: 'From now on it votes', lines: [`etcdctl member promote ${member.id}`] });
  if (role === 'not started' && isNode)
    actions.push({ name: 'join', says: 'Removes its data and starts it as a new member', lines: joinLines(host) });
  if (role === 'not running' && isNode)
    actions.push({
      name: 'replace',
      says: 'Removes the member, adds a new one as a learner, and starts it without the old data',
      // A cluster that refuses the new member is left as it is.
      lines: [[remove, add, ...joinLines(host)].join(' && ')],
    });
  actions.push({ name: 'remove', says: 'It leaves the cluster for good', lines: [remove] });
  return actions;
}

/** What one does on a machine that kubeadm has set up; the kubelet looks at its manifests every 20 s. */
function joinLines(host: string): string[] {
  const manifest = '/etc/kubernetes/manifests/etcd.yaml';
  return [
    `ssh ${host} "mv ${manifest} /root/; sleep 25; rm -rf /var/lib/etcd"`,
    `ssh ${host} sed -i s/--initial-cluster-state=new/--initial-cluster-state=existing/ /root/etcd.yaml`,
    `ssh ${host} mv /root/etcd.yaml ${manifest}`,
  ];
}
