import { setDiskFull } from '../kernel-disk.ts';
import { hostNamed, onlyWord, type Fault } from './fault.ts';

export const fullDiskFault: Fault<{ readonly host: string }> = {
  name: 'full-disk',
  usage: 'full-disk <machine>',
  summary: 'leaves no room on a disk: writes fail with "no space left on device", what is there stays',
  parse(words, world) {
    return { host: hostNamed(world, onlyWord(words, fullDiskFault)).name };
  },
  targets: ({ host }) => [host],
  describe: ({ host }) => `the disk of ${host} is full`,
  inject(world, { host }) {
    setDiskFull(world, hostNamed(world, host), 1);
    return (healed) => setDiskFull(healed, hostNamed(healed, host), -1);
  },
};
