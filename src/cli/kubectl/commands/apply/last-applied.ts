// Models kubectl/pkg/cmd/apply/apply_{view,set,edit}_last_applied.go.
import { deepEqual } from '../../../../lib/json.ts';
import { emitYaml } from '../../../text/yaml-emit.ts';
import { compactJson, prettyJson } from '../../../text/go-json.ts';
import { LAST_APPLIED, lastApplied } from '../../apply-object.ts';
import type { Command, Context } from '../../command.ts';
import { ALL_FLAG, FILE_FLAGS, SELECTOR_FLAG } from '../../common-flags.ts';
import { pathTo } from '../../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, operationText } from '../../dry-run.ts';
import { CliError } from '../../errors.ts';
import { editFlags, editSession } from '../../editor.ts';
import type { Edited } from '../../editor.ts';
import { namedObject } from '../../named-object.ts';
import { annotationsOf, withValue } from '../../object.ts';
import { OUTPUT_FLAGS, reporter } from '../../output.ts';
import { filesGiven, fileTargets, NOTHING_GIVEN, select, visit } from '../../selection.ts';
import type { Target } from '../../selection.ts';
import type { Obj } from '../../server.ts';

export const viewLastApplied: Command = {
  name: 'view-last-applied',
  short: 'View the latest last-applied-configuration annotations of a resource/object',
  usage: '(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
  flags: [
    ...FILE_FLAGS,
    SELECTOR_FLAG,
    ALL_FLAG,
    { name: 'output', short: 'o', type: 'string', fallback: 'yaml', usage: 'yaml or json.' },
  ],
  async run(context) {
    const options = { files: true, selector: context.flags.string('selector'), all: context.flags.bool('all') };
    await visit(context, await select(context, options), options, async (object) => {
      const last = lastApplied(object);
      if (last === undefined) return;
      context.out(context.flags.string('output') === 'json' ? prettyJson(last) : emitYaml(last));
    });
  },
};

export const setLastApplied: Command = {
  name: 'set-last-applied',
  short: 'Set the last-applied-configuration annotation on a live object to match the contents of a file',
  usage: '-f FILENAME',
  flags: [
    ...FILE_FLAGS.filter(({ name }) => name === 'filename'),
    ...OUTPUT_FLAGS,
    DRY_RUN_FLAG,
    { name: 'create-annotation', type: 'bool', fallback: 'false', usage: 'Also where there is none yet.' },
  ],
  async run(context) {
    if (!filesGiven(context)) throw new CliError(NOTHING_GIVEN);
    for (const target of await fileTargets(context)) {
      const live = await namedObject(context.server, target);
      const before = annotationsOf(live)[LAST_APPLIED];
      const after = textOf(target.object ?? {});
      if (before === undefined && !context.flags.bool('create-annotation'))
        throw new CliError(
          `no last-applied-configuration annotation found on resource: ${target.name}, to create the annotation, run the command with --create-annotation`,
        );
      if (before?.trimEnd() === after.trimEnd()) {
        context.out(`set-last-applied ${target.name}: no changes required.\n`);
        continue;
      }
      await record(context, target, live, after, 'configured');
    }
  },
};

export const editLastApplied: Command = {
  name: 'edit-last-applied',
  short: 'Edit latest last-applied-configuration annotations of a resource/object',
  usage: '(RESOURCE/NAME | -f FILENAME)',
  flags: editFlags('kubectl-client-side-apply'),
  async run(context) {
    const edited: Edited[] = [];
    const live = new Map<string, Obj>();
    const options = { files: true, defaultToAll: true };
    await visit(context, await select(context, options), options, async (object, target) => {
      const last = lastApplied(object);
      live.set(target.name, object);
      if (last !== undefined) edited.push({ object: last, target });
      return Promise.resolve();
    });
    if (edited.length === 0)
      throw new CliError(
        'no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`',
      );
    await editSession(context, edited, {
      header: HEADER,
      async send({ object, target }, after) {
        if (!deepEqual(object, after))
          return record(context, target, live.get(target.name) ?? {}, textOf(after), 'edited');
        const report = reporter(context, 'skipped');
        report.print(object);
        report.flush();
      },
    });
  },
};

const HEADER = `# Please edit the 'last-applied-configuration' annotations below.
# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.
#
`;

/** The object as it is written down: without what was written down before. */
function textOf(object: Obj): string {
  const { [LAST_APPLIED]: _previous, ...rest } = annotationsOf(object);
  const annotations = Object.keys(rest).length === 0 ? undefined : rest;
  return `${compactJson(withValue(object, ['metadata', 'annotations'], annotations))}\n`;
}

async function record(context: Context, target: Target, live: Obj, text: string, operation: string): Promise<void> {
  const dryRun = context.flags.has('dry-run') ? dryRunOf(context) : 'none';
  const report = reporter(context, operationText(operation, dryRun));
  const patch = { metadata: { annotations: { [LAST_APPLIED]: text } } };
  const path = pathTo(target.resource, target.namespace, target.name);
  const changed =
    dryRun === 'client'
      ? live
      : await context.server.json('PATCH', path, {
          query: { dryRun: dryRunQuery(dryRun) },
          body: patch,
          contentType: 'application/merge-patch+json',
        });
  report.print(changed);
  report.flush();
}
