import type { Micros } from '../../../sim/env.ts';
import type { Command, Context } from '../command.ts';
import { ALL_FLAG, ALL_NAMESPACES_FLAG, FILENAME_FLAG, RECURSIVE_FLAG, SELECTOR_FLAGS } from '../common-flags.ts';
import { pathTo } from '../discovery.ts';
import { asError, CliError, hasReason } from '../errors.ts';
import { findResults, JsonPathError, parseJsonPath, relaxedPath, valueText } from '../jsonpath.ts';
import { list, nameOf, namespaceOf, num, str } from '../object.ts';
import { OUTPUT_FLAGS, reporter } from '../output.ts';
import { fetchTarget, select, throwAll } from '../selection.ts';
import type { SelectionOptions, Target } from '../selection.ts';
import type { Obj } from '../server.ts';
import { timedOut, FOREVER, uidOf, waitFor } from '../wait-for.ts';
import { goQuote } from '../../text/go-quote.ts';

export const wait: Command = {
  name: 'wait',
  group: 'Advanced Commands',
  short: 'Wait for a specific condition on one or many resources',
  usage:
    "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
  examples: [
    'kubectl wait --for=condition=Ready pod/web',
    "kubectl wait --for=jsonpath='{.status.phase}'=Running pod/web",
    'kubectl wait --for=delete pod/web --timeout=60s',
  ],
  flags: [
    FILENAME_FLAG,
    { ...RECURSIVE_FLAG, fallback: 'true' },
    ...SELECTOR_FLAGS,
    ALL_FLAG,
    ALL_NAMESPACES_FLAG,
    { name: 'for', type: 'string', usage: 'create, delete, condition=name[=value], or jsonpath={path}[=value].' },
    { name: 'timeout', type: 'duration', fallback: '30s', usage: 'How long to wait; negative: a week.' },
    ...OUTPUT_FLAGS,
    { name: 'local', type: 'bool', fallback: 'false', usage: 'Look at the given manifest only.' },
  ],
  run: runWait,
};

type Condition =
  { readonly kind: 'delete' | 'create' } | { readonly kind: 'check'; readonly met: (object: Obj) => boolean };

async function runWait(context: Context): Promise<void> {
  const condition = conditionOf(context.flags.string('for'));
  const options: SelectionOptions = {
    files: true,
    selector: context.flags.string('selector'),
    fieldSelector: context.flags.string('field-selector'),
    all: context.flags.bool('all'),
    allNamespaces: context.allNamespaces,
  };
  const timeout = context.flags.duration('timeout') < 0 ? FOREVER : context.flags.duration('timeout');
  const targets = await select(context, options);
  await waitAll(context, targets, options, condition, timeout);
}

function conditionOf(text: string): Condition {
  const lower = text.toLowerCase();
  if (lower === 'delete') return { kind: 'delete' };
  if (lower === 'create') return { kind: 'create' };
  if (lower.startsWith('condition=')) {
    const rest = text.slice('condition='.length);
    const equals = rest.indexOf('=');
    const [name, value] = equals < 0 ? [rest, 'true'] : [rest.slice(0, equals), rest.slice(equals + 1)];
    return { kind: 'check', met: (object) => hasCondition(object, name, value) };
  }
  if (lower.startsWith('jsonpath=')) return { kind: 'check', met: jsonPathCheck(text.slice('jsonpath='.length)) };
  throw new CliError(`unrecognized condition: ${goQuote(text)}`);
}

/** A condition that is older than the spec does not count. */
function hasCondition(object: Obj, name: string, value: string): boolean {
  const found = list(object, 'status', 'conditions').find(
    (each) => str(each, 'type').toLowerCase() === name.toLowerCase(),
  );
  if (found === undefined) return false;
  const [generation, observed] = [
    num(object, 'metadata', 'generation'),
    num(found, 'observedGeneration') ?? num(object, 'status', 'observedGeneration'),
  ];
  if (generation !== undefined && observed !== undefined && observed < generation) return false;
  return str(found, 'status').toLowerCase() === value.toLowerCase();
}

