import { SECOND } from '../../../../lib/time.ts';
import type { Command, Context } from '../../command.ts';
import { asError, CliError } from '../../errors.ts';
import { oneName } from '../../generate.ts';
import { str } from '../../object.ts';
import { OBJECT_FORMATS, objectPrinter, OUTPUT_FLAGS } from '../../output.ts';

/** What a token can be tied to, with its API version. */
const BOUND: Readonly<Record<string, string>> = { Node: 'v1', Pod: 'v1', Secret: 'v1' };

export const createToken: Command = {
  name: 'token',
  short: 'Request a service account token',
  usage: 'SERVICE_ACCOUNT_NAME',
  examples: ['kubectl create token default', 'kubectl create token build --duration=10m'],
  flags: [
    ...OUTPUT_FLAGS,
    { name: 'audience', type: 'array', usage: 'Who is to accept the token; can be repeated.' },
    {
      name: 'duration',
      type: 'duration',
      fallback: '0s',
      usage: 'How long it is wanted for; the server may give less.',
    },
    {
      name: 'bound-object-kind',
      type: 'string',
      usage: 'Kind of what the token lives and dies with: Node, Pod, Secret.',
    },
    { name: 'bound-object-name', type: 'string', usage: 'Its name.' },
    { name: 'bound-object-uid', type: 'string', usage: 'Its UID.' },
  ],
  async run(context) {
    const name = oneName(context);
    const spec = specOf(context);
    const body = { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec };
    const path = `/api/v1/namespaces/${context.namespace}/serviceaccounts/${name}/token`;
    const answer = await context.server.json('POST', path, { body }).catch((error: unknown) => {
      throw new CliError(`failed to create token: ${asError(error).message}`);
    });
    const printer = objectPrinter(context, OBJECT_FORMATS, false);
    if (printer !== undefined) return printer.print(answer);
    const token = str(answer, 'status', 'token');
    if (token === '') throw new CliError('failed to create token: no token in server response');
    context.out(`${token}\n`);
  },
};

function specOf(context: Context): object {
  const duration = context.flags.duration('duration');
  if (duration < 0) throw new CliError('--duration must be greater than or equal to 0');
  if (duration % SECOND !== 0) throw new CliError('--duration cannot be expressed in units less than seconds');
  const [kind, name, uid] = ['kind', 'name', 'uid'].map((part) => context.flags.string(`bound-object-${part}`));
  if (context.flags.list('audience').includes('')) throw new CliError('--audience must not be an empty string');
  const bound = boundTo(kind ?? '', name ?? '', uid ?? '');
  return {
    audiences: context.flags.list('audience').length === 0 ? null : context.flags.list('audience'),
    expirationSeconds: duration === 0 ? null : duration / SECOND,
    boundObjectRef: bound,
  };
}

function boundTo(kind: string, name: string, uid: string): object | null {
  if (kind === '') {
    if (name !== '') throw new CliError('--bound-object-name can only be set if --bound-object-kind is provided');
    if (uid !== '') throw new CliError('--bound-object-uid can only be set if --bound-object-kind is provided');
    return null;
  }
  const apiVersion = Object.hasOwn(BOUND, kind) ? BOUND[kind] : undefined;
  if (apiVersion === undefined)
    throw new CliError(`supported --bound-object-kind values are ${Object.keys(BOUND).sort().join(', ')}`);
  if (name === '') throw new CliError('--bound-object-name is required if --bound-object-kind is provided');
  return { kind, apiVersion, name, ...(uid === '' ? {} : { uid }) };
}
