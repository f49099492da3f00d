import { randomSuffix } from '../../../api/names.ts';
import { applyStrategicPatch } from '../../../api/patch/strategic.ts';
import { createTwoWayPatch } from '../../../api/patch/strategic-diff.ts';
import { attachTo } from '../attach-stream.ts';
import type { Command, Context } from '../command.ts';
import { pathTo } from '../discovery.ts';
import type { ApiResource } from '../discovery.ts';
import { apiVersionOf, list, nameOf, namespaceOf, num, record, str, withValue } from '../object.ts';
import { asError, CliError, ExitError } from '../errors.ts';
import { streamLog } from '../log-stream.ts';
import { discoveryOf, filesGiven, fileTargets, select, visit } from '../selection.ts';
import type { Obj } from '../server.ts';
import { FOREVER, waitFor } from '../wait-for.ts';
import { debugOptions } from './debug/options.ts';
import type { DebugOptions } from './debug/options.ts';
import { applyProfile } from './debug/profiles.ts';

export const debug: Command = {
  name: 'debug',
  group: 'Troubleshooting and Debugging Commands',
  short: 'Create debugging sessions for troubleshooting workloads and nodes',
  usage: '(POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]',
  examples: [
    'kubectl debug web -it --image=busybox --profile=general',
    'kubectl debug web -it --image=busybox --copy-to=web-debug --profile=general',
    'kubectl debug node/worker-1 -it --image=busybox --profile=sysadmin',
  ],
  flags: [
    {
      name: 'arguments-only',
      type: 'bool',
      fallback: 'false',
      usage: 'What follows -- are arguments, not the command.',
    },
    {
      name: 'attach',
      type: 'bool',
      fallback: 'false',
      usage: 'Attach to the container once it runs; with -i it is the default.',
    },
    { name: 'container', short: 'c', type: 'string', usage: 'Name of the debug container.' },
    { name: 'copy-to', type: 'string', usage: 'Look into a copy of the pod with this name.' },
    { name: 'custom', type: 'string', usage: 'File with parts of a container that go on top of the profile.' },
    { name: 'env', type: 'pairs', usage: 'Environment variables of the container.' },
    { name: 'filename', short: 'f', type: 'slice', usage: 'Manifest files that name what to look into.' },
    { name: 'image', type: 'string', usage: 'Image of the debug container.' },
    { name: 'image-pull-policy', type: 'string', usage: 'When to pull it.' },
    { name: 'keep-annotations', type: 'bool', fallback: 'false', usage: 'The copy keeps annotations.' },
    { name: 'keep-init-containers', type: 'bool', fallback: 'true', usage: 'The copy keeps init containers.' },
    { name: 'keep-labels', type: 'bool', fallback: 'false', usage: 'The copy keeps labels.' },
    { name: 'keep-liveness', type: 'bool', fallback: 'false', usage: 'The copy keeps liveness probes.' },
    { name: 'keep-readiness', type: 'bool', fallback: 'false', usage: 'The copy keeps readiness probes.' },
    { name: 'keep-startup', type: 'bool', fallback: 'false', usage: 'The copy keeps startup probes.' },
    {
      name: 'profile',
      type: 'string',
      fallback: 'legacy',
      usage: 'legacy, general, baseline, netadmin, restricted or sysadmin.',
    },
    { name: 'quiet', short: 'q', type: 'bool', fallback: 'false', usage: 'No messages.' },
    { name: 'replace', type: 'bool', fallback: 'false', usage: 'Delete the pod that was copied.' },
    { name: 'same-node', type: 'bool', fallback: 'false', usage: 'The copy goes to the same node.' },
    { name: 'set-image', type: 'pairs', usage: 'Images of containers of the copy: name=image.' },
    {
      name: 'share-processes',
      type: 'bool',
      fallback: 'true',
      usage: 'The containers of the copy see processes of each other.',
    },
    { name: 'stdin', short: 'i', type: 'bool', fallback: 'false', usage: 'Keep standard input open.' },
    { name: 'target', type: 'string', usage: 'Container whose processes are looked at.' },
    { name: 'tty', short: 't', type: 'bool', fallback: 'false', usage: 'Give it a terminal.' },
  ],
  run: runDebug,
};

/** What a debugging session is about: the pod, and the container in it if there is one to attach to. */
interface Session {
  readonly pod: Obj;
  readonly container: string;
}

