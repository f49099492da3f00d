import type { Command } from '../../command.ts';
import { asError, CliError, StatusError } from '../../errors.ts';
import { changeObjects, modifyFlags } from '../../modify.ts';
import { str, withValue } from '../../object.ts';
import { templatePath } from '../../pod-template.ts';

const LEFT_OUT = ['selector', 'field-selector'];

export const setServiceAccount: Command = {
  name: 'serviceaccount',
  aliases: ['sa'],
  short: 'Update the service account of a resource',
  usage: '(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT',
  examples: ['kubectl set serviceaccount deployment/web builder'],
  flags: modifyFlags('kubectl-set').filter(({ name }) => !LEFT_OUT.includes(name)),
  async run(context) {
    const name = context.args.at(-1);
    if (name === undefined) throw new CliError('serviceaccount is required');
    const options = {
      files: true,
      args: context.args.slice(0, -1),
      all: context.flags.bool('all'),
      typed: true,
      whole: true,
    };
    await changeObjects(
      context,
      options,
      'strategic',
      (object, target) => {
        const path = templatePath(object, target);
        if (str(object, ...path, 'serviceAccountName') === name) return undefined;
        return {
          object: withValue(object, [...path, 'serviceAccountName'], name),
          operation: 'serviceaccount updated',
        };
      },
      {
        wrap: (error) =>
          error instanceof StatusError
            ? new CliError(`failed to patch ServiceAccountName ${asError(error).message}`)
            : error,
      },
    );
  },
};
