import { powerOn } from '../kernel-processes.ts';
import { hostNamed, onlyWord, UsageError, type Fault } from './fault.ts';

export const powerOnFault: Fault<{ readonly host: string }> = {
  name: 'power-on',
  usage: 'power-on <machine>',
  summary: 'powers a machine on again, which heals its power-off',
  parse(words, world) {
    const host = hostNamed(world, onlyWord(words, powerOnFault));
    if (host.on) throw new UsageError(`${host.name} is on already`);
    return { host: host.name };
  },
  targets: ({ host }) => [host],
  describe: ({ host }) => `${host} is powered on`,
  ends: ({ host }, active) => active.name === 'power-off' && active.targets.includes(host),
  inject(world, { host }) {
    powerOn(world, hostNamed(world, host));
    return undefined;
  },
};
