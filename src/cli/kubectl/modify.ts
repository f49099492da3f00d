import { createMergePatch } from '../../api/patch/merge-patch.ts';
import { createTwoWayPatch } from '../../api/patch/strategic-diff.ts';
import { hasType } from '../../api/schema.ts';
import type { Context } from './command.ts';
import { ALL_FLAG, fieldManagerFlag, FILE_FLAGS, SELECTOR_FLAGS } from './common-flags.ts';
import { pathTo } from './discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, operationText } from './dry-run.ts';
import { asError, CliError } from './errors.ts';
import type { FlagSpec } from './flags.ts';
import { checkDocument, flatten } from './manifest.ts';
import { givenDocuments, mapObject, select, visit } from './selection.ts';
import type { SelectionOptions, Target } from './selection.ts';
import type { Obj } from './server.ts';
import { OUTPUT_FLAGS, reporter } from './output.ts';

/** Flags of the commands that change objects in place. */
export function modifyFlags(manager: string): readonly FlagSpec[] {
  return [
    ...FILE_FLAGS,
    ...OUTPUT_FLAGS,
    ...SELECTOR_FLAGS,
    ALL_FLAG,
    DRY_RUN_FLAG,
    fieldManagerFlag(manager),
    { name: 'local', type: 'bool', fallback: 'false', usage: 'Change the given manifest only, without a server.' },
  ];
}

export function selectionOf(context: Context, args: readonly string[]): SelectionOptions {
  if (context.flags.bool('all') && context.flags.string('selector') !== '')
    throw new CliError('cannot set --all and --selector at the same time');
  return {
    files: true,
    args,
    selector: context.flags.string('selector'),
    fieldSelector: context.flags.string('field-selector'),
    all: context.flags.bool('all'),
    allNamespaces: context.allNamespaces,
  };
}

export type PatchStyle = 'merge' | 'strategic';

/** Sends the difference between two forms of an object; gives what the server made of it. */
export async function sendChange(
  context: Context,
  target: Target,
  before: Obj,
  after: Obj,
  style: PatchStyle,
): Promise<Obj> {
  const strategic = style === 'strategic' && hasType(target.resource.kind);
  const patch = strategic ? createTwoWayPatch(before, after, target.resource.kind) : createMergePatch(before, after);
  const contentType = strategic ? 'application/strategic-merge-patch+json' : 'application/merge-patch+json';
  const query = {
    dryRun: dryRunQuery(dryRunOf(context)),
    fieldManager: context.flags.has('field-manager') ? context.flags.string('field-manager') : undefined,
  };
  return context.server.json('PATCH', pathTo(target.resource, target.namespace, target.name), {
    query,
    body: patch,
    contentType,
  });
}

/** What a change does to one object: the new form and the word for it; undefined leaves it alone without a word. */
export type Change = (object: Obj, target: Target) => { readonly object: Obj; readonly operation: string } | undefined;

/** How a command's words differ from what others say. */
export interface Saying {
  readonly wrap?: (error: Error) => Error;
  readonly words?: typeof operationText;
}

/** Changes every selected object and reports each. */
export async function changeObjects(
  context: Context,
  options: SelectionOptions,
  style: PatchStyle,
  change: Change,
  saying: Saying = {},
): Promise<void> {
  const dryRun = dryRunOf(context);
  const apply = async (object: Obj, target: Target, send: boolean): Promise<void> => {
    const changed = change(object, target);
    if (changed === undefined) return;
    const { object: after, operation } = changed;
    let result = after;
    if (send && dryRun !== 'client' && JSON.stringify(after) !== JSON.stringify(object)) {
      try {
        result = await sendChange(context, target, object, after, style);
      } catch (error) {
        throw saying.wrap === undefined ? error : saying.wrap(asError(error));
      }
    }
    const report = reporter(context, (saying.words ?? operationText)(operation, dryRun));
    report.print(result);
    report.flush();
  };
  if (context.flags.bool('local')) {
    for (const document of await givenDocuments(context)) {
      for (const object of flatten(checkDocument(document)))
        await apply(object, await mapObject(context, object, document.source), false);
    }
    return;
  }
  await visit(context, await select(context, options), options, (object, target) => apply(object, target, true));
}
