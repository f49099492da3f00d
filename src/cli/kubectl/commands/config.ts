import type { Command, Context } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import type { FlagSpec } from '../flags.ts';
import type { KubeConfig, KubeConfigFile } from '../io.ts';
import { objectPrinter, OUTPUT_FLAGS } from '../output.ts';
import { str } from '../object.ts';
import type { Obj } from '../server.ts';
import { commandHelp } from '../help.ts';
import type { Json } from '../../../lib/json.ts';
import { textToBase64 } from '../../text/base64.ts';
import { GET_TABS, tabulate } from '../../text/tabwriter.ts';
import { goQuote } from '../../text/go-quote.ts';
import { setCluster, setCredentials } from './config/entries.ts';
import { setProperty, unsetProperty } from './config/properties.ts';

const fileOf = (context: Context): KubeConfig => context.io.config(context.flags.string('kubeconfig') || undefined);

/** A mistake in the arguments of these commands shows their help first. */
function withHelp(context: Context, command: Command, message: string): CliError {
  context.out(commandHelp(command, context.path));
  return new CliError(message);
}

const listed = (context: Context): string => `[${context.args.join(' ')}]`;

const currentContext: Command = {
  name: 'current-context',
  short: 'Display the current-context',
  usage: '[flags]',
  async run(context) {
    const { currentContext: name } = fileOf(context).load();
    if (name === '') throw new CliError('current-context is not set');
    context.out(`${name}\n`);
  },
};

const getContexts: Command = {
  name: 'get-contexts',
  short: 'Describe one or many contexts',
  usage: '[(-o|--output=)name)]',
  flags: [
    { name: 'output', short: 'o', type: 'string', usage: 'name for names only.' },
    { name: 'no-headers', type: 'bool', fallback: 'false', usage: 'No headings.' },
  ],
  async run(context) {
    const { flags, args } = context;
    const output = flags.string('output');
    if (output !== '' && output !== 'name')
      throw new CliError(
        `--output ${output} is not available in kubectl config get-contexts; resetting to default output format`,
      );
    const { contexts, currentContext: current } = fileOf(context).load();
    const names = (args.length === 0 ? Object.keys(contexts) : args).filter((name) => name in contexts).sort();
    if (output === 'name') context.out(names.map((name) => `${name}\n`).join(''));
    else {
      const rows = names.map((name) => {
        const [cluster, user, namespace] = ['cluster', 'user', 'namespace'].map((key) => str(contexts[name], key));
        return [name === current ? '*' : '', name, cluster, user, namespace];
      });
      const header = ['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'];
      const lines = flags.bool('no-headers') ? rows : [header, ...rows];
      context.out(tabulate(lines.map((row) => `${row.join('\t')}\n`).join(''), GET_TABS));
    }
    const missing = args.find((name) => !(name in contexts));
    if (missing !== undefined) throw new CliError(`context ${missing} not found`);
  },
};

function getNames(name: string, short: string, section: 'clusters' | 'users'): Command {
  return {
    name,
    short,
    usage: '[flags]',
    async run(context) {
      const names = Object.keys(fileOf(context).load()[section]).sort();
      context.out(['NAME', ...names].map((each) => `${each}\n`).join(''));
    },
  };
}

const useContext: Command = {
  name: 'use-context',
  aliases: ['use'],
  short: 'Set the current-context in a kubeconfig file',
  usage: 'CONTEXT_NAME',
  async run(context) {
    const [name = ''] = context.args;
    if (context.args.length !== 1) throw withHelp(context, useContext, `Unexpected args: ${listed(context)}`);
    const config = fileOf(context);
    const file = config.load();
    if (!(name in file.contexts)) throw new CliError(`no context exists with the name: ${goQuote(name)}`);
    config.save({ ...file, currentContext: name });
    context.out(`Switched to context ${goQuote(name)}.\n`);
  },
};

