import type { Command, Context } from '../../command.ts';
import { CliError } from '../../errors.ts';
import type { FlagSpec } from '../../flags.ts';
import { commandHelp } from '../../help.ts';
import { list, record, str } from '../../object.ts';
import type { Obj } from '../../server.ts';
import { goQuote } from '../../../text/go-quote.ts';
import { textToBase64 } from '../../../text/base64.ts';

const text = (name: string, usage: string): FlagSpec => ({ name, type: 'string', usage });
const EMBED: FlagSpec = {
  name: 'embed-certs',
  type: 'bool',
  fallback: 'false',
  usage: 'Copy the files into the entry.',
};

function oneName(context: Context, command: Command, complaint: string): string {
  if (context.args.length === 1) return context.args[0] ?? '';
  context.out(commandHelp(command, context.path));
  throw new CliError(`${complaint}: [${context.args.join(' ')}]`);
}

/** Flags given: an empty value takes the field away. */
function changed(context: Context, before: Obj, names: readonly string[]): Obj {
  let entry = before;
  for (const name of names) {
    if (!context.flags.changed(name)) continue;
    const { [name]: _old, ...rest } = entry;
    const value = context.flags.string(name);
    entry = value === '' ? rest : { ...rest, [name]: value };
  }
  return entry;
}

function without(entry: Obj, ...names: readonly string[]): Obj {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !names.includes(key)));
}

/** With --embed-certs the file's content goes where its path would. */
function embedded(context: Context, entry: Obj, names: readonly string[]): Obj {
  let result = entry;
  for (const name of names) {
    const path = context.flags.string(name);
    if (!context.flags.changed(name) || path === '') continue;
    if (!context.flags.bool('embed-certs')) {
      result = without(result, `${name}-data`);
      continue;
    }
    const content = context.io.files.read(path);
    if (content === undefined)
      throw new CliError(`could not stat ${name} file ${path}: stat ${path}: no such file or directory`);
    result = { ...without(result, name), [`${name}-data`]: textToBase64(content) };
  }
  return result;
}

export const setCluster: Command = {
  name: 'set-cluster',
  short: 'Set a cluster entry in kubeconfig',
  usage:
    'NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]',
  flags: [
    text('certificate-authority', 'Path to the authority of the server.'),
    EMBED,
    { name: 'insecure-skip-tls-verify', type: 'bool', fallback: 'false', usage: 'Do not check the server.' },
    text('proxy-url', 'Proxy on the way to the server.'),
    text('server', 'Address of the server.'),
    text('tls-server-name', 'Name that the certificate of the server is checked against.'),
  ],
  async run(context) {
    const name = oneName(context, setCluster, 'Unexpected args');
    const { flags, io } = context;
    const authority = flags.string('certificate-authority');
    const insecure = flags.bool('insecure-skip-tls-verify');
    if (insecure && authority !== '')
      throw new CliError('you cannot specify a certificate authority and insecure mode at the same time');
    if (flags.bool('embed-certs') && authority === '')
      throw new CliError('you must specify a --certificate-authority to embed');
    const config = io.config(flags.string('kubeconfig') || undefined);
    const file = config.load();
    let entry = changed(context, { server: '', ...file.clusters[name] }, [
      'server',
      'tls-server-name',
      'certificate-authority',
      'proxy-url',
    ]);
    if (flags.changed('insecure-skip-tls-verify')) {
      entry = without(entry, 'insecure-skip-tls-verify');
      if (insecure)
        entry = {
          ...without(entry, 'certificate-authority', 'certificate-authority-data'),
          'insecure-skip-tls-verify': true,
        };
    }
    if (authority !== '') entry = without(entry, 'insecure-skip-tls-verify');
    entry = embedded(context, { server: '', ...entry }, ['certificate-authority']);
    config.save({ ...file, clusters: { ...file.clusters, [name]: entry } });
    context.out(`Cluster ${goQuote(name)} set.\n`);
  },
};