function jsonPathCheck(text: string): (object: Obj) => boolean {
  const close = text.lastIndexOf('}');
  const equals = text.indexOf('=', close < 0 ? 0 : close);
  const [expression, value] = equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
  const clean = (part: string): string => part.replace(/^(['"])(.*)\1$/, '$2');
  if (clean(expression) === '') throw new CliError('jsonpath expression cannot be empty');
  if (value !== undefined && clean(value) === '')
    throw new CliError(
      "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
    );
  try {
    const path = parseJsonPath(relaxedPath(clean(expression)));
    return (object) => {
      const values = findResults(path, object, { allowMissingKeys: true })[0] ?? [];
      if (values.length === 0) return false;
      if (value === undefined) return true;
      if (values.length > 1) throw new CliError('given jsonpath expression matches more than one value');
      return valueText(values[0]) === clean(value);
    };
  } catch (error) {
    if (error instanceof JsonPathError) throw new CliError(error.message);
    throw error;
  }
}

async function waitAll(
  context: Context,
  targets: readonly Target[],
  options: SelectionOptions,
  condition: Condition,
  timeout: Micros,
): Promise<void> {
  const deadline = context.io.now() + timeout;
  const errors: Error[] = [];
  const attempt = async (step: () => Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      errors.push(asError(error));
    }
  };
  let visited = 0;
  // One time for all of them: when it is over, the rest is not looked at.
  let over = false;
  for (const target of targets) {
    await attempt(async () => {
      for (const object of await objectsFor(context, target, options, condition, deadline)) {
        visited++;
        await attempt(async () => {
          if (over) throw timedOut(object.target);
          await waitOne(context, object, condition, timeout === 0 ? 0 : Math.max(1, deadline - context.io.now()));
        });
        over ||= errors.length > 0 && context.io.now() >= deadline;
      }
    });
  }
  throwAll(errors);
  if (visited === 0 && condition.kind !== 'delete') throw new CliError('no matching resources found');
}

interface Waited {
  readonly target: Target;
  readonly object: Obj;
}

async function objectsFor(
  context: Context,
  target: Target,
  options: SelectionOptions,
  condition: Condition,
  deadline: number,
): Promise<Waited[]> {
  if (condition.kind === 'create') return waitCreated(context, target, options, deadline);
  try {
    const objects = await fetchTarget(context, target, options);
    return objects.map((object) => ({
      object,
      target: { ...target, name: nameOf(object), namespace: target.resource.namespaced ? namespaceOf(object) : '' },
    }));
  } catch (error) {
    if (condition.kind === 'delete' && hasReason(error, 'NotFound')) return [];
    throw error;
  }
}

const POLL = 1_000_000;

async function waitCreated(
  context: Context,
  target: Target,
  options: SelectionOptions,
  deadline: number,
): Promise<Waited[]> {
  for (;;) {
    try {
      const objects = await fetchTarget(context, target, options);
      if (objects.length > 0) return objects.map((object) => ({ object, target }));
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
    if (context.io.now() + POLL > deadline) throw new CliError('timed out waiting for the condition');
    await context.io.sleep(POLL);
  }
}

async function waitOne(
  context: Context,
  { object, target }: Waited,
  condition: Condition,
  left: Micros,
): Promise<void> {
  let live: Obj | undefined = object;
  if (condition.kind === 'delete') {
    const uid = uidOf(object);
    await waitFor(context, target, left, (found) => (found === undefined || uidOf(found) !== uid ? 'met' : 'not yet'));
  } else if (condition.kind === 'check') {
    live = await waitFor(context, target, left, (found) => {
      if (found === undefined) throw gone(target);
      return condition.met(found) ? 'met' : 'not yet';
    });
  }
  const report = reporter(context, 'condition met');
  report.print(live ?? object);
  report.flush();
}

function gone(target: Target): CliError {
  return new CliError(`${pathTo(target.resource, '').split('/').at(-1) ?? ''} ${goQuote(target.name)} not found`);
}