async function runDebug(context: Context): Promise<void> {
  const options = debugOptions(context);
  const words = options.targets;
  const targets = [
    ...(filesGiven(context) ? await fileTargets(context) : []),
    ...(words.length === 0
      ? []
      : await select(context, { args: words.map((each) => (each.includes('/') ? each : `pods/${each}`)) })),
  ];
  await visit(context, targets, {}, async (object, target) => {
    const { resource } = target;
    let session: Session;
    if (resource.kind === 'Node' && resource.group === '') session = await onNode(context, options, object);
    else if (resource.kind === 'Pod' && resource.group === '')
      session = await (options.copyTo === '' ? insidePod : besidePod)(context, options, resource, object);
    else throw new CliError(`"${resource.group}/${resource.version}, Kind=${resource.kind}" not supported by debug`);
    if (options.attach && session.container !== '') await attachWhenStarted(context, session, options.quiet);
  });
}

function containerFor(options: DebugOptions, name: string): Obj {
  const { image, command, env, pullPolicy } = options;
  return {
    name,
    ...(image === '' ? {} : { image }),
    ...(command.length === 0 ? {} : { [options.argumentsOnly ? 'args' : 'command']: command }),
    ...(env.length === 0 ? {} : { env }),
    resources: {},
    terminationMessagePolicy: 'File',
    ...(pullPolicy === '' ? {} : { imagePullPolicy: pullPolicy }),
    ...(options.stdin ? { stdin: true } : {}),
    ...(options.tty ? { tty: true } : {}),
  };
}

/** On top of what the profile made of it. */
function customised(pod: Obj, field: string, name: string, custom: Obj | undefined): Obj {
  if (custom === undefined) return pod;
  const containers = list(pod, 'spec', field).map((each) =>
    str(each, 'name') === name ? (applyStrategicPatch(each, { ...custom, name }, 'Container') as Obj) : each,
  );
  return withValue(pod, ['spec', field], containers);
}

/** Adds an ephemeral container to the pod. */
async function insidePod(context: Context, options: DebugOptions, resource: ApiResource, pod: Obj): Promise<Session> {
  const name = containerName(context, options, pod);
  const added = {
    ...containerFor(options, name),
    ...(options.target === '' ? {} : { targetContainerName: options.target }),
  };
  const more = withValue(pod, ['spec', 'ephemeralContainers'], [...list(pod, 'spec', 'ephemeralContainers'), added]);
  const profiled = applyProfile(options.profile, more, 'ephemeralContainers', name, 'ephemeral', options.keep);
  const wanted = customised(profiled, 'ephemeralContainers', name, options.custom);
  warnOfUser(context, list(wanted, 'spec', 'ephemeralContainers').at(-1), wanted);
  const result = await context.server.json(
    'PATCH',
    pathTo(resource, namespaceOf(pod), nameOf(pod), 'ephemeralcontainers'),
    {
      body: createTwoWayPatch(pod, wanted, 'Pod'),
      contentType: 'application/strategic-merge-patch+json',
    },
  );
  return { pod: result, container: name };
}

/** Makes a copy of the pod, with a debug container in it or with other images or another command. */
async function besidePod(context: Context, options: DebugOptions, resource: ApiResource, pod: Obj): Promise<Session> {
  const { copied, container } = copyOf(context, options, pod);
  warnOfUser(
    context,
    list(copied, 'spec', 'containers').find((each) => str(each, 'name') === container),
    copied,
  );
  const created = await context.server.json('POST', pathTo(resource, namespaceOf(pod)), { body: copied });
  if (context.flags.bool('replace'))
    await context.server.json('DELETE', pathTo(resource, namespaceOf(pod), nameOf(pod)), {
      body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 },
    });
  return { pod: created, container };
}

function copyOf(
  context: Context,
  options: DebugOptions,
  pod: Obj,
): { readonly copied: Obj; readonly container: string } {
  const { setImages, image, command, pullPolicy, env } = options;
  const { flags } = context;
  const { annotations, labels, namespace } = record(pod, 'metadata');
  const { ephemeralContainers: _gone, nodeName, ...spec } = record(pod, 'spec');
  const containers = list(pod, 'spec', 'containers').map((each) => {
    const wanted = setImages[str(each, 'name')] ?? setImages['*'];
    return wanted === undefined ? each : { ...each, image: wanted };
  });
  const metadata = { name: options.copyTo, namespace, annotations, labels };
  const base: Obj = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: Object.fromEntries(
      Object.entries(metadata).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    ),
    spec: {
      ...spec,
      ...(flags.changed('share-processes') ? { shareProcessNamespace: flags.bool('share-processes') } : {}),
      ...(flags.bool('same-node') && nodeName !== undefined ? { nodeName } : {}),
      containers,
    },
  };
  const inits = list(pod, 'spec', 'initContainers');
  const existing = containers.find((each) => str(each, 'name') === options.container);
  if (existing === undefined && !inits.some((each) => str(each, 'name') === options.container) && image === '') {
    if (Object.keys(setImages).length > 0) return { copied: base, container: '' };
    throw new CliError('you must specify image when creating new container');
  }
  const name = options.container === '' ? containerName(context, options, base) : options.container;
  const before = existing ?? { name, resources: {}, terminationMessagePolicy: 'File' };
  const { args, ...withoutArgs } = before as Obj;
  const changed: Obj = {
    ...withoutArgs,
    ...(args === undefined || (command.length > 0 && !options.argumentsOnly) ? {} : { args }),
    ...(command.length === 0 ? {} : { [options.argumentsOnly ? 'args' : 'command']: command }),
    ...(env.length === 0 ? {} : { env }),
    ...(image === '' ? {} : { image }),
    ...(pullPolicy === '' ? {} : { imagePullPolicy: pullPolicy }),
    stdin: options.stdin,
    tty: options.tty,
  };
  const next =
    existing === undefined ? [...containers, changed] : containers.map((each) => (each === existing ? changed : each));
  const profiled = applyProfile(
    options.profile,
    withValue(base, ['spec', 'containers'], next),
    'containers',
    name,
    'copy',
    options.keep,
  );
  return { copied: customised(profiled, 'containers', name, options.custom), container: name };
}

