import type { Command } from '../../command.ts';
import { createGenerated, generatorFlags, oneName } from '../../generate.ts';
import { withHash } from '../../append-hash.ts';
import { keyValues, SOURCE_FLAGS } from './key-values.ts';

export const createConfigMap: Command = {
  name: 'configmap',
  aliases: ['cm'],
  short: 'Create a config map from a local file, directory or literal value',
  usage: 'NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  flags: [...generatorFlags('kubectl-create'), ...SOURCE_FLAGS],
  async run(context) {
    const name = oneName(context);
    const data = keyValues(context, 'configmap');
    const object = {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name },
      ...(Object.keys(data).length === 0 ? {} : { data }),
    };
    await createGenerated(context, withHash(context, object), 'configmap');
  },
};
