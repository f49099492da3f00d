import { powerOff, powerOn } from '../kernel-processes.ts';
import { hostNamed, onlyWord, UsageError, type Fault } from './fault.ts';

export const tornWriteFault: Fault<{ readonly host: string }> = {
  name: 'torn-write',
  usage: 'torn-write <machine>',
  summary: 'cuts the power in the middle of the next fsync: the file that it is about ends with half of a record',
  parse(words, world) {
    const host = hostNamed(world, onlyWord(words, tornWriteFault));
    if (!host.on) throw new UsageError(`${host.name} is off already; use: power-on ${host.name}`);
    return { host: host.name };
  },
  targets: ({ host }) => [host],
  describe: ({ host }) => `the power of ${host} is cut in the middle of a write`,
  inject(world, { host }) {
    const target = hostNamed(world, host);
    const { cause } = world;
    target.disk.tear = (torn) => {
      torn.cause = cause;
      powerOff(torn, target);
      torn.cause = undefined;
    };
    return (healed) => {
      target.disk.tear = undefined;
      powerOn(healed, target);
    };
  },
};
