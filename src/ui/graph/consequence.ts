import { COMPONENTS, etcdLeader, leaseHolder } from '../stores/leaders.ts';
import { podsOf } from '../stores/pods.ts';
import { targetName, type Pull, type Target } from '../stores/view-store.ts';
import type { World } from '../stores/world.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { Layout } from './layout.ts';
import { wiresOf } from './routes.ts';

export interface Consequences {
  readonly title: string;
  readonly lines: readonly string[];
}

/** What letting go of a lifted machine would do. */
export function pullConsequence(world: World, layout: Layout, pull: Pull): Consequences {
  const links = wiresOf(layout).filter((wire) => wire.a === pull.host || wire.b === pull.host).length;
  const way =
    pull.direction === 'both'
      ? ''
      : pull.direction === 'out'
        ? `, only ${pull.host} → others`
        : `, only others → ${pull.host}`;
  return { title: `Cut ${pull.host} off: ${links} links${way}`, lines: withoutHost(world, pull.host) };
}

/** What a fault on a target would do, as far as it can be said for sure. */
export function consequenceOf(world: World, fault: FaultKind, target: Target): Consequences | undefined {
  const command = fault.command(target, world);
  const name = targetName(target);
  if (command === undefined) return { title: `${fault.label} cannot be put on ${name}`, lines: [] };
  const title = `${fault.label}: ${name}`;
  switch (fault.name) {
    case 'power-off':
      return {
        title: `Power off ${hostIn(target)}`,
        lines: ['Memory and unsynced writes are lost.', ...withoutHost(world, hostIn(target))],
      };
    case 'partition':
      return target.kind === 'link'
        ? { title, lines: [`Nothing passes between ${target.a} and ${target.b}; both keep running.`] }
        : { title: `Cut ${hostIn(target)} off`, lines: withoutHost(world, hostIn(target)) };
    case 'kill':
      return {
        title: `Kill ${name}`,
        lines: ['Its connections are reset at once; whoever started it starts it again.'],
      };
    case 'pause':
      return { title: `Pause ${name}`, lines: ['It answers nobody, and nobody is told: others find out by time-out.'] };
    case 'slow-disk':
      return {
        title: `Slow disk on ${hostIn(target)}`,
        lines: ['Every fsync takes 500 ms longer; etcd acknowledges nothing before it.'],
      };
    case 'latency':
      return { title, lines: ['Every packet takes 200 ms longer.'] };
    case 'loss':
      return { title, lines: ['One packet in five is lost and sent again later.'] };
    case 'one-way':
      return target.kind === 'link'
        ? { title, lines: [`Nothing passes from ${target.a} to ${target.b}; the other way is open.`] }
        : { title: `Nobody hears ${hostIn(target)}`, lines: ['It hears the others: requests come, answers do not.'] };
    case 'duplicate':
      return { title, lines: ['Three packets in ten arrive twice; the copy is known by its number and dropped.'] };
    case 'slow':
      return { title: `Slow down ${name}`, lines: ['It takes 20 times as long over everything, and things queue up.'] };
    case 'full-disk':
      return { title: `Fill the disk of ${hostIn(target)}`, lines: fullDisk(world, hostIn(target)) };
    case 'torn-write':
      return {
        title: `Cut the power of ${hostIn(target)} in the middle of a write`,
        lines: [
          'The next fsync is cut short: its file ends with half a record.',
          ...withoutHost(world, hostIn(target)),
        ],
      };
    case 'corrupt':
      return {
        title: `Flip a bit of etcd's log on ${hostIn(target)}`,
        lines: ['It goes on from memory. At its next start it finds out, refuses, and must be replaced.'],
      };
    case 'clock-skew':
      return {
        title: `Set the clock of ${hostIn(target)} ahead`,
        lines: ['It is 30 s fast; time-outs do not notice.'],
      };
    default:
      return { title, lines: [] };
  }
}

function fullDisk(world: World, host: string): string[] {
  const lines = ['Nothing can be written: pulls and new containers fail.'];
  if (world.members.has(host)) lines.push('Its etcd ends itself rather than confirm what it cannot keep.');
  if (podsOf(world).some((pod) => pod.node === host && !pod.mirror))
    lines.push('In 10 s its kubelet is under disk pressure and evicts one pod after the other.');
  return lines;
}

function hostIn(target: Target): string {
  return target.kind === 'link' ? target.a : target.kind === 'object' ? '' : target.host;
}

/** What the cluster does when nobody hears from a machine any more. */
function withoutHost(world: World, host: string): string[] {
  const lines: string[] = [];
  if (world.members.has(host)) {
    const alive = [...world.members.keys()].filter(
      (member) => world.machines.get(member)?.state === 'on' && member !== host,
    ).length;
    const all = world.members.size;
    const quorum = Math.floor(all / 2) + 1;
    lines.push(
      alive >= quorum
        ? `${count(alive)} of ${count(all).toLowerCase()} etcd members stay together: writes go on.`
        : `Only ${alive} of ${all} etcd members stay together: every write will fail.`,
    );
    if (etcdLeader(world)?.host === host && alive >= quorum)
      lines.push('It leads etcd: the others elect a new leader.');
    for (const component of ['kube-scheduler', 'kube-controller-manager', 'cloud-controller-manager'])
      if (leaseHolder(world, component) === host)
        lines.push(
          `${COMPONENTS[component] ?? component} leads from ${host}: its lease lapses in 15 s and another one takes over.`,
        );
  }
  const pods = podsOf(world).filter((pod) => pod.node === host && !pod.mirror).length;
  if (pods > 0) lines.push(`Its ${pods} pods leave the endpoints after some 50 s and are replaced 5 minutes later.`);
  return lines;
}

function count(n: number): string {
  return ['None', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven'][n] ?? String(n);
}
