import type { Command, Context } from '../command.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, operationText } from '../dry-run.ts';
import { asError, CliError, PlainError, usageError } from '../errors.ts';
import { list, num, str } from '../object.ts';
import { streamLog } from '../log-stream.ts';
import { FOREVER, waitFor } from '../wait-for.ts';
import type { ApiResource } from '../discovery.ts';
import { CASCADE_FLAG, fieldManagerFlag, FILE_FLAGS } from '../common-flags.ts';
import { deleteOptions, propagationOf } from '../deletion.ts';
import { attachTo, waitRunning } from '../attach-stream.ts';
import { withLastAppliedAsMade } from '../apply-object.ts';
import { OUTPUT_FLAGS, reporter } from '../output.ts';
import { OVERRIDE_FLAGS, overridden } from '../overrides.ts';
import { pathTo } from '../discovery.ts';
import { discoveryOf } from '../selection.ts';
import type { Obj } from '../server.ts';
import { goQuote } from '../../text/go-quote.ts';
import { labelValue } from '../../../api/names.ts';

export const run: Command = {
  name: 'run',
  group: 'Basic Commands (Beginner)',
  short: 'Run a particular image on the cluster',
  usage:
    'NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
  examples: ['kubectl run web --image=nginx', 'kubectl run -i -t shell --image=busybox --restart=Never -- sh'],
  flags: [
    ...OUTPUT_FLAGS,
    DRY_RUN_FLAG,
    fieldManagerFlag('kubectl-run'),
    { name: 'image', type: 'string', usage: 'The image to run.' },
    { name: 'image-pull-policy', type: 'string', usage: 'When to pull it.' },
    { name: 'labels', short: 'l', type: 'string', usage: 'Labels for the pod, separated by commas.' },
    { name: 'annotations', type: 'array', usage: 'Annotation for the pod; can be repeated.' },
    { name: 'env', type: 'array', usage: 'Environment variable; can be repeated.' },
    { name: 'port', type: 'string', usage: 'Port that the container serves.' },
    { name: 'expose', type: 'bool', fallback: 'false', usage: 'Create a service for the port too.' },
    { name: 'restart', type: 'string', fallback: 'Always', usage: 'Always, OnFailure or Never.' },
    { name: 'command', type: 'bool', fallback: 'false', usage: 'Arguments replace the command of the image.' },
    ...OVERRIDE_FLAGS,
    { name: 'privileged', type: 'bool', fallback: 'false', usage: 'Run with all privileges.' },
    { name: 'stdin', short: 'i', type: 'bool', fallback: 'false', usage: 'Keep standard input open.' },
    { name: 'tty', short: 't', type: 'bool', fallback: 'false', usage: 'Give it a terminal.' },
    { name: 'attach', type: 'bool', fallback: 'false', usage: 'Wait for the pod and attach to it.' },
    { name: 'rm', type: 'bool', fallback: 'false', usage: 'Delete the pod when it ends.' },
    { name: 'quiet', short: 'q', type: 'bool', fallback: 'false', usage: 'No prompts.' },
    {
      name: 'save-config',
      type: 'bool',
      fallback: 'false',
      usage: 'Record the object in its annotation, for a later apply.',
    },
    {
      name: 'leave-stdin-open',
      type: 'bool',
      fallback: 'false',
      usage: 'Keep standard input open after the first client leaves.',
    },
    // Of all that delete takes, run heeds only what must be right.
    ...FILE_FLAGS,
    CASCADE_FLAG,
    { name: 'force', type: 'bool', fallback: 'false', usage: 'As of delete.' },
    { name: 'grace-period', type: 'int', fallback: '-1', usage: 'As of delete.' },
    { name: 'timeout', type: 'duration', fallback: '0s', usage: 'As of delete.' },
    { name: 'wait', type: 'bool', fallback: 'false', usage: 'As of delete.' },
    { name: 'pod-running-timeout', type: 'duration', fallback: '1m0s', usage: 'How long to wait for the pod to run.' },
  ],
  run: runRun,
};