/** Makes a pod on the node that has the node's namespaces, and its files under /host. */
async function onNode(context: Context, options: DebugOptions, node: Obj): Promise<Session> {
  const container = options.container === '' ? 'debugger' : options.container;
  const name = `node-debugger-${nameOf(node)}-${randomSuffix(5, context.io.pick)}`;
  if (!options.quiet)
    context.out(`Creating debugging pod ${name} with container ${container} on node ${nameOf(node)}.\n`);
  const pod: Obj = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'kubectl-debug' } },
    spec: {
      containers: [containerFor(options, container)],
      nodeName: nameOf(node),
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
    },
  };
  const profiled = applyProfile(options.profile, pod, 'containers', container, 'node', options.keep);
  const resource = await discoveryOf(context).find('pods');
  const created = await context.server.json('POST', pathTo(resource, context.namespace), {
    body: customised(profiled, 'containers', container, options.custom),
  });
  return { pod: created, container };
}

/** Capabilities of a debug container are of little use to a user who is not root. */
function warnOfUser(context: Context, container: Obj | undefined, pod: Obj): void {
  const user = num(pod, 'spec', 'securityContext', 'runAsUser') ?? 0;
  const own = record(container, 'securityContext');
  if (user === 0 || container === undefined || num(own, 'runAsUser') === 0) return;
  if (own['privileged'] !== true && list(own, 'capabilities', 'add').length === 0) return;
  context.err(
    'Warning: Non-root user is configured for the entire target Pod, and some capabilities granted by debug profile may not work. Please consider using "--custom" with a custom profile that specifies "securityContext.runAsUser: 0".\n',
  );
}

function containerName(context: Context, options: DebugOptions, pod: Obj): string {
  if (options.container !== '') return options.container;
  const taken = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((field) =>
    list(pod, 'spec', field).map((each) => str(each, 'name')),
  );
  let name = '';
  do name = `debugger-${randomSuffix(5, context.io.pick)}`;
  while (taken.includes(name));
  if (!options.quiet) context.out(`Defaulting debug container name to ${name}.\n`);
  return name;
}

/** Attaches once the container runs; what is over already is shown from its log. */
async function attachWhenStarted(outer: Context, { pod, container }: Session, quiet: boolean): Promise<void> {
  const resource = await discoveryOf(outer).find('pods');
  const name = nameOf(pod);
  const context: Context = { ...outer, namespace: namespaceOf(pod) };
  const showLog = (): Promise<void> =>
    streamLog(context, pathTo(resource, context.namespace, name, 'log'), { container }, (text) => context.out(text));
  const told = new Set<string>();
  const live = await waitFor(context, { resource, namespace: context.namespace, name }, FOREVER, (object) => {
    if (object === undefined) throw new CliError(`${apiVersionOf(resource.group, resource.plural)} "" not found`);
    const state = stateOf(object, container);
    if ('running' in state || 'terminated' in state) return 'met';
    const message = str(state, 'waiting', 'message');
    if (!quiet && message !== '' && !told.has(message)) context.server.warn(`container ${container}: ${message}`);
    told.add(message);
    return 'not yet';
  });
  if ('terminated' in stateOf(live, container)) return showLog();
  let code = 0;
  try {
    code = await attachTo(context, resource, name, container);
  } catch (error) {
    context.err(`warning: couldn't attach to pod/${name}, falling back to streaming logs: ${asError(error).message}\n`);
    return showLog();
  }
  if (code !== 0) throw new ExitError(code);
}

function stateOf(pod: Obj | undefined, container: string): Obj {
  const statuses = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'].flatMap((field) =>
    list(pod, 'status', field),
  );
  return record(
    statuses.find((each) => str(each, 'name') === container),
    'state',
  );
}
