import { textToBase64 } from '../../../text/base64.ts';
import type { Command, Context } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { createGenerated, generatorFlags, oneName } from '../../generate.ts';
import { withHash } from '../../append-hash.ts';
import { HASH_FLAG, keyValues, SOURCE_FLAGS } from './key-values.ts';

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
    'NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none]',
  flags: [
    ...generatorFlags('kubectl-create'),
    HASH_FLAG,
    { name: 'from-file', type: 'slice', usage: 'A file in the form of ~/.docker/config.json.' },
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
    if (context.flags.list('from-file').length > 0)
      return createWith(context, fileOfDocker(context), 'kubernetes.io/dockerconfigjson');
    if (username === '' || password === '' || context.flags.string('docker-server') === '')
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

/** The content of --from-file, under the key that such a secret has. */
function fileOfDocker(context: Context): Record<string, string> {
  const values = keyValues(context, 'secret');
  const [name, text] = Object.entries(values)[0] ?? ['', ''];
  return name === '.dockerconfigjson' || Object.keys(values).length !== 1 ? values : { '.dockerconfigjson': text };
}

const tls: Command = {
  name: 'tls',
  short: 'Create a TLS secret',
  usage: 'NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]',
  flags: [
    ...generatorFlags('kubectl-create'),
    HASH_FLAG,
    { name: 'cert', type: 'string', usage: 'Path to the certificate, as PEM.' },
    { name: 'key', type: 'string', usage: 'Path to its private key, as PEM.' },
  ],
  run(context) {
    oneName(context);
    const [certPath, keyPath] = [context.flags.string('cert'), context.flags.string('key')];
    if (certPath === '' || keyPath === '') throw new CliError('key and cert must be specified');
    const [cert, key] = [pemFile(context, certPath), pemFile(context, keyPath)];
    checkPem(cert, 'certificate', /^CERTIFICATE$/);
    checkPem(key, 'key', /PRIVATE KEY$/);
    return createWith(context, { 'tls.crt': cert, 'tls.key': key }, 'kubernetes.io/tls');
  },
};

function pemFile(context: Context, path: string): string {
  const text = context.io.files.read(path);
  if (text === undefined) throw new CliError(`Cannot read file ${path}, open ${path}: no such file or directory`);
  return text;
}

/** Models crypto/tls.X509KeyPair as far as it looks for blocks; what is in them is not decoded. */
function checkPem(text: string, what: 'certificate' | 'key', wanted: RegExp): void {
  const types = [...text.matchAll(/-----BEGIN ([^-]+)-----[^-]+-----END \1-----/g)].map((match) => match[1] ?? '');
  if (types.some((type) => wanted.test(type))) return;
  if (types.length === 0) throw new CliError(`tls: failed to find any PEM data in ${what} input`);
  const seen = `[${types.join(' ')}]`;
  throw new CliError(
    what === 'certificate'
      ? types.every((type) => /PRIVATE KEY$/.test(type)) && types.length === 1
        ? 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'
        : `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: ${seen}`
      : types.length === 1 && types[0] === 'CERTIFICATE'
        ? 'tls: found a certificate rather than a key in the PEM for the private key'
        : `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: ${seen}`,
  );
}

export const createSecret: Command = {
  name: 'secret',
  short: 'Create a secret using a specified subcommand',
  usage: '(docker-registry | generic | tls)',
  subcommands: [dockerRegistry, generic, tls],
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
  await createGenerated(context, withHash(context, object), 'secret');
}
