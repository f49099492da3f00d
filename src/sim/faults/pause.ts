import { setPaused } from '../kernel-processes.ts';
import { hostNamed, onlyWord, processNamed, UsageError, type Fault } from './fault.ts';

export const pauseFault: Fault<{ readonly target: string }> = {
  name: 'pause',
  usage: 'pause <machine> | pause <machine>/<process>',
  summary: 'stops a machine or a process without ending it: peers hear nothing, later it goes on where it was',
  parse(words, world) {
    const word = onlyWord(words, pauseFault);
    const target = word.includes('/') ? processNamed(world, word) : hostNamed(world, word);
    if ('on' in target && !target.on) throw new UsageError(`${word} is off`);
    if (target.paused) throw new UsageError(`${word} is paused already; use: heal pause`);
    return { target: 'id' in target ? target.id : target.name };
  },
  targets: ({ target }) => [target],
  describe: ({ target }) => `${target} is paused`,
  inject(world, { target }) {
    const paused = target.includes('/') ? processNamed(world, target) : hostNamed(world, target);
    setPaused(world, paused, true);
    return (healed) => {
      // A process that was killed meanwhile stays dead; its successor was never paused.
      if (!('alive' in paused) || paused.alive) setPaused(healed, paused, false);
    };
  },
};
