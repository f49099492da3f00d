import { kill } from '../kernel-processes.ts';
import { onlyWord, processNamed, usage, type Fault } from './fault.ts';

export const killFault: Fault<{ readonly process: string }> = {
  name: 'kill',
  usage: 'kill <machine>/<process>',
  summary: 'ends a process with SIGKILL: its machine resets its connections at once',
  parse(words, world) {
    const word = onlyWord(words, killFault);
    if (!word.includes('/')) throw usage(killFault);
    return { process: processNamed(world, word).id };
  },
  targets: ({ process }) => [process],
  describe: ({ process }) => `${process} is killed`,
  inject(world, { process }) {
    kill(world, processNamed(world, process), world.cause);
    return undefined;
  },
};
