import { SECOND } from '../../../sim/env.ts';
import type { CommandTable } from '../../../unix/task.ts';
import type { ImageFamily } from './image.ts';

/** Starts, complains and exits with 1: for watching restarts and their back-off. */
export const crash: ImageFamily = {
  repository: 'docker.io/kubarium/crash',
  program: 'crash',
  config: { entrypoint: ['/crash'] },
  releases: [{ tags: ['1.0', 'latest'], layers: [1_200_000], version: '1.0' }],
};

export const CRASH_COMMANDS: CommandTable = {
  '/crash': async (task) => {
    await task.print('starting\n');
    await task.sleep(SECOND);
    await task.printError('panic: required setting DATABASE_URL is not set\n');
    return 1;
  },
};
