import type { Micros } from '../env.ts';
import { parseMicros, showMicros, usage, type Fault } from './fault.ts';
import { disturb, LINKS_USAGE, linkTargets, parseLinks, showLinks, type Links } from './link.ts';

interface Latency extends Links {
  readonly delay: Micros;
  readonly jitter: Micros;
}

export const latencyFault: Fault<Latency> = {
  name: 'latency',
  usage: `latency <duration>[+-<jitter>] ${LINKS_USAGE}`,
  summary: 'makes packets take longer, each by the same time and up to the jitter more',
  parse([time, ...words], world) {
    if (time === undefined || words.length === 0) throw usage(latencyFault);
    const [delay, jitter] = time.split('+-');
    const spread = jitter === undefined ? 0 : parseMicros(jitter, 'the jitter');
    return { ...parseLinks(words, world), delay: parseMicros(delay, 'the latency'), jitter: spread };
  },
  targets: linkTargets,
  describe(args) {
    const jitter = args.jitter === 0 ? '' : ` (and up to ${showMicros(args.jitter)} more)`;
    return `packets take ${showMicros(args.delay)} longer${jitter} ${showLinks(args)}`;
  },
  inject: (world, args) => disturb(world, args, { delay: args.delay, jitter: args.jitter }),
};
