import type { Command, Context } from '../command.ts';
import { CliError, StatusError, asError } from '../errors.ts';
import { changeObjects, modifyFlags, selectionOf } from '../modify.ts';
import { list, record, str, withValue } from '../object.ts';
import type { Obj } from '../server.ts';
import { goQuote } from '../../text/go-quote.ts';
import { amounts } from '../amounts.ts';
import { visitProbe } from '../selection-probe.ts';

const setImage: Command = {
  name: 'image',
  short: 'Update the image of a pod template',
  usage: '(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  examples: ['kubectl set image deployment/web nginx=nginx:1.28', "kubectl set image deploy,rs --all '*=nginx:1.28'"],
  flags: modifyFlags('kubectl-set'),
  async run(context) {
    const { resources, pairs } = split(context, (arg) => arg.includes('='));
    if (pairs.length === 0) {
      await visitProbe(context, selectionOf(context, resources));
      throw new CliError('at least one image update is required');
    }
    const images = pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const);
    await changeTemplates(context, resources, 'image', 'image updated', (containers) => {
      for (const [name] of images)
        if (name !== '*' && !containers.some((each) => str(each, 'name') === name))
          throw new CliError(`unable to find container named ${goQuote(name)}`);
      return containers.map((container) => {
        const image = images.findLast(([name]) => name === '*' || name === str(container, 'name'));
        return image === undefined ? container : { ...container, image: image[1] };
      });
    });
  },
};

const setEnv: Command = {
  name: 'env',
  short: 'Update environment variables on a pod template',
  usage: 'RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N',
  examples: [
    'kubectl set env deployment/web LEVEL=debug',
    'kubectl set env deployment/web LEVEL-',
    'kubectl set env deployment/web --list',
  ],
  flags: [
    ...modifyFlags('kubectl-set'),
    { name: 'containers', short: 'c', type: 'string', fallback: '*', usage: 'The containers to change.' },
    { name: 'list', type: 'bool', fallback: 'false', usage: 'Show the variables.' },
    { name: 'overwrite', type: 'bool', fallback: 'true', usage: 'Replace variables that are there already.' },
  ],
  async run(context) {
    const { resources, pairs } = split(context, (arg) => /^[^=/]+(=|-$)/.test(arg));
    if (context.flags.bool('list')) return listEnv(context, resources);
    if (pairs.length === 0) throw new CliError('at least one environment variable must be provided');
    await changeTemplates(context, resources, 'env', 'env updated', (containers) =>
      containers.map((container) => (chosen(context, container) ? withEnv(container, pairs) : container)),
    );
  },
};

const setResources: Command = {
  name: 'resources',
  short: 'Update resource requests/limits on objects with pod templates',
  usage: '(-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS]',
  examples: ['kubectl set resources deployment/web --limits=cpu=200m,memory=128Mi --requests=cpu=100m'],
  flags: [
    ...modifyFlags('kubectl-set'),
    { name: 'containers', short: 'c', type: 'string', fallback: '*', usage: 'The containers to change.' },
    { name: 'limits', type: 'string', usage: 'Limits, such as cpu=200m,memory=128Mi.' },
    { name: 'requests', type: 'string', usage: 'Requests, in the same form.' },
  ],
  async run(context) {
    const [limits, requests] = [amounts(context.flags.string('limits')), amounts(context.flags.string('requests'))];
    if (limits === undefined && requests === undefined)
      throw new CliError('you must specify an update to requests or limits (in the form of --requests/--limits)');
    await changeTemplates(context, context.args, 'resources', 'resource requirements updated', (containers) =>
      containers.map((container) =>
        chosen(context, container) ? withResources(container, limits, requests) : container,
      ),
    );
  },
};

export const set: Command = {
  name: 'set',
  group: 'Basic Commands (Beginner)',
  short: 'Set specific features on objects',
  usage: 'SUBCOMMAND',
  subcommands: [setEnv, setImage, setResources],
};

