import type { Micros } from '../env.ts';
import { setSkew } from '../kernel-processes.ts';
import { hostNamed, parseMicros, showMicros, usage, type Fault } from './fault.ts';

interface ClockSkew {
  readonly host: string;
  readonly skew: Micros;
}

export const clockSkewFault: Fault<ClockSkew> = {
  name: 'clock-skew',
  usage: 'clock-skew <machine> +<duration> | -<duration>',
  summary: 'sets the wall clock of a machine ahead or back',
  parse([name, offset, ...rest], world) {
    const sign = offset?.charAt(0);
    if (name === undefined || offset === undefined || rest.length > 0 || (sign !== '+' && sign !== '-')) {
      throw usage(clockSkewFault);
    }
    const size = parseMicros(offset.slice(1), 'the offset');
    return { host: hostNamed(world, name).name, skew: sign === '-' ? -size : size };
  },
  targets: ({ host }) => [host],
  describe({ host, skew }) {
    return `the clock of ${host} is ${showMicros(skew < 0 ? -skew : skew)} ${skew < 0 ? 'slow' : 'fast'}`;
  },
  inject(world, { host, skew }) {
    const target = hostNamed(world, host);
    setSkew(world, target, target.skew + skew);
    return (healed) => setSkew(healed, target, target.skew - skew);
  },
};
