import type { Command } from '../command.ts';
import { rolloutHistory } from './rollout/history.ts';
import { rolloutPause, rolloutRestart, rolloutResume } from './rollout/modify.ts';
import { rolloutStatus } from './rollout/status.ts';
import { rolloutUndo } from './rollout/undo.ts';

export const rollout: Command = {
  name: 'rollout',
  group: 'Deploy Commands',
  short: 'Manage the rollout of a resource',
  usage: 'SUBCOMMAND',
  examples: [
    'kubectl rollout status deployment/web',
    'kubectl rollout undo deployment/web',
    'kubectl rollout restart deployment/web',
  ],
  subcommands: [rolloutHistory, rolloutPause, rolloutRestart, rolloutResume, rolloutStatus, rolloutUndo],
};
