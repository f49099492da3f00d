import type { Micros } from '../env.ts';
import { hostNamed, parseMicros, showMicros, usage, type Fault } from './fault.ts';

interface SlowDisk {
  readonly host: string;
  readonly delay: Micros;
}

export const slowDiskFault: Fault<SlowDisk> = {
  name: 'slow-disk',
  usage: 'slow-disk <machine> <duration>',
  summary: 'makes every fsync of a machine take longer',
  parse([name, delay, ...rest], world) {
    if (name === undefined || delay === undefined || rest.length > 0) throw usage(slowDiskFault);
    return { host: hostNamed(world, name).name, delay: parseMicros(delay, 'the delay') };
  },
  targets: ({ host }) => [host],
  describe: ({ host, delay }) => `each fsync on ${host} takes ${showMicros(delay)} longer`,
  inject(world, { host, delay }) {
    const { disk } = hostNamed(world, host);
    disk.slowness += delay;
    return () => {
      disk.slowness -= delay;
    };
  },
};