const setContext: Command = {
  name: 'set-context',
  short: 'Set a context entry in kubeconfig',
  usage: '[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]',
  flags: [
    { name: 'cluster', type: 'string', usage: 'Cluster of the entry.' },
    { name: 'current', type: 'bool', fallback: 'false', usage: 'Change the current context.' },
    { name: 'namespace', short: 'n', type: 'string', usage: 'Namespace of the entry.' },
    { name: 'user', type: 'string', usage: 'User of the entry.' },
  ],
  async run(context) {
    const { flags, args } = context;
    const current = flags.bool('current');
    if (args.length > 1) throw withHelp(context, setContext, `Unexpected args: ${listed(context)}`);
    if (args.length === 1 && current) throw new CliError('you cannot specify both a context name and --current');
    if (args.length === 0 && !current) throw new CliError('you must specify a non-empty context name or --current');
    const config = fileOf(context);
    const file = config.load();
    const name = current ? file.currentContext : (args[0] ?? '');
    if (current && name === '') throw new CliError('no current context is set');
    const before: Obj = file.contexts[name] ?? {};
    const changes = ['cluster', 'namespace', 'user'].filter((key) => flags.changed(key));
    const merged = {
      cluster: '',
      user: '',
      ...before,
      ...Object.fromEntries(changes.map((key) => [key, flags.string(key)])),
    };
    const entry = Object.fromEntries(
      Object.entries(merged).filter(([key, value]) => key !== 'namespace' || value !== ''),
    );
    config.save({ ...file, contexts: { ...file.contexts, [name]: entry } });
    context.out(`Context ${goQuote(name)} ${name in file.contexts ? 'modified' : 'created'}.\n`);
  },
};

const renameContext: Command = {
  name: 'rename-context',
  short: 'Rename a context from the kubeconfig file',
  usage: 'CONTEXT_NAME NEW_NAME',
  async run(context) {
    const [from = '', to = ''] = context.args;
    if (context.args.length !== 2) throw withHelp(context, renameContext, `Unexpected args: ${listed(context)}`);
    const config = fileOf(context);
    const file = config.load();
    const { [from]: entry, ...others } = file.contexts;
    if (entry === undefined)
      throw new CliError(`cannot rename the context ${goQuote(from)}, it's not in ${config.path}`);
    if (to in file.contexts)
      throw new CliError(
        `cannot rename the context ${goQuote(from)}, the context ${goQuote(to)} already exists in ${config.path}`,
      );
    const currentContext = file.currentContext === from ? to : file.currentContext;
    config.save({ ...file, currentContext, contexts: { ...others, [to]: entry } });
    context.out(`Context ${goQuote(from)} renamed to ${goQuote(to)}.\n`);
  },
};

function deleteEntry(what: 'cluster' | 'context' | 'user'): Command {
  const section = `${what}s` as const;
  const command: Command = {
    name: `delete-${what}`,
    short: `Delete the specified ${what} from the kubeconfig`,
    usage: 'NAME',
    async run(context) {
      const [name = ''] = context.args;
      if (context.args.length !== 1) {
        if (what === 'user') throw usageError(context.path, 'user to delete is required');
        return context.out(commandHelp(command, context.path));
      }
      const config = fileOf(context);
      const file = config.load();
      const { [name]: entry, ...others } = file[section];
      if (entry === undefined) throw new CliError(`cannot delete ${what} ${name}, not in ${config.path}`);
      if (what === 'context' && file.currentContext === name)
        context.err(
          'warning: this removed your active context, use "kubectl config use-context" to select a different one\n',
        );
      config.save({ ...file, [section]: others });
      context.out(`deleted ${what} ${name} from ${config.path}\n`);
    },
  };
  return command;
}

const SET_FLAGS: readonly FlagSpec[] = [
  { name: 'set-raw-bytes', type: 'bool', fallback: 'false', usage: 'The value of a binary field is given as it is.' },
];

const set: Command = {
  name: 'set',
  short: 'Set an individual value in a kubeconfig file',
  usage: 'PROPERTY_NAME PROPERTY_VALUE',
  flags: SET_FLAGS,
  async run(context) {
    const [name = '', value = ''] = context.args;
    if (context.args.length !== 2) throw withHelp(context, set, `Unexpected args: ${listed(context)}`);
    const config = fileOf(context);
    config.save(setProperty(config.load(), name, value, context.flags.bool('set-raw-bytes')));
    context.out(`Property ${goQuote(name)} set.\n`);
  },
};

const unset: Command = {
  name: 'unset',
  short: 'Unset an individual value in a kubeconfig file',
  usage: 'PROPERTY_NAME',
  async run(context) {
    const [name = ''] = context.args;
    if (context.args.length !== 1) throw withHelp(context, unset, `Unexpected args: ${listed(context)}`);
    const config = fileOf(context);
    config.save(unsetProperty(config.load(), name));
    context.out(`Property ${goQuote(name)} unset.\n`);
  },
};

