import type { Command, Context } from '../command.ts';
import { CliError, StatusError, asError } from '../errors.ts';
import { changeObjects, modifyFlags, selectionOf } from '../modify.ts';
import { list, record, str, withValue } from '../object.ts';
import type { Obj } from '../server.ts';
import { goQuote } from '../../text/go-quote.ts';
import { amounts } from '../amounts.ts';
import { chosen } from './set/containers.ts';
import { setEnv } from './set/env.ts';
import { setSelector } from './set/selector.ts';
import { setServiceAccount } from './set/service-account.ts';
import { setSubject } from './set/subject.ts';
import { templatePath } from '../pod-template.ts';
import { visitProbe } from '../selection-probe.ts';
import { throwAll } from '../selection.ts';

const setImage: Command = {
  name: 'image',
  short: 'Update the image of a pod template',
  usage: '(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  examples: ['kubectl set image deployment/web nginx=nginx:1.28', "kubectl set image deploy,rs --all '*=nginx:1.28'"],
  flags: modifyFlags('kubectl-set').filter(({ name }) => name !== 'field-selector'),
  async run(context) {
    const { resources, pairs } = split(context, (arg) => arg.includes('='));
    if (pairs.length === 0) {
      await visitProbe(context, selectionOf(context, resources));
      throw new CliError('at least one image update is required');
    }
    const images = pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const);
    const missing: Error[] = [];
    await changeTemplates(context, resources, 'image', 'image updated', (containers) => {
      for (const [name] of images)
        if (name !== '*' && !containers.some((each) => str(each, 'name') === name))
          missing.push(new CliError(`unable to find container named ${goQuote(name)}`));
      return containers.map((container) => {
        const image = images.findLast(([name]) => name === '*' || name === str(container, 'name'));
        return image === undefined ? container : { ...container, image: image[1] };
      });
    });
    throwAll(missing);
  },
};

const setResources: Command = {
  name: 'resources',
  short: 'Update resource requests/limits on objects with pod templates',
  usage: '(-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]',
  examples: ['kubectl set resources deployment/web --limits=cpu=200m,memory=128Mi --requests=cpu=100m'],
  flags: [
    ...modifyFlags('kubectl-set').filter(({ name }) => name !== 'field-selector'),
    { name: 'containers', short: 'c', type: 'string', fallback: '*', usage: 'The containers to change.' },
    { name: 'limits', type: 'string', usage: 'Limits, such as cpu=200m,memory=128Mi.' },
    { name: 'requests', type: 'string', usage: 'Requests, in the same form.' },
  ],
  async run(context) {
    const [limits, requests] = [amounts(context.flags.string('limits')), amounts(context.flags.string('requests'))];
    if (limits === undefined && requests === undefined)
      throw new CliError('you must specify an update to requests or limits (in the form of --requests/--limits)');
    await changeTemplates(context, context.args, 'resources', 'resource requirements updated', (containers) => {
      if (!containers.some((container) => chosen(context, container)))
        throw new CliError(`unable to find container named ${context.flags.string('containers')}`);
      return containers.map((container) =>
        chosen(context, container) ? withResources(container, limits, requests) : container,
      );
    });
  },
};

export const set: Command = {
  name: 'set',
  group: 'Basic Commands (Beginner)',
  short: 'Set specific features on objects',
  usage: 'SUBCOMMAND',
  subcommands: [setEnv, setImage, setResources, setSelector, setServiceAccount, setSubject],
};

function split(
  context: Context,
  isPair: (arg: string) => boolean,
): { resources: readonly string[]; pairs: readonly string[] } {
  const first = context.args.findIndex(isPair);
  if (first < 0) return { resources: context.args, pairs: [] };
  return { resources: context.args.slice(0, first), pairs: context.args.slice(first) };
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
    new CliError(
      `failed to patch ${what} update to pod template${what === 'image' ? ':' : ''} ${asError(error).message}`,
    );
  await changeObjects(
    context,
    { ...selectionOf(context, resources), typed: true, whole: true },
    'strategic',
    (object, target) => {
      const path = templatePath(object, target);
      const spec = record(object, ...path);
      const all = [...list(spec, 'containers'), ...list(spec, 'initContainers')];
      const next = change(all);
      if (JSON.stringify(all) === JSON.stringify(next)) return undefined;
      const own = list(spec, 'containers').length;
      const shown = context.flags.bool('local') ? next.map((each) => ({ resources: {}, ...each })) : next;
      const changed = withValue(object, [...path, 'containers'], shown.slice(0, own));
      const both = shown.length > own ? withValue(changed, [...path, 'initContainers'], shown.slice(own)) : changed;
      return { object: context.flags.bool('local') ? asTyped(both) : both, operation };
    },
    { wrap: (error) => (error instanceof StatusError ? wrap(error) : error) },
  );
}

/** What Go writes of a known type although it is empty: no server has filled it in. */
function asTyped(object: Obj): Obj {
  const withStatus = { ...object, status: record(object, 'status') };
  return str(object, 'kind') === 'Deployment'
    ? withValue(withStatus, ['spec', 'strategy'], record(object, 'spec', 'strategy'))
    : withStatus;
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