function split(
  context: Context,
  isPair: (arg: string) => boolean,
): { resources: readonly string[]; pairs: readonly string[] } {
  const first = context.args.findIndex(isPair);
  if (first < 0) return { resources: context.args, pairs: [] };
  return { resources: context.args.slice(0, first), pairs: context.args.slice(first) };
}

function chosen(context: Context, container: Obj): boolean {
  const pattern = context.flags.string('containers');
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(
    str(container, 'name'),
  );
}

/** Changes the containers of a pod, or of the template that a workload makes pods from. */
async function changeTemplates(
  context: Context,
  resources: readonly string[],
  what: string,
  operation: string,
  change: (containers: readonly Obj[]) => readonly Obj[],
): Promise<void> {
  const wrap = (error: Error): Error =>
    new CliError(`failed to patch ${what} update to pod template: ${asError(error).message}`);
  await changeObjects(
    context,
    selectionOf(context, resources),
    'strategic',
    (object) => {
      const path = str(object, 'kind') === 'Pod' ? ['spec'] : ['spec', 'template', 'spec'];
      const spec = record(object, ...path);
      if (list(spec, 'containers').length === 0)
        throw new CliError(`object does not have a pod template: ${str(object, 'kind')}`);
      const all = [...list(spec, 'containers'), ...list(spec, 'initContainers')];
      const next = change(all);
      if (JSON.stringify(all) === JSON.stringify(next)) return undefined;
      const own = list(spec, 'containers').length;
      const shown = context.flags.bool('local') ? next.map((each) => ({ resources: {}, ...each })) : next;
      const changed = withValue(object, [...path, 'containers'], shown.slice(0, own));
      const both = shown.length > own ? withValue(changed, [...path, 'initContainers'], shown.slice(own)) : changed;
      return { object: context.flags.bool('local') ? asTyped(both) : both, operation };
    },
    (error) => (error instanceof StatusError ? wrap(error) : error),
  );
}

/** What Go writes of a known type although it is empty: no server has filled it in. */
function asTyped(object: Obj): Obj {
  const withStatus = { ...object, status: record(object, 'status') };
  return str(object, 'kind') === 'Deployment'
    ? withValue(withStatus, ['spec', 'strategy'], record(object, 'spec', 'strategy'))
    : withStatus;
}

function withEnv(container: Obj, pairs: readonly string[]): Obj {
  let env = [...list(container, 'env')];
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair.slice(0, -1) : pair.slice(0, equals);
    const rest = env.filter((each) => str(each, 'name') !== name);
    if (equals < 0) env = rest;
    else if (rest.length < env.length)
      env = env.map((each) => (str(each, 'name') === name ? { name, value: pair.slice(equals + 1) } : each));
    else env.push({ name, value: pair.slice(equals + 1) });
  }
  return withValue(container, ['env'], env.length === 0 ? undefined : env);
}

async function listEnv(context: Context, resources: readonly string[]): Promise<void> {
  await visitProbe(context, selectionOf(context, resources), (object, line) => {
    const spec = record(object, ...(str(object, 'kind') === 'Pod' ? ['spec'] : ['spec', 'template', 'spec']));
    for (const container of list(spec, 'containers')) {
      context.out(`# ${line}, container ${str(container, 'name')}\n`);
      for (const each of list(container, 'env')) context.out(`${str(each, 'name')}=${str(each, 'value')}\n`);
    }
  });
}

function withResources(
  container: Obj,
  limits: Readonly<Record<string, string>> | undefined,
  requests: Readonly<Record<string, string>> | undefined,
): Obj {
  const before = record(container, 'resources');
  return {
    ...container,
    resources: {
      ...before,
      ...(limits === undefined ? {} : { limits: { ...record(before, 'limits'), ...limits } }),
      ...(requests === undefined ? {} : { requests: { ...record(before, 'requests'), ...requests } }),
    },
  };
}
