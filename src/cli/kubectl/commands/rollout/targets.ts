import type { Context } from '../../command.ts';
import { FILE_FLAGS, SELECTOR_FLAG } from '../../common-flags.ts';
import { kindPrefix } from '../../discovery.ts';
import { CliError } from '../../errors.ts';
import type { FlagSpec } from '../../flags.ts';
import { annotationsOf, nameOf } from '../../object.ts';
import { filesGiven, select, visit } from '../../selection.ts';
import type { Target } from '../../selection.ts';
import type { Obj } from '../../server.ts';

export const ROLLOUT_FLAGS: readonly FlagSpec[] = [...FILE_FLAGS, SELECTOR_FLAG];
export const REVISION = 'deployment.kubernetes.io/revision';
export const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** Runs `work` on every workload that the command names. */
export async function visitWorkloads(
  context: Context,
  work: (object: Obj, target: Target) => Promise<void>,
): Promise<number> {
  if (context.args.length === 0 && !filesGiven(context)) throw new CliError('required resource not specified');
  const options = { files: true, selector: context.flags.string('selector'), defaultToAll: true, typed: true };
  return visit(context, await select(context, options), options, work);
}

/** A Deployment is all that this cluster can roll out. */
export function requireDeployment({ resource }: Target, refusal: (groupKind: string) => string): void {
  if (resource.kind === 'Deployment') return;
  throw new CliError(refusal(groupKindOf(resource)));
}

/** `ReplicaSet.apps`. */
function groupKindOf({ group, kind }: Target['resource']): string {
  return group === '' ? kind : `${kind}.${group}`;
}

export function revisionOf(object: Obj): number {
  return Number(annotationsOf(object)[REVISION] ?? '0');
}

export function lineFor(target: Target, object: Obj): string {
  return `${kindPrefix(target.resource)}/${nameOf(object)}`;
}
