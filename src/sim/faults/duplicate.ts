import { usage, type Fault } from './fault.ts';
import { disturb, LINKS_USAGE, linkTargets, parseLinks, parsePercent, showLinks, type Links } from './link.ts';

interface Duplicate extends Links {
  /** Per million. */
  readonly share: number;
}

export const duplicateFault: Fault<Duplicate> = {
  name: 'duplicate',
  usage: `duplicate <percent>% ${LINKS_USAGE}`,
  summary: 'delivers a share of the packets twice: the receiving machine knows them by their number and drops the copy',
  parse([share, ...words], world) {
    if (share === undefined || words.length === 0) throw usage(duplicateFault);
    return { ...parseLinks(words, world), share: parsePercent(share, 'the share') };
  },
  targets: linkTargets,
  describe: (args) => `${args.share / 10_000}% of the packets arrive twice ${showLinks(args)}`,
  inject: (world, args) => disturb(world, args, { duplicate: args.share }),
};