const view: Command = {
  name: 'view',
  short: 'Display merged kubeconfig settings or a specified kubeconfig file',
  usage: '[flags]',
  flags: [
    ...OUTPUT_FLAGS.map((flag) => (flag.name === 'output' ? { ...flag, fallback: 'yaml' } : flag)),
    { name: 'flatten', type: 'bool', fallback: 'false', usage: 'Put what entries point to into the output.' },
    { name: 'merge', type: 'bool', fallback: 'true', usage: 'Merge all kubeconfig files.' },
    { name: 'minify', type: 'bool', fallback: 'false', usage: 'Only what the current context uses.' },
    { name: 'raw', type: 'bool', fallback: 'false', usage: 'Show certificates and passwords.' },
  ],
  async run(context) {
    if (context.args.length > 0) throw usageError(context.path, `unexpected arguments: ${listed(context)}`);
    const { flags } = context;
    const file = fileOf(context).load();
    const wanted = flags.string('context') || file.currentContext;
    const chosen = flags.bool('minify') ? minified(file, wanted) : file;
    const open = flags.bool('raw') || flags.bool('flatten');
    objectPrinter(context, undefined, false)?.print(
      configObject(flags.bool('flatten') ? flattened(context, chosen) : chosen, open),
    );
  },
};

function minified(file: KubeConfigFile, name: string): KubeConfigFile {
  const entry = file.contexts[name];
  if (name === '') throw new CliError('current-context must exist in order to minify');
  if (entry === undefined) throw new CliError(`cannot locate context ${name}`);
  const only = (section: 'clusters' | 'users', key: string): Readonly<Record<string, Obj>> => {
    const found = file[section][key];
    return found === undefined ? {} : { [key]: found };
  };
  return {
    currentContext: name,
    clusters: only('clusters', str(entry, 'cluster')),
    contexts: { [name]: entry },
    users: only('users', str(entry, 'user')),
  };
}

/** What entries point to is put into them. */
function flattened(context: Context, file: KubeConfigFile): KubeConfigFile {
  const flat = (entries: Readonly<Record<string, Obj>>): Record<string, Obj> =>
    Object.fromEntries(
      Object.entries(entries).map(([name, entry]) => [
        name,
        Object.fromEntries(Object.entries(entry).map(([key, value]) => withContent(context, key, value))),
      ]),
    );
  return { ...file, clusters: flat(file.clusters), users: flat(file.users) };
}

function withContent(context: Context, key: string, value: Json): readonly [string, Json] {
  if (typeof value !== 'string' || !DATA.includes(`${key}-data`)) return [key, value];
  const text = context.io.files.read(value);
  if (text === undefined) throw new CliError(`open ${value}: no such file or directory`);
  return [`${key}-data`, textToBase64(text)];
}

const DATA = ['certificate-authority-data', 'client-certificate-data', 'client-key-data'];
const SECRETS = ['token', 'password'];

/** As kubectl shows it: what is secret is not. */
function configObject({ clusters, contexts, users, currentContext: current }: KubeConfigFile, open: boolean): Obj {
  const hidden = (entry: Obj): Obj =>
    open
      ? entry
      : Object.fromEntries(
          Object.entries(entry).map(([key, value]) => [
            key,
            DATA.includes(key) ? 'DATA+OMITTED' : SECRETS.includes(key) ? 'REDACTED' : value,
          ]),
        );
  const list = (entries: Readonly<Record<string, Obj>>, key: string): Obj[] | null => {
    const all = Object.keys(entries)
      .sort()
      .map((name) => ({ name, [key]: hidden(entries[name] ?? {}) }));
    return all.length === 0 ? null : all;
  };
  return {
    kind: 'Config',
    apiVersion: 'v1',
    clusters: list(clusters, 'cluster'),
    users: list(users, 'user'),
    contexts: list(contexts, 'context'),
    'current-context': current,
  };
}

export const config: Command = {
  name: 'config',
  group: 'Other Commands',
  short: 'Modify kubeconfig files',
  usage: 'SUBCOMMAND',
  subcommands: [
    currentContext,
    deleteEntry('cluster'),
    deleteEntry('context'),
    deleteEntry('user'),
    getNames('get-clusters', 'Display clusters defined in the kubeconfig', 'clusters'),
    getContexts,
    getNames('get-users', 'Display users defined in the kubeconfig', 'users'),
    renameContext,
    set,
    setCluster,
    setContext,
    setCredentials,
    unset,
    useContext,
    view,
  ],
};
