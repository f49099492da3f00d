import type { Command } from '../command.ts';
import { pathTo } from '../discovery.ts';
import { CliError } from '../errors.ts';
import { editFlags, editingObjects, editSession } from '../editor.ts';
import type { Edited } from '../editor.ts';
import { goQuote } from '../../text/go-quote.ts';
import { select, visit } from '../selection.ts';

export const edit: Command = {
  name: 'edit',
  group: 'Basic Commands (Intermediate)',
  short: 'Edit a resource on the server',
  usage: '(RESOURCE/NAME | -f FILENAME)',
  examples: ['kubectl edit deployment/web', 'KUBE_EDITOR="sed -i s/80/8080/" kubectl edit svc/web'],
  flags: [
    ...editFlags('kubectl-edit'),
    { name: 'output-patch', type: 'bool', fallback: 'false', usage: 'Show the patch that is sent.' },
    {
      name: 'save-config',
      type: 'bool',
      fallback: 'false',
      usage: 'Record the object in its annotation, for a later apply.',
    },
    { name: 'subresource', type: 'string', usage: 'Sub-resource to edit: status.' },
  ],
  async run(context) {
    const subresource = context.flags.string('subresource');
    const mode = editingObjects(context);
    const options = { files: true, defaultToAll: true };
    const edited: Edited[] = [];
    await visit(context, await select(context, options), options, async (object, target) => {
      const path = pathTo(target.resource, target.namespace, target.name, subresource);
      edited.push({ object: subresource === '' ? object : await context.server.json('GET', path), target });
    });
    if (subresource !== '' && subresource !== 'status')
      throw new CliError(`invalid subresource value: ${goQuote(subresource)}. Must be one of [status]`);
    if (edited.length === 0) throw new CliError('edit cancelled, no objects found');
    await editSession(context, edited, mode);
  },
};
