import type { DryRun } from './dry-run.ts';
import { CliError } from './errors.ts';
import type { Obj } from './server.ts';

/** What a DELETE says. The server heeds no parameters beside a body. A negative period stands for the object's own. */
export function deleteOptions(propagationPolicy: string, gracePeriodSeconds = -1, dryRun: DryRun = 'none'): Obj {
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(gracePeriodSeconds >= 0 ? { gracePeriodSeconds } : {}),
    propagationPolicy,
    ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
  };
}

/** The propagation policy that --cascade stands for. */
export function propagationOf(cascade: string): string {
  switch (cascade) {
    case 'background':
    case 'true':
      return 'Background';
    case 'orphan':
    case 'false':
      return 'Orphan';
    case 'foreground':
      return 'Foreground';
    default:
      throw new CliError(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
  }
}
