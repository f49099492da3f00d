import { setSlow, type Host, type Slowdown, type World } from '../kernel-world.ts';
import { hostNamed, processNamed, usage, UsageError, type Fault } from './fault.ts';

interface Slow {
  readonly host: string;
  /** Name or program of a process; undefined: the whole machine. */
  readonly process: string | undefined;
  readonly times: number;
}

const MOST = 1_000;

export const slowFault: Fault<Slow> = {
  name: 'slow',
  usage: 'slow <machine> <n>x | slow <machine>/<process> <n>x',
  summary: 'starves a machine or a process of CPU: everything that it does takes n times as long, and waits its turn',
  parse([target, factor, ...rest], world) {
    if (target === undefined || factor === undefined || rest.length > 0) throw usage(slowFault);
    const slash = target.indexOf('/');
    const host = hostNamed(world, slash < 0 ? target : target.slice(0, slash)).name;
    if (slash >= 0) processNamed(world, target);
    const times = /^\d{1,4}x$/.test(factor) ? Number(factor.slice(0, -1)) : 0;
    if (times < 2 || times > MOST) throw new UsageError(`the factor must lie between 2x and ${MOST}x, not "${factor}"`);
    return { host, process: slash < 0 ? undefined : target.slice(slash + 1), times };
  },
  targets: ({ host, process }) => [process === undefined ? host : `${host}/${process}`],
  describe: ({ host, process, times }) =>
    `${process === undefined ? host : `${host}/${process}`} is ${times} times slower`,
  inject(world, { host, process, times }) {
    // By name and not by process: what is started in its place is as starved.
    const slowdown: Slowdown = { process, times };
    const target = hostNamed(world, host);
    target.slowdowns.push(slowdown);
    review(world, target);
    return (healed) => {
      target.slowdowns.splice(target.slowdowns.indexOf(slowdown), 1);
      review(healed, target);
    };
  },
};

function review(world: World, host: Host): void {
  for (const process of host.processes.values()) setSlow(world, process);
}
