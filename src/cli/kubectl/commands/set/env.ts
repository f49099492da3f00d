// Models kubectl/pkg/cmd/set/set_env.go.
import type { Command, Context } from '../../command.ts';
import { asError, CliError, StatusError } from '../../errors.ts';
import { changeObjects, modifyFlags, selectionOf } from '../../modify.ts';
import { list, nameOf, record, str, withValue } from '../../object.ts';
import { templatePath } from '../../pod-template.ts';
import { fetchTarget, filesGiven, select } from '../../selection.ts';
import type { Target } from '../../selection.ts';
import type { Obj } from '../../server.ts';
import { goQuote } from '../../../text/go-quote.ts';
import { chosen } from './containers.ts';

export const setEnv: Command = {
  name: 'env',
  short: 'Update environment variables on a pod template',
  usage: 'RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N',
  examples: [
    'kubectl set env deployment/web LEVEL=debug',
    'kubectl set env deployment/web LEVEL-',
    'kubectl set env deployment/web --list',
    'kubectl set env deployment/web --from=configmap/settings',
  ],
  flags: [
    ...modifyFlags('kubectl-set').filter(({ name }) => name !== 'field-selector'),
    { name: 'containers', short: 'c', type: 'string', fallback: '*', usage: 'The containers to change.' },
    { name: 'env', short: 'e', type: 'array', usage: 'A variable to set: name=value.' },
    { name: 'from', type: 'string', usage: 'A config map or secret whose keys become variables.' },
    { name: 'keys', type: 'slice', usage: 'Only these keys of it.' },
    { name: 'list', type: 'bool', fallback: 'false', usage: 'Show the variables.' },
    { name: 'overwrite', type: 'bool', fallback: 'true', usage: 'Replace variables that are there already.' },
    { name: 'prefix', type: 'string', usage: 'What the names of such variables begin with.' },
    { name: 'resolve', type: 'bool', fallback: 'false', usage: 'Show values that come from elsewhere.' },
  ],
  run: runEnv,
};

interface Changes {
  readonly set: readonly Obj[];
  readonly remove: readonly string[];
}

const isChange = (arg: string): boolean => /^[^=/]+=/.test(arg) || /^[^=/]+-$/.test(arg);

async function runEnv(context: Context): Promise<void> {
  const first = context.args.findIndex(isChange);
  const resources = first < 0 ? context.args : context.args.slice(0, first);
  const words = [...context.flags.list('env'), ...(first < 0 ? [] : context.args.slice(first))];
  if (!filesGiven(context) && resources.length === 0)
    throw new CliError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  const typed = changesOf(words);
  const from = context.flags.string('from');
  const changes = from === '' ? typed : { ...typed, set: [...typed.set, ...(await variablesFrom(context, from))] };
  const options = { ...selectionOf(context, resources), fieldSelector: '', typed: true, whole: true };
  await changeObjects(
    context,
    options,
    'strategic',
    (object, target) => {
      const path = templatePath(object, target);
      const containers = list(object, ...path, 'containers');
      if (!containers.some((each) => chosen(context, each))) {
        context.err(
          `Warning: ${target.resource.kind}/${target.name} does not have any containers matching ${goQuote(context.flags.string('containers'))}\n`,
        );
        return undefined;
      }
      const next = containers.map((each) => (chosen(context, each) ? withEnv(context, target, each, changes) : each));
      if (context.flags.bool('list')) {
        show(context, object, next);
        return undefined;
      }
      if (JSON.stringify(next) === JSON.stringify(containers)) return undefined;
      return { object: withValue(object, [...path, 'containers'], next), operation: 'env updated' };
    },
    {
      wrap: (error) =>
        error instanceof StatusError
          ? new CliError(`failed to patch env update to pod template: ${asError(error).message}`)
          : error,
    },
  );
}

/** `A=b` sets, `A-` removes. Models cmd/set/env.ParseEnv. */
function changesOf(words: readonly string[]): Changes {
  const set: Obj[] = [];
  const remove: string[] = [];
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(0, -1) : word.slice(0, equals);
    if (equals < 0 && !word.endsWith('-')) throw new CliError(`unknown environment variable: ${word}`);
    if (!/^[^=\s]+$/.test(name))
      throw new CliError(
        `${goQuote(name)} is not a valid key name: a valid environment variable name must consist only of printable ASCII characters other than '='`,
      );
    if (equals < 0) remove.push(name);
    else set.push({ name, value: word.slice(equals + 1) });
  }
  if (set.some(({ name }) => remove.includes(String(name))))
    throw new CliError('can not both modify and remove the same environment variable in the same command');
  return { set, remove };
}

/** The keys of a config map or secret as variables that refer to them. */
async function variablesFrom(context: Context, from: string): Promise<Obj[]> {
  const targets = await select(context, { args: from.includes('/') ? [from] : from.split(' ') });
  const wanted = context.flags.list('keys').filter((key) => key !== '');
  const variables: Obj[] = [];
  for (const target of targets) {
    const [object] = await fetchTarget(context, target);
    const { kind } = target.resource;
    const field = kind === 'ConfigMap' ? 'configMapKeyRef' : kind === 'Secret' ? 'secretKeyRef' : undefined;
    if (object === undefined || field === undefined) throw new CliError(`unsupported resource specified in --from`);
    for (const key of Object.keys(record(object, 'data')).sort()) {
      if (wanted.length > 0 && !wanted.includes(key)) continue;
      const plain = key.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
      if (plain !== key.toUpperCase()) context.err(`Warning: key ${key} transferred to ${plain}\n`);
      variables.push({
        name: `${context.flags.string('prefix')}${plain}`,
        valueFrom: { [field]: { name: nameOf(object), key } },
      });
    }
  }
  return variables;
}

function withEnv(context: Context, { resource, name: object }: Target, container: Obj, { set, remove }: Changes): Obj {
  let env = list(container, 'env').filter((each) => !remove.includes(str(each, 'name')));
  for (const variable of set) {
    const name = str(variable, 'name');
    const before = env.find((each) => str(each, 'name') === name);
    if (before !== undefined && !context.flags.bool('overwrite'))
      throw new CliError(
        `${resource.plural}/${object} '${name}' already has a value (${str(before, 'value')}), and --overwrite is false`,
      );
    env = before === undefined ? [...env, variable] : env.map((each) => (each === before ? variable : each));
  }
  return withValue(container, ['env'], env.length === 0 ? undefined : env);
}

function show(context: Context, object: Obj, containers: readonly Obj[]): void {
  for (const container of containers.filter((each) => chosen(context, each))) {
    context.out(`# ${str(object, 'kind')} ${nameOf(object)}, container ${str(container, 'name')}\n`);
    for (const each of list(container, 'env')) {
      const source = record(each, 'valueFrom');
      context.out(
        Object.keys(source).length === 0
          ? `${str(each, 'name')}=${str(each, 'value')}\n`
          : `# ${str(each, 'name')} from ${sourceText(source)}\n`,
      );
    }
  }
}

function sourceText(source: Obj): string {
  const map = record(source, 'configMapKeyRef');
  const secret = record(source, 'secretKeyRef');
  if ('key' in map) return `configmap ${str(map, 'name')}, key ${str(map, 'key')}`;
  if ('key' in secret) return `secret ${str(secret, 'name')}, key ${str(secret, 'key')}`;
  const field = record(source, 'fieldRef');
  if ('fieldPath' in field) return `field path ${str(field, 'fieldPath')}`;
  const resource = record(source, 'resourceFieldRef');
  const container = str(resource, 'containerName');
  return `resource field ${container === '' ? '' : `${container}/`}${str(resource, 'resource')}`;
}
