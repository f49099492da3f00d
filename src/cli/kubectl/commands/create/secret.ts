import { textToBase64 } from '../../../text/base64.ts';
import type { Command, Context } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { createGenerated, generatorFlags, oneName } from '../../generate.ts';
import { keyValues, SOURCE_FLAGS } from './key-values.ts';

const generic: Command = {
  name: 'generic',
  short: 'Create a secret from a local file, directory, or literal value',
  usage: 'NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  flags: [
    ...generatorFlags('kubectl-create'),
    ...SOURCE_FLAGS,
    { name: 'type', type: 'string', usage: 'The type of the secret.' },
  ],
  run: (context) => createWith(context, keyValues(context, 'secret'), context.flags.string('type')),
};

const dockerRegistry: Command = {
  name: 'docker-registry',
  short: 'Create a secret for use with a Docker registry',
  usage:
    'NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--dry-run=server|client|none]',
  flags: [
    ...generatorFlags('kubectl-create'),
    {
      name: 'docker-server',
      type: 'string',
      fallback: 'https://index.docker.io/v1/',
      usage: 'Address of the registry.',
    },
    { name: 'docker-username', type: 'string', usage: 'User name at the registry.' },
    { name: 'docker-password', type: 'string', usage: 'Password at the registry.' },
    { name: 'docker-email', type: 'string', usage: 'Address for mail.' },
  ],
  async run(context) {
    const [username, password, email] = ['docker-username', 'docker-password', 'docker-email'].map((flag) =>
      context.flags.string(flag),
    );
    if (username === '' || password === '')
      throw new CliError(
        'either --from-file or the combination of --docker-username, --docker-password and --docker-server is required',
      );
    const entry = {
      username,
      password,
      ...(email === '' ? {} : { email }),
      auth: textToBase64(`${username ?? ''}:${password ?? ''}`),
    };
    const config = JSON.stringify({ auths: { [context.flags.string('docker-server')]: entry } });
    await createWith(context, { '.dockerconfigjson': config }, 'kubernetes.io/dockerconfigjson');
  },
};

export const createSecret: Command = {
  name: 'secret',
  short: 'Create a secret using a specified subcommand',
  usage: '(docker-registry | generic | tls)',
  subcommands: [dockerRegistry, generic],
};

async function createWith(context: Context, values: Readonly<Record<string, string>>, type: string): Promise<void> {
  const name = oneName(context);
  const data = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, textToBase64(value)]));
  const object = {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { name },
    ...(Object.keys(data).length === 0 ? {} : { data }),
    ...(type === '' ? {} : { type }),
  };
  await createGenerated(context, object, 'secret');
}
