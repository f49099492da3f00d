import type { Command } from '../../command.ts';
import { createGenerated, generatorFlags, oneName } from '../../generate.ts';
import { CliError } from '../../errors.ts';
import { goQuote } from '../../../text/go-quote.ts';

/** What keeps a whole number from being an int32, in Go's words. */
function int32Problem(value: string): string | undefined {
  const number = Number(value);
  return Number.isInteger(number) && (number | 0) !== number
    ? `strconv.ParseInt: parsing ${goQuote(value)}: value out of range`
    : undefined;
}

export const createNamespace: Command = {
  name: 'namespace',
  aliases: ['ns'],
  short: 'Create a namespace with the specified name',
  usage: 'NAME [--dry-run=server|client|none]',
  flags: generatorFlags('kubectl-create'),
  async run(context) {
    const name = oneName(context);
    await createGenerated(
      context,
      { kind: 'Namespace', apiVersion: 'v1', metadata: { name }, spec: {}, status: {} },
      '',
    );
  },
};

export const createServiceAccount: Command = {
  name: 'serviceaccount',
  aliases: ['sa'],
  short: 'Create a service account with the specified name',
  usage: 'NAME [--dry-run=server|client|none]',
  flags: generatorFlags('kubectl-create'),
  async run(context) {
    const name = oneName(context);
    await createGenerated(context, { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name } }, 'serviceaccount');
  },
};

export const createPriorityClass: Command = {
  name: 'priorityclass',
  aliases: ['pc'],
  short: 'Create a priority class with the specified name',
  usage: 'NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]',
  flags: [
    ...generatorFlags('kubectl-create'),
    { name: 'value', type: 'int', fallback: '0', check: int32Problem, usage: 'The priority itself.' },
    { name: 'global-default', type: 'bool', fallback: 'false', usage: 'Pods without a class get this one.' },
    { name: 'description', type: 'string', usage: 'What the class is for.' },
    {
      name: 'preemption-policy',
      type: 'string',
      fallback: 'PreemptLowerPriority',
      usage: 'PreemptLowerPriority or Never.',
    },
  ],
  async run(context) {
    const name = oneName(context);
    const policy = context.flags.string('preemption-policy');
    if (policy === '') throw new CliError('preemption-policy must be specified');
    const object = {
      kind: 'PriorityClass',
      apiVersion: 'scheduling.k8s.io/v1',
      metadata: { name },
      value: context.flags.int('value'),
      ...(context.flags.bool('global-default') ? { globalDefault: true } : {}),
      ...(context.flags.string('description') === '' ? {} : { description: context.flags.string('description') }),
      preemptionPolicy: policy,
    };
    await createGenerated(context, object, 'priorityclass');
  },
};
