import { parseSelector, SelectorError } from '../../../../api/selector.ts';
import type { Command } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { changeObjects, modifyFlags } from '../../modify.ts';
import { str, withValue } from '../../object.ts';
import { goQuote } from '../../../text/go-quote.ts';

const LEFT_OUT = ['kustomize', 'selector', 'field-selector'];

export const setSelector: Command = {
  name: 'selector',
  short: 'Set the selector on a resource',
  usage: '(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]',
  examples: ["kubectl set selector service/web 'app=web,tier=front'"],
  flags: [
    ...modifyFlags('kubectl-set')
      .filter(({ name }) => !LEFT_OUT.includes(name))
      .map((flag) => (flag.name === 'recursive' ? { ...flag, fallback: 'true' } : flag)),
    { name: 'resource-version', type: 'string', usage: 'Only if this is still the version of the object.' },
  ],
  async run(context) {
    const text = context.args.at(-1);
    if (text === undefined) throw new CliError('one selector is required');
    const resources = context.args.slice(0, -1);
    const { labels, expressions } = parsed(text);
    const version = context.flags.string('resource-version');
    const options = { files: true, args: resources, all: context.flags.bool('all'), typed: true };
    await changeObjects(context, options, 'merge', (object) => {
      if (expressions.length > 0)
        throw new CliError(`match expression [${expressions.join(' ')}] not supported on this object`);
      if (str(object, 'kind') !== 'Service') throw new CliError('setting a selector is only supported for Services');
      const changed = withValue(object, ['spec', 'selector'], labels);
      return {
        object: version === '' ? changed : withValue(changed, ['metadata', 'resourceVersion'], version),
        operation: 'selector updated',
      };
    });
  },
};

const OPERATORS: Readonly<Record<string, string>> = {
  in: 'In',
  notin: 'NotIn',
  '!=': 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
};

function parsed(text: string): { readonly labels: Record<string, string>; readonly expressions: readonly string[] } {
  try {
    const labels: Record<string, string> = {};
    const expressions: string[] = [];
    for (const { key, operator, values } of parseSelector(text).requirements) {
      if (operator === '=' || operator === '==') labels[key] = values[0] ?? '';
      else expressions.push(`{${key} ${OPERATORS[operator] ?? operator} [${values.join(' ')}]}`);
    }
    return { labels, expressions };
  } catch (error) {
    if (error instanceof SelectorError)
      throw new CliError(`couldn't parse the selector string ${goQuote(text)}: ${error.message}`);
    throw error;
  }
}
