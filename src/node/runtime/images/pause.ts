import type { CommandTable } from '../../../unix/task.ts';
import { untilSignalled } from './echo-servers.ts';
import type { ImageFamily } from './image.ts';

export const pause: ImageFamily = {
  repository: 'registry.k8s.io/pause',
  program: 'pause',
  config: { entrypoint: ['/pause'] },
  preloaded: true,
  releases: [
    { tags: ['3.9'], layers: [321_520], version: '3.9' },
    { tags: ['3.10'], layers: [319_700], version: '3.10' },
    { tags: ['3.10.1'], layers: [319_824], version: '3.10.1' },
  ],
};

export const PAUSE_COMMANDS: CommandTable = { '/pause': untilSignalled };
