import { disturb, LINKS_USAGE, linkTargets, parseLinks, showLinks, type Links } from './link.ts';
import { usage, type Fault } from './fault.ts';

export const partitionFault: Fault<Links> = {
  name: 'partition',
  usage: `partition ${LINKS_USAGE}`,
  summary: 'cuts the links between machines: connections stall, then time out',
  parse(words, world) {
    if (words.length === 0) throw usage(partitionFault);
    return parseLinks(words, world);
  },
  targets: linkTargets,
  describe: (links) => `no packets pass ${showLinks(links)}`,
  inject: (world, links) => disturb(world, links, { cut: true }),
};
