import type { Command, Context } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { GET_TABS, tabulate } from '../../text/tabwriter.ts';
import { emitYaml } from '../../text/yaml-emit.ts';
import { goQuote } from '../../text/go-quote.ts';
import { prettyJson } from '../../text/go-json.ts';
import type { KubeContext } from '../io.ts';

const currentContext: Command = {
  name: 'current-context',
  short: 'Display the current-context',
  usage: '',
  run(context) {
    if (context.io.config.current() === '') throw new CliError('current-context is not set');
    context.out(`${context.io.config.current()}\n`);
    return Promise.resolve();
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
  run(context) {
    const { io, flags, args } = context;
    const missing = args.find((name) => !io.config.contexts().some((each) => each.name === name));
    if (missing !== undefined) throw new CliError(`context ${missing} not found`);
    const shown = io.config.contexts().filter((each) => args.length === 0 || args.includes(each.name));
    if (flags.string('output') === 'name') context.out(shown.map((each) => `${each.name}\n`).join(''));
    else {
      const rows = shown.map((each) => [
        each.name === io.config.current() ? '*' : '',
        each.name,
        each.cluster,
        each.user,
        each.namespace ?? '',
      ]);
      const header = ['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'];
      context.out(
        tabulate(
          [...(flags.bool('no-headers') ? [] : [header]), ...rows].map((row) => `${row.join('\t')}\n`).join(''),
          GET_TABS,
        ),
      );
    }
    return Promise.resolve();
  },
};

const useContext: Command = {
  name: 'use-context',
  aliases: ['use'],
  short: 'Set the current-context in a kubeconfig file',
  usage: 'CONTEXT_NAME',
  run(context) {
    const [name] = context.args;
    if (name === undefined || context.args.length > 1)
      throw new CliError('unexpected args: ' + `[${context.args.join(' ')}]`);
    if (!context.io.config.contexts().some((each) => each.name === name))
      throw new CliError(`no context exists with the name: ${goQuote(name)}`);
    context.io.config.use(name);
    context.out(`Switched to context ${goQuote(name)}.\n`);
    return Promise.resolve();
  },
};

const setContext: Command = {
  name: 'set-context',
  short: 'Set a context entry in kubeconfig',
  usage: '[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]',
  flags: [{ name: 'current', type: 'bool', fallback: 'false', usage: 'Change the current context.' }],
  run(context) {
    const { io, flags, args } = context;
    const current = flags.bool('current');
    if (args.length > 1 || (args.length === 0 && !current))
      throw usageError(
        context.path,
        args.length > 1
          ? `unexpected args: [${args.join(' ')}]`
          : 'you must specify a non-empty context name or --current',
      );
    if (current && args.length === 1) throw new CliError('you cannot specify both a context name and --current');
    const name = current ? io.config.current() : (args[0] ?? '');
    const before = io.config.contexts().find((each) => each.name === name);
    const namespace = flags.changed('namespace') ? flags.string('namespace') : before?.namespace;
    const next: KubeContext = {
      name,
      cluster: flags.changed('cluster') ? flags.string('cluster') : (before?.cluster ?? ''),
      user: flags.changed('user') ? flags.string('user') : (before?.user ?? ''),
      ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    };
    io.config.set(next);
    context.out(`Context ${goQuote(name)} ${before === undefined ? 'created' : 'modified'}.\n`);
    return Promise.resolve();
  },
};

const deleteContext: Command = {
  name: 'delete-context',
  short: 'Delete the specified context from the kubeconfig',
  usage: 'NAME',
  run(context) {
    const [name] = context.args;
    if (name === undefined) throw usageError(context.path, 'you must specify a context to delete');
    if (!context.io.config.contexts().some((each) => each.name === name))
      throw new CliError(`cannot delete context ${name}, not in /root/.kube/config`);
    if (name === context.io.config.current())
      context.err(
        `warning: this removed your active context, use "kubectl config use-context" to select a different one\n`,
      );
    context.io.config.remove(name);
    context.out(`deleted context ${name} from /root/.kube/config\n`);
    return Promise.resolve();
  },
};

const view: Command = {
  name: 'view',
  short: 'Display merged kubeconfig settings or a specified kubeconfig file',
  usage: '[flags]',
  flags: [
    { name: 'output', short: 'o', type: 'string', fallback: 'yaml', usage: 'yaml or json.' },
    { name: 'minify', type: 'bool', fallback: 'false', usage: 'Only what the current context uses.' },
  ],
  run(context) {
    const config = kubeconfig(context, context.flags.bool('minify'));
    context.out(context.flags.string('output') === 'json' ? prettyJson(config, false) : emitYaml(config));
    return Promise.resolve();
  },
};

export function kubeconfig(context: Context, minify: boolean): unknown {
  const { io } = context;
  const contexts = io.config.contexts().filter((each) => !minify || each.name === io.config.current());
  const names = (of: (each: KubeContext) => string): string[] =>
    [...new Set(contexts.map(of))].filter((name) => name !== '');
  return {
    kind: 'Config',
    apiVersion: 'v1',
    clusters: names((each) => each.cluster).map((name) => ({
      name,
      cluster: { server: io.server, 'certificate-authority-data': 'DATA+OMITTED' },
    })),
    users: names((each) => each.user).map((name) => ({
      name,
      user: { 'client-certificate-data': 'DATA+OMITTED', 'client-key-data': 'DATA+OMITTED' },
    })),
    contexts: contexts.map((each) => ({
      name: each.name,
      context: {
        cluster: each.cluster,
        user: each.user,
        ...(each.namespace === undefined ? {} : { namespace: each.namespace }),
      },
    })),
    'current-context': io.config.current(),
  };
}

export const config: Command = {
  name: 'config',
  group: 'Other Commands',
  short: 'Modify kubeconfig files',
  usage: 'SUBCOMMAND',
  subcommands: [currentContext, deleteContext, getContexts, setContext, useContext, view],
};
