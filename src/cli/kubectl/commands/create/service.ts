import type { Command, Context } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { createGenerated, generatorFlags, oneName } from '../../generate.ts';
import type { FlagSpec } from '../../flags.ts';
import { goQuote } from '../../../text/go-quote.ts';

const TCP_FLAG: FlagSpec = { name: 'tcp', type: 'slice', usage: 'A port pair: port or port:targetPort.' };
const NODE_PORT_FLAG: FlagSpec = { name: 'node-port', type: 'int', fallback: '0', usage: 'Port on every node.' };

export const createService: Command = {
  name: 'service',
  aliases: ['svc'],
  short: 'Create a service using a specified subcommand',
  usage: '[flags]',
  subcommands: [
    serviceCommand('clusterip', 'ClusterIP', '[--tcp=<port>:<targetPort>]', [
      TCP_FLAG,
      { name: 'clusterip', type: 'string', usage: 'The address to take, or None.' },
    ]),
    serviceCommand('externalname', 'ExternalName', '--external-name external.name', [
      TCP_FLAG,
      { name: 'external-name', type: 'string', required: true, usage: 'The name that the service stands for.' },
    ]),
    serviceCommand('loadbalancer', 'LoadBalancer', '[--tcp=port:targetPort]', [TCP_FLAG]),
    serviceCommand('nodeport', 'NodePort', '[--tcp=port:targetPort]', [TCP_FLAG, NODE_PORT_FLAG]),
  ],
};

function serviceCommand(name: string, type: string, wanted: string, flags: readonly FlagSpec[]): Command {
  return {
    name,
    short: `Create ${type === 'ExternalName' ? 'an' : 'a'} ${type} service`,
    usage: `NAME ${wanted} [--dry-run=server|client|none]`,
    flags: [...generatorFlags('kubectl-create'), ...flags],
    run: (context) => createWith(context, type),
  };
}

async function createWith(context: Context, type: string): Promise<void> {
  const name = oneName(context);
  const clusterIP = context.flags.has('clusterip') ? context.flags.string('clusterip') : '';
  const ports = context.flags.list('tcp').map((pair) => portOf(pair, context));
  if (ports.length === 0 && type !== 'ExternalName' && clusterIP !== 'None')
    throw new CliError('at least one tcp port specifier must be provided');
  const labels = { app: name };
  const spec = {
    ...(ports.length === 0 ? {} : { ports }),
    selector: labels,
    ...(clusterIP === '' ? {} : { clusterIP }),
    type,
    ...(type === 'ExternalName' ? { externalName: context.flags.string('external-name') } : {}),
  };
  const object = { kind: 'Service', apiVersion: 'v1', metadata: { name, labels }, spec, status: { loadBalancer: {} } };
  await createGenerated(context, object, `${type} service`);
}

function portOf(pair: string, context: Context) {
  const [from = '', to] = pair.split(':');
  const port = numberOf(from);
  const target = to === undefined ? port : /^\d+$/.test(to) ? numberOf(to) : to;
  const nodePort = context.flags.has('node-port') ? context.flags.int('node-port') : 0;
  return {
    name: pair.replace(':', '-'),
    protocol: 'TCP',
    port,
    targetPort: target,
    ...(nodePort === 0 ? {} : { nodePort }),
  };
}

function numberOf(text: string): number {
  if (!/^\d+$/.test(text)) throw new CliError(`strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax`);
  const port = Number(text);
  if (port < 1 || port > 65535) throw new CliError('must be between 1 and 65535, inclusive');
  return port;
}