export const setCredentials: Command = {
  name: 'set-credentials',
  short: 'Set a user entry in kubeconfig',
  usage:
    'NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [--auth-provider=provider_name] [--auth-provider-arg=key=value] [--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] [--exec-env=key=value]',
  flags: [
    text('auth-provider', 'Provider of tokens.'),
    { name: 'auth-provider-arg', type: 'slice', usage: 'Setting of the provider: key=value.' },
    text('client-certificate', 'Path to the certificate of the user.'),
    text('client-key', 'Path to the key of the user.'),
    EMBED,
    text('exec-api-version', 'API version of the program that gives credentials.'),
    { name: 'exec-arg', type: 'slice', usage: 'Argument of that program.' },
    text('exec-command', 'The program that gives credentials.'),
    { name: 'exec-env', type: 'array', usage: 'Environment of that program: key=value, or key- to remove it.' },
    text('exec-interactive-mode', 'Whether that program may ask the user.'),
    { name: 'exec-provide-cluster-info', type: 'bool', fallback: 'false', usage: 'Tell that program of the cluster.' },
    text('password', 'Password of the user.'),
    text('token', 'Bearer token of the user.'),
    text('username', 'Name for basic authentication.'),
  ],
  async run(context) {
    const name = oneName(context, setCredentials, 'unexpected args');
    const { flags, io } = context;
    checkCredentials(context);
    const config = io.config(flags.string('kubeconfig') || undefined);
    const file = config.load();
    let entry = changed(context, file.users[name] ?? {}, [
      'client-certificate',
      'client-key',
      'token',
      'username',
      'password',
    ]);
    if (flags.string('token') !== '') entry = without(entry, 'username', 'password', 'tokenFile');
    if (flags.string('username') !== '' || flags.string('password') !== '')
      entry = without(entry, 'token', 'tokenFile');
    entry = withPlugin(context, embedded(context, entry, ['client-certificate', 'client-key']));
    config.save({ ...file, users: { ...file.users, [name]: entry } });
    context.out(`User ${goQuote(name)} set.\n`);
  },
};

function checkCredentials({ flags }: Context): void {
  const methods = [
    ...(flags.string('token') === '' ? [] : ['--token']),
    ...(flags.string('username') === '' && flags.string('password') === '' ? [] : ['--username/--password']),
  ];
  if (methods.length > 1)
    throw new CliError(
      `you cannot specify more than one authentication method at the same time: ${methods.join(', ')}`,
    );
  if (flags.bool('embed-certs') && flags.string('client-certificate') === '' && flags.string('client-key') === '')
    throw new CliError('you must specify a --client-certificate or --client-key to embed');
}

/** The program or the provider that gives credentials. */
function withPlugin({ flags }: Context, entry: Obj): Obj {
  let result = entry;
  if (flags.changed('auth-provider') || flags.changed('auth-provider-arg')) {
    const before = record(entry, 'auth-provider');
    const settings = edited(stringsOf(record(before, 'config')), flags.list('auth-provider-arg'));
    const provider = flags.changed('auth-provider') ? flags.string('auth-provider') : str(before, 'name');
    result = { ...result, 'auth-provider': { config: settings, name: provider } };
  }
  if (
    !['command', 'api-version', 'arg', 'env', 'interactive-mode', 'provide-cluster-info'].some((part) =>
      flags.changed(`exec-${part}`),
    )
  )
    return result;
  const before = record(entry, 'exec');
  const given = (flag: string, key: string): string => (flags.changed(flag) ? flags.string(flag) : str(before, key));
  const variables = edited(
    Object.fromEntries(list(before, 'env').map((each) => [str(each, 'name'), str(each, 'value')])),
    flags.list('exec-env'),
  );
  const env = Object.entries(variables).map(([name, value]) => ({ name, value }));
  return {
    ...result,
    exec: {
      apiVersion: given('exec-api-version', 'apiVersion'),
      args: flags.changed('exec-arg') ? flags.list('exec-arg') : (before['args'] ?? null),
      command: given('exec-command', 'command'),
      env: env.length === 0 ? null : env,
      interactiveMode: given('exec-interactive-mode', 'interactiveMode') || 'IfAvailable',
      provideClusterInfo: flags.bool('exec-provide-cluster-info'),
    },
  };
}

function stringsOf(entry: Obj): Record<string, string> {
  return Object.fromEntries(Object.keys(entry).map((key) => [key, str(entry, key)]));
}

/** `key=value` sets, `key-` removes. */
function edited(before: Readonly<Record<string, string>>, changes: readonly string[]): Record<string, string> {
  const result = new Map(Object.entries(before));
  for (const change of changes) {
    const equals = change.indexOf('=');
    if (equals > 0) result.set(change.slice(0, equals), change.slice(equals + 1));
    else if (change.endsWith('-')) result.delete(change.slice(0, -1));
    else throw new CliError(`Error: invalid format: ${change}`);
  }
  return Object.fromEntries(result);
}