async function runRun(context: Context): Promise<void> {
  const before = context.flags.dash < 0 ? context.args.length : context.flags.dash;
  if (before === 0) throw usageError(context.path, 'NAME is required for run');
  checkFlags(context);
  const dryRun = dryRunOf(context);
  const name = context.args[0] ?? '';
  const attach = context.flags.changed('attach') ? context.flags.bool('attach') : context.flags.bool('stdin');
  const own = overridden(context, podObject(context, name, context.args.slice(1)));
  const pod = context.flags.bool('save-config') ? withLastAppliedAsMade(own) : own;
  const report = reporter(context, operationText('created', dryRun), false);
  // The pod is made first, and told of last.
  const made = await makeOne(context, 'pods', pod);
  if (context.flags.bool('expose')) {
    report.print(await makeOne(context, 'services', serviceObject(context, name)));
    if (context.flags.string('output') === 'yaml') context.out('---\n');
  }
  if (!attach) report.print(made);
  report.flush();
  if (attach && dryRun === 'none') await attachAndClean(context, made);
}

function checkFlags(context: Context): void {
  if (!context.flags.changed('image')) throw new CliError('required flag(s) "image" not set');
  if (context.flags.string('image') === '') throw new CliError('--image is required');
  if (/\s/.test(context.flags.string('image')))
    throw new CliError(`Invalid image name ${goQuote(context.flags.string('image'))}: invalid reference format`);
  const attach = context.flags.bool('attach') || context.flags.bool('stdin');
  if (context.flags.bool('tty') && !context.flags.bool('stdin'))
    throw usageError(context.path, '-i/--stdin is required for containers with -t/--tty=true');
  if (context.flags.bool('expose') && context.flags.string('port') === '')
    throw usageError(context.path, '--port must be set when exposing a service');
  if (context.flags.bool('rm') && !attach)
    throw usageError(context.path, '--rm should only be used for attached containers');
  if (attach && dryRunOf(context) !== 'none')
    throw usageError(
      context.path,
      "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
    );
  if (!['Always', 'OnFailure', 'Never', ''].includes(context.flags.string('restart')))
    throw usageError(context.path, `invalid restart policy: ${context.flags.string('restart')}`);
  const policy = context.flags.string('image-pull-policy');
  if (!['', 'Always', 'IfNotPresent', 'Never'].includes(policy))
    throw usageError(context.path, `invalid image pull policy: ${policy}`);
  propagationOf(context.flags.string('cascade'));
  const port = context.flags.string('port');
  if (port !== '' && !/^\d+$/.test(port)) throw new CliError(`strconv.Atoi: parsing ${goQuote(port)}: invalid syntax`);
}

function podObject(context: Context, name: string, args: readonly string[]): Obj {
  const { flags } = context;
  const labels = flags.string('labels') === '' ? { run: name } : parseLabels(flags.string('labels'));
  const annotations = Object.fromEntries(flags.list('annotations').map((pair) => pairOf(pair, 'annotations')));
  const env = flags.list('env').map((pair) => {
    const [key, value] = pairOf(pair, 'env');
    return { name: key, value };
  });
  const container = {
    name,
    image: flags.string('image'),
    ...(args.length > 0 ? { [flags.bool('command') ? 'command' : 'args']: args } : {}),
    ...(flags.string('port') === '' ? {} : { ports: [{ containerPort: Number(flags.string('port')) }] }),
    ...(env.length === 0 ? {} : { env }),
    resources: {},
    ...(flags.string('image-pull-policy') === '' ? {} : { imagePullPolicy: flags.string('image-pull-policy') }),
    ...(flags.bool('privileged') ? { securityContext: { privileged: true } } : {}),
    ...(flags.bool('stdin') ? { stdin: true, ...(flags.bool('leave-stdin-open') ? {} : { stdinOnce: true }) } : {}),
    ...(flags.bool('tty') ? { tty: true } : {}),
  };
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name,
      ...(context.namespaceGiven ? { namespace: context.namespace } : {}),
      labels,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: { containers: [container], restartPolicy: flags.string('restart') || 'Always', dnsPolicy: 'ClusterFirst' },
    status: {},
  };
}

