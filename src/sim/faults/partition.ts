import { disturb, linkTargets, parseLinks, showLinks, type Links } from './link.ts';
import { usage, type Fault } from './fault.ts';

export const partitionFault: Fault<Links> = {
  name: 'partition',
  usage: 'partition <machine>… | <machine>…   (or `a -> b` for one direction, or `a` alone for everyone else)',
  summary: 'cuts the links between machines: connections stall, then time out',
  parse(words, world) {
    if (words.length === 0) throw usage(partitionFault);
    return parseLinks(words, world);
  },
  targets: linkTargets,
  describe: (links) => `no packets pass ${showLinks(links)}`,
  inject: (world, links) => disturb(world, links, { cut: true, delay: 0, jitter: 0, loss: 0 }),
};
