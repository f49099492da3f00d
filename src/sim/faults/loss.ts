import { UsageError, usage, type Fault } from './fault.ts';
import { disturb, linkTargets, parseLinks, showLinks, type Links } from './link.ts';

interface Loss extends Links {
  /** Per million. */
  readonly loss: number;
}

export const lossFault: Fault<Loss> = {
  name: 'loss',
  usage: 'loss <percent>% <machine>… [| <machine>…]',
  summary: 'loses a share of the packets: they are sent again, so traffic becomes slow',
  parse([share, ...words], world) {
    if (share === undefined || words.length === 0) throw usage(lossFault);
    return { ...parseLinks(words, world), loss: parsePercent(share) };
  },
  targets: linkTargets,
  describe: (args) => `${args.loss / 10_000}% of the packets are lost ${showLinks(args)}`,
  inject: (world, args) => disturb(world, args, { cut: false, delay: 0, jitter: 0, loss: args.loss }),
};

function parsePercent(word: string): number {
  const match = /^(\d{1,3})(?:\.(\d{1,4}))?%$/.exec(word);
  const loss = match === null ? -1 : Number(match[1]) * 10_000 + Number((match[2] ?? '').padEnd(4, '0'));
  if (loss <= 0 || loss > 1_000_000) throw new UsageError(`the loss must lie between 0.0001% and 100%, not "${word}"`);
  return loss;
}