function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key, value] = pairOf(pair, 'label');
      if (labelValue(value).length > 0)
        throw new CliError(`invalid label value: ${goQuote(pair)}: ${labelValue(value).join(';')}`);
      return [key, value];
    }),
  );
}

const PAIR_PROBLEMS = {
  annotations: (pair: string): string => `invalid annotations format: ${pair}`,
  env: (pair: string): string => `invalid env: ${pair}`,
  label: (pair: string): string => `unexpected label spec: ${pair}`,
};

function pairOf(pair: string, what: keyof typeof PAIR_PROBLEMS): [string, string] {
  const equals = pair.indexOf('=');
  if (equals <= 0) throw new CliError(PAIR_PROBLEMS[what](pair));
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}

function serviceObject(context: Context, name: string): Obj {
  const port = Number(context.flags.string('port'));
  const labels = context.flags.string('labels') === '' ? { run: name } : parseLabels(context.flags.string('labels'));
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name, ...(context.namespaceGiven ? { namespace: context.namespace } : {}) },
    spec: { ports: [{ protocol: 'TCP', port, targetPort: port }], selector: labels },
    status: { loadBalancer: {} },
  };
}

async function makeOne(context: Context, plural: string, object: Obj): Promise<Obj> {
  const dryRun = dryRunOf(context);
  if (dryRun === 'client') return object;
  const resource = await discoveryOf(context).find(plural);
  const query = { dryRun: dryRunQuery(dryRun), fieldManager: context.flags.string('field-manager') };
  return context.server.json('POST', pathTo(resource, context.namespace), { query, body: object });
}

/** Attaches, or shows the log of what is over already. */
async function followContainer(context: Context, resource: ApiResource, name: string): Promise<void> {
  const log = (): Promise<void> =>
    streamLog(context, pathTo(resource, context.namespace, name, 'log'), { container: name, follow: 'true' }, (text) =>
      context.out(text),
    );
  const live = await context.server.json('GET', pathTo(resource, context.namespace, name));
  if (['Succeeded', 'Failed'].includes(str(live, 'status', 'phase'))) return log();
  try {
    await attachTo(context, resource, name, name);
  } catch (error) {
    context.err(`warning: couldn't attach to pod/${name}, falling back to streaming logs: ${asError(error).message}\n`);
    await log();
  }
}

/** How the pod's container ended, once it has. */
async function exitCode(context: Context, resource: ApiResource, name: string): Promise<number> {
  const over = await waitFor(context, { resource, namespace: context.namespace, name }, FOREVER, (live) =>
    live === undefined || ['Succeeded', 'Failed'].includes(str(live, 'status', 'phase')) ? 'met' : 'not yet',
  );
  return num(list(over, 'status', 'containerStatuses')[0], 'state', 'terminated', 'exitCode') ?? 0;
}

/** Follows the pod's container as `attach` does; with --rm the pod goes at the end, whatever happened. */
async function attachAndClean(context: Context, pod: Obj): Promise<void> {
  const resource = await discoveryOf(context).find('pods');
  const name = String((pod['metadata'] as Obj)['name']);
  let failure: unknown;
  let code = 0;
  try {
    await waitRunning(context, resource, name, context.flags.duration('pod-running-timeout'));
    await followContainer(context, resource, name);
    if (context.flags.string('restart') !== 'Always') code = await exitCode(context, resource, name);
  } catch (error) {
    failure = error;
  }
  if (context.flags.bool('rm')) {
    const body = deleteOptions(propagationOf(context.flags.string('cascade')));
    await context.server.json('DELETE', pathTo(resource, context.namespace, name), { body });
    if (!context.flags.bool('quiet')) context.out(`pod ${goQuote(name)} deleted from ${context.namespace} namespace\n`);
  }
  if (failure !== undefined) throw failure;
  if (code !== 0) throw new PlainError(`pod ${context.namespace}/${name} terminated (Error)`, code);
}
