import { corruptFile } from '../kernel-disk.ts';
import type { Host } from '../kernel-world.ts';
import { hostNamed, usage, UsageError, type Fault } from './fault.ts';

interface Corrupt {
  readonly host: string;
  readonly words: readonly string[];
}

export const corruptFault: Fault<Corrupt> = {
  name: 'corrupt',
  usage: 'corrupt <machine>/<part of a path> [<part of a path>…]   (such as: corrupt cp-2/etcd wal)',
  summary: 'flips a bit in the last line of a file: whoever has it in memory finds out when it reads it again',
  parse(given, world) {
    const [first, ...rest] = given;
    const slash = first?.indexOf('/') ?? -1;
    if (first === undefined || slash < 0) throw usage(corruptFault);
    const host = hostNamed(world, first.slice(0, slash));
    const words = [first.slice(slash + 1), ...rest];
    if (fileFor(host, words) === undefined) {
      throw new UsageError(`no file on ${host.name} has ${words.map((word) => `"${word}"`).join(' and ')} in its path`);
    }
    return { host: host.name, words };
  },
  targets: ({ host }) => [host],
  describe: ({ host, words }) => `a bit is flipped in a file of ${host}: ${words.join(' ')}`,
  inject(world, { host, words }) {
    const target = hostNamed(world, host);
    const path = fileFor(target, words);
    if (path !== undefined) corruptFile(world, target, path);
    // Nothing puts it right but who owns the file.
    return undefined;
  },
};

/**
 * The last in order of their names: of a log, its newest segment. One that ends as asked for comes before others: what etcd
 * has put aside as `….wal.broken` nobody reads again.
 */
function fileFor(host: Host, words: readonly string[]): string | undefined {
  const fitting = [...host.disk.current]
    .filter(([path, text]) => text !== '' && words.every((word) => path.includes(word)))
    .map(([path]) => path)
    .sort();
  return fitting.findLast((path) => path.endsWith(words.at(-1) ?? '')) ?? fitting.at(-1);
}
