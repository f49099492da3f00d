import { SECOND, type Micros } from '../env.ts';
import { addSkew } from '../kernel-processes.ts';
import { skewAt } from '../skew.ts';
import { hostNamed, parseMicros, showMicros, usage, UsageError, type Fault } from './fault.ts';

interface ClockSkew {
  readonly host: string;
  readonly skew: Micros;
  /** The clock gains or loses this in every second. */
  readonly drifts: boolean;
}

export const clockSkewFault: Fault<ClockSkew> = {
  name: 'clock-skew',
  usage: 'clock-skew <machine> +<duration>[/s] | -<duration>[/s]',
  summary: 'sets the wall clock of a machine ahead or back; with /s it gains or loses that in every second',
  parse([name, offset, ...rest], world) {
    const sign = offset?.charAt(0);
    if (name === undefined || offset === undefined || rest.length > 0 || (sign !== '+' && sign !== '-')) {
      throw usage(clockSkewFault);
    }
    const drifts = offset.endsWith('/s');
    const size = parseMicros(offset.slice(1, drifts ? -2 : undefined), 'the offset');
    if (drifts && size >= SECOND)
      throw new UsageError(`a clock can drift by less than 1s in a second, not by "${offset}"`);
    return { host: hostNamed(world, name).name, skew: sign === '-' ? -size : size, drifts };
  },
  targets: ({ host }) => [host],
  describe({ host, skew, drifts }) {
    const size = showMicros(skew < 0 ? -skew : skew);
    if (drifts) return `the clock of ${host} ${skew < 0 ? 'loses' : 'gains'} ${size} in every second`;
    return `the clock of ${host} is ${size} ${skew < 0 ? 'slow' : 'fast'}`;
  },
  inject(world, { host, skew, drifts }) {
    const target = hostNamed(world, host);
    if (!drifts) {
      addSkew(world, target, skew, 0);
      return (healed) => addSkew(healed, target, -skew, 0);
    }
    const since = world.now;
    addSkew(world, target, 0, skew);
    // As ntpd does once it hears the time again: the clock is set right.
    return (healed) => addSkew(healed, target, -skewAt({ offset: 0, drift: skew, since }, healed.now), -skew);
  },
};
