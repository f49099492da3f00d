import { labelSelector } from '../../../api/selector.ts';
import { withLastAppliedAsMade } from '../apply-object.ts';
import type { Command, Context } from '../command.ts';
import { fieldManagerFlag, FILE_FLAGS } from '../common-flags.ts';
import { pathTo } from '../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, operationText } from '../dry-run.ts';
import { CliError } from '../errors.ts';
import { labelsOf, list, nameOf, num, record, str, stringMap } from '../object.ts';
import { OUTPUT_FLAGS, reporter } from '../output.ts';
import { OVERRIDE_FLAGS, overridden } from '../overrides.ts';
import { discoveryOf, select, visit } from '../selection.ts';
import type { Target } from '../selection.ts';
import type { Obj } from '../server.ts';

export const expose: Command = {
  name: 'expose',
  group: 'Basic Commands (Beginner)',
  short: 'Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service',
  usage:
    '(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]',
  examples: [
    'kubectl expose deployment web --port=80 --target-port=8000',
    'kubectl expose deployment web --type=NodePort --port=80',
  ],
  flags: [
    ...FILE_FLAGS,
    ...OUTPUT_FLAGS,
    DRY_RUN_FLAG,
    fieldManagerFlag('kubectl-expose'),
    { name: 'name', type: 'string', usage: 'Name of the service.' },
    { name: 'port', type: 'string', usage: 'Port of the service.' },
    { name: 'target-port', type: 'string', usage: 'Port, or its name, of the containers.' },
    { name: 'protocol', type: 'string', usage: 'TCP, UDP or SCTP.' },
    { name: 'type', type: 'string', usage: 'ClusterIP, NodePort, LoadBalancer or ExternalName.' },
    { name: 'selector', type: 'string', usage: 'Labels of the pods, instead of the object’s own.' },
    { name: 'labels', short: 'l', type: 'string', usage: 'Labels of the service.' },
    { name: 'external-ip', type: 'string', usage: 'A further address.' },
    { name: 'cluster-ip', type: 'string', usage: 'The address to take, or None.' },
    { name: 'load-balancer-ip', type: 'string', usage: 'The address that the load balancer should take.' },
    { name: 'session-affinity', type: 'string', usage: 'None or ClientIP.' },
    ...OVERRIDE_FLAGS,
    {
      name: 'save-config',
      type: 'bool',
      fallback: 'false',
      usage: 'Record the object in its annotation, for a later apply.',
    },
  ],
  run: runExpose,
};

async function runExpose(context: Context): Promise<void> {
  const options = { files: true, typed: true, asGiven: true };
  await visit(context, await select(context, options), options, (object, target) => exposeOne(context, object, target));
}

async function exposeOne(context: Context, object: Obj, target: Target): Promise<void> {
  const made = overridden(context, serviceFor(context, object, target));
  const service = context.flags.bool('save-config') ? withLastAppliedAsMade(made) : made;
  const dryRun = dryRunOf(context);
  const report = reporter(context, operationText('exposed', dryRun), false);
  if (dryRun === 'client') report.print(service);
  else {
    const resource = await discoveryOf(context).find('services');
    const query = { dryRun: dryRunQuery(dryRun), fieldManager: context.flags.string('field-manager') };
    report.print(await context.server.json('POST', pathTo(resource, target.namespace), { query, body: service }));
  }
  report.flush();
}

function serviceFor(context: Context, object: Obj, target: Target): Obj {
  const { flags } = context;
  const selector = flags.string('selector') === '' ? selectorFrom(object, target) : pairs(flags.string('selector'));
  const labels = flags.string('labels') === '' ? labelsOf(object) : pairs(flags.string('labels'));
  const clusterIP = flags.string('cluster-ip');
  const ports = portsFor(context, object);
  if (ports.length === 0 && clusterIP !== 'None')
    throw new CliError("couldn't find port via --port flag or introspection");
  const spec = {
    ...(ports.length === 0 ? {} : { ports }),
    selector,
    ...(clusterIP === '' ? {} : { clusterIP }),
    ...(flags.string('type') === '' ? {} : { type: flags.string('type') }),
    ...(flags.string('external-ip') === '' ? {} : { externalIPs: [flags.string('external-ip')] }),
    ...(flags.string('session-affinity') === ''
      ? {}
      : { sessionAffinity: affinityOf(flags.string('session-affinity')) }),
    ...(flags.string('load-balancer-ip') === '' ? {} : { loadBalancerIP: flags.string('load-balancer-ip') }),
  };
  const name = flags.string('name') === '' ? nameOf(object) : flags.string('name');
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: {
      name,
      ...(context.namespaceGiven ? { namespace: context.namespace } : {}),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    },
    spec,
    status: { loadBalancer: {} },
  };
}

function affinityOf(value: string): string {
  if (value === 'None' || value === 'ClientIP') return value;
  throw new CliError(`unknown session affinity: ${value}`);
}

/** Models polymorphichelpers.MapBasedSelectorForObject. */
function selectorFrom(object: Obj, target: Target): Record<string, string> {
  switch (target.resource.kind) {
    case 'Pod': {
      const labels = labelsOf(object);
      if (Object.keys(labels).length === 0)
        throw new CliError(
          "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
        );
      return labels;
    }
    case 'Service':
      return stringMap(object, 'spec', 'selector');
    case 'Deployment':
    case 'ReplicaSet': {
      const selector = record(object, 'spec', 'selector');
      if (list(selector, 'matchExpressions').length > 0) {
        throw new CliError(
          `couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions - "${labelSelector(selector).requirements.length}" to map-based selector format`,
        );
      }
      return stringMap(selector, 'matchLabels');
    }
    default:
      throw new CliError(`cannot expose a ${target.resource.kind}`);
  }
}

function portsFor(context: Context, object: Obj): Obj[] {
  const { flags } = context;
  const given = flags.string('port') === '' ? [] : flags.string('port').split(',');
  const containers = [...list(object, 'spec', 'containers'), ...list(object, 'spec', 'template', 'spec', 'containers')];
  const found = containers
    .flatMap((container) => list(container, 'ports'))
    .map((port) => ({ port: num(port, 'containerPort') ?? 0, protocol: str(port, 'protocol') || 'TCP' }));
  const own = list(object, 'spec', 'ports').map((port) => ({
    port: num(port, 'port') ?? 0,
    protocol: str(port, 'protocol') || 'TCP',
  }));
  const all =
    given.length > 0
      ? given.map((text) => ({ port: portNumber(text), protocol: protocolFor(found, portNumber(text)) }))
      : [...found, ...own];
  const target = flags.string('target-port');
  return all.map(({ port, protocol }, index) => ({
    ...(all.length > 1 ? { name: `port-${index + 1}` } : {}),
    protocol: flags.string('protocol') === '' ? protocol : flags.string('protocol'),
    port,
    targetPort: target === '' ? port : /^\d+$/.test(target) ? Number(target) : target,
  }));
}

function protocolFor(found: readonly { readonly port: number; readonly protocol: string }[], port: number): string {
  return found.find((each) => each.port === port)?.protocol ?? 'TCP';
}

function portNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new CliError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function pairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key = '', value] = pair.split('=');
      if (value === undefined) throw new CliError(`Invalid label format: ${pair}`);
      return [key, value];
    }),
  );
}
