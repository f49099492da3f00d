import { powerOff, powerOn } from '../kernel-processes.ts';
import { hostNamed, onlyWord, UsageError, type Fault } from './fault.ts';

export const powerOffFault: Fault<{ readonly host: string }> = {
  name: 'power-off',
  usage: 'power-off <machine>',
  summary: 'cuts the power: memory and unsynced writes are lost, peers only notice by time-out',
  parse(words, world) {
    const host = hostNamed(world, onlyWord(words, powerOffFault));
    if (!host.on) throw new UsageError(`${host.name} is off already; use: power-on ${host.name}`);
    return { host: host.name };
  },
  targets: ({ host }) => [host],
  describe: ({ host }) => `${host} is powered off`,
  inject(world, { host }) {
    powerOff(world, hostNamed(world, host));
    return (healed) => powerOn(healed, hostNamed(healed, host));
  },
};
