import type { Command, Context } from '../command.ts';
import { fieldManagerFlag, FILE_FLAGS } from '../common-flags.ts';
import { asError, CliError, describeFailure, StatusError } from '../errors.ts';
import { parseManifest, flatten } from '../manifest.ts';
import { sendChange } from '../modify.ts';
import { nameOf, str, withoutManagedFields } from '../object.ts';
import { nameLine } from '../output.ts';
import { select, visit } from '../selection.ts';
import type { Target } from '../selection.ts';
import type { Obj } from '../server.ts';
import { emitYaml } from '../../text/yaml-emit.ts';
import { isObject } from '../../../lib/json.ts';
import { resourceName } from '../discovery.ts';

export const edit: Command = {
  name: 'edit',
  group: 'Basic Commands (Intermediate)',
  short: 'Edit a resource on the server',
  usage: '(RESOURCE/NAME | -f FILENAME)',
  examples: ['kubectl edit deployment/web', 'kubectl edit svc/web'],
  flags: [
    ...FILE_FLAGS,
    fieldManagerFlag('kubectl-edit'),
    { name: 'output', short: 'o', type: 'string', fallback: 'yaml', usage: 'yaml or json.' },
    { name: 'dry-run', type: 'string', fallback: 'none', hidden: true },
    {
      name: 'save-config',
      type: 'bool',
      fallback: 'false',
      usage: 'Record the object in its annotation, for a later apply.',
    },
  ],
  async run(context) {
    const options = { files: true };
    await visit(context, await select(context, options), options, (object, target) =>
      editOne(context, withoutManagedFields(object), target),
    );
  },
};

const HEADER = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;

/** Opens the editor until what it saves is accepted, unchanged or empty. */
async function editOne(context: Context, object: Obj, target: Target): Promise<void> {
  const original = emitYaml(object);
  let shown = original;
  let notes = '';
  for (;;) {
    const saved = await context.io.edit(
      `${str(object, 'kind').toLowerCase()}-${nameOf(object)}.yaml`,
      HEADER + notes + shown,
    );
    const content = saved === undefined ? undefined : stripComments(saved);
    if (content === undefined || content.trim() === '' || content === original) {
      context.err(
        content !== undefined && content.trim() === ''
          ? 'Edit cancelled, saved file was empty.\n'
          : 'Edit cancelled, no changes made.\n',
      );
      return;
    }
    if (notes !== '' && content === shown) {
      throw new CliError('Edit cancelled, no valid changes were saved.');
    }
    try {
      const edited = objectIn(content);
      await sendChange(context, target, object, edited, 'strategic');
      return context.out(`${nameLine(object)} edited\n`);
    } catch (error) {
      const failure = asError(error);
      notes = explain(failure, target);
      shown = content;
      context.err(`${describeFailure(failure).text.trimEnd()}\n`);
    }
  }
}

function stripComments(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
}

function objectIn(text: string): Obj {
  const [document] = parseManifest('edited-file', text);
  if (document === undefined || !isObject(document.value))
    throw new CliError('The edited file failed validation: invalid object to validate');
  const [object] = flatten(document.value as Obj);
  if (object === undefined) throw new CliError('The edited file had no object');
  return object;
}

/** The failure as comments above the text. */
function explain(error: Error, target: Target): string {
  const title =
    error instanceof StatusError
      ? `${resourceName(target.resource)} "${target.name}" was not valid:`
      : 'The edited file had a syntax error:';
  const causes =
    error instanceof StatusError
      ? (error.status.details?.causes ?? []).map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`)
      : [];
  const lines =
    causes.length > 0 ? causes.map((each) => `# * ${each}`) : error.message.split('\n').map((line) => `# * ${line}`);
  return `# ${title}\n${lines.join('\n')}\n#\n`;
}
