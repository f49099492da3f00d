import { powerOn } from '../kernel-processes.ts';
import { hostNamed, onlyWord, UsageError, type Fault } from './fault.ts';

const POWERLESS: ReadonlySet<string> = new Set(['power-off', 'torn-write']);

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
  ends: ({ host }, active) => POWERLESS.has(active.name) && active.targets.includes(host),
  inject(world, { host }) {
    powerOn(world, hostNamed(world, host));
    return undefined;
  },
};
