import type { Command } from '../../command.ts';
import { createGenerated, generatorFlags, oneName } from '../../generate.ts';
import { amounts } from '../../amounts.ts';

export const createQuota: Command = {
  name: 'quota',
  aliases: ['resourcequota'],
  short: 'Create a quota with the specified name',
  usage: 'NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]',
  examples: ['kubectl create quota small --hard=cpu=1,memory=1G,pods=5'],
  flags: [
    ...generatorFlags('kubectl-create'),
    { name: 'hard', type: 'string', usage: 'The limits, such as cpu=1,pods=5.' },
    { name: 'scopes', type: 'string', usage: 'Which pods count, such as BestEffort.' },
  ],
  async run(context) {
    const name = oneName(context);
    const hard = amounts(context.flags.string('hard'));
    const scopes = context.flags.string('scopes');
    const spec = {
      ...(hard === undefined ? {} : { hard }),
      ...(scopes === '' ? {} : { scopes: scopes.split(',') }),
    };
    const object = { kind: 'ResourceQuota', apiVersion: 'v1', metadata: { name }, spec, status: {} };
    await createGenerated(context, object, 'quota');
  },
};
