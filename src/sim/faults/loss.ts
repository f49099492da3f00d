import { usage, type Fault } from './fault.ts';
import { disturb, LINKS_USAGE, linkTargets, parseLinks, parsePercent, showLinks, type Links } from './link.ts';

interface Loss extends Links {
  /** Per million. */
  readonly loss: number;
}

export const lossFault: Fault<Loss> = {
  name: 'loss',
  usage: `loss <percent>% ${LINKS_USAGE}`,
  summary: 'loses a share of the packets: they are sent again, so traffic becomes slow',
  parse([share, ...words], world) {
    if (share === undefined || words.length === 0) throw usage(lossFault);
    return { ...parseLinks(words, world), loss: parsePercent(share, 'the loss') };
  },
  targets: linkTargets,
  describe: (args) => `${args.loss / 10_000}% of the packets are lost ${showLinks(args)}`,
  inject: (world, args) => disturb(world, args, { loss: args.loss }),
};
