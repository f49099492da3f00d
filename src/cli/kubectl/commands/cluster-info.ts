import { VERSION } from '../../../api/version.ts';
import type { Command, Context } from '../command.ts';
import { CliError } from '../errors.ts';
import { dump } from './cluster-info/dump.ts';
import { labelsOf, list, nameOf, namespaceOf, str } from '../object.ts';
import { emitYaml } from '../../text/yaml-emit.ts';
import { goJson } from '../../text/go-json.ts';
import type { Obj } from '../server.ts';

export const clusterInfo: Command = {
  name: 'cluster-info',
  group: 'Cluster Management Commands',
  short: 'Display cluster information',
  usage: '[flags]',
  subcommands: [dump],
  async run(context) {
    context.out(`Kubernetes control plane is running at ${context.io.server}\n`);
    const answer = await context.server.json('GET', '/api/v1/namespaces/kube-system/services', {
      query: { labelSelector: 'kubernetes.io/cluster-service=true' },
    });
    for (const service of list(answer, 'items')) {
      const name = labelsOf(service)['kubernetes.io/name'] ?? nameOf(service);
      const port = str(list(service, 'spec', 'ports')[0], 'name');
      const path = `/api/v1/namespaces/${namespaceOf(service)}/services/${nameOf(service)}${port === '' ? '' : `:${port}`}/proxy`;
      context.out(`${name} is running at ${context.io.server}${path}\n`);
    }
    context.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
  },
};

export const version: Command = {
  name: 'version',
  group: 'Other Commands',
  short: 'Print the client and server version information',
  usage: '[flags]',
  flags: [
    { name: 'client', type: 'bool', fallback: 'false', usage: 'Only of the client.' },
    { name: 'output', short: 'o', type: 'string', usage: 'yaml or json.' },
  ],
  run: runVersion,
};

const KUSTOMIZE = 'v5.7.1';

async function runVersion(context: Context): Promise<void> {
  if (context.args.length > 0) throw new CliError(`extra arguments: [${context.args.join(' ')}]`);
  const output = context.flags.string('output');
  if (!['', 'yaml', 'json'].includes(output)) throw new CliError("--output must be 'yaml' or 'json'");
  const {
    emulationMajor: _,
    emulationMinor: __,
    minCompatibilityMajor: ___,
    minCompatibilityMinor: ____,
    ...client
  } = VERSION;
  const shown: Obj = { clientVersion: client, kustomizeVersion: KUSTOMIZE };
  if (output === '') context.out(`Client Version: ${client.gitVersion}\nKustomize Version: ${KUSTOMIZE}\n`);
  const server = context.flags.bool('client')
    ? undefined
    : await context.server.json('GET', '/version', { query: { timeout: '32s' } });
  if (output === '')
    return server === undefined ? undefined : context.out(`Server Version: ${str(server, 'gitVersion')}\n`);
  const all = server === undefined ? shown : { ...shown, serverVersion: server };
  context.out(output === 'yaml' ? `${emitYaml(all)}\n` : `${goJson(all, { indent: '  ' })}\n`);
}
