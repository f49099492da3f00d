import { formatDuration } from '../../../lib/duration.ts';
import { SECOND } from '../../../lib/time.ts';
import type { Command, Context } from '../command.ts';
import { SELECTOR_FLAG } from '../common-flags.ts';
import { pathTo } from '../discovery.ts';
import type { ApiResource } from '../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, operationText } from '../dry-run.ts';
import { AggregateCliError, aggregateText, asError, CliError, hasReason } from '../errors.ts';
import { annotationsOf, at, bool, list, nameOf, namespaceOf, str } from '../object.ts';
import { discoveryOf } from '../selection.ts';
import type { Obj } from '../server.ts';
import { goQuote } from '../../text/go-quote.ts';
import { cordonOne, selectNodes } from './cordon.ts';

export const drain: Command = {
  name: 'drain',
  group: 'Cluster Management Commands',
  short: 'Drain node in preparation for maintenance',
  usage: 'NODE',
  examples: ['kubectl drain worker-1 --ignore-daemonsets', 'kubectl drain worker-1 --force --grace-period=900'],
  flags: [
    SELECTOR_FLAG,
    DRY_RUN_FLAG,
    { name: 'force', type: 'bool', fallback: 'false', usage: 'Also pods that no controller would replace.' },
    { name: 'ignore-daemonsets', type: 'bool', fallback: 'false', usage: 'Leave pods of DaemonSets where they are.' },
    { name: 'delete-emptydir-data', type: 'bool', fallback: 'false', usage: 'Also pods whose emptyDir data is lost.' },
    { name: 'disable-eviction', type: 'bool', fallback: 'false', usage: 'Delete instead of evicting.' },
    {
      name: 'grace-period',
      type: 'int',
      fallback: '-1',
      usage: 'Seconds that each pod is given; negative: as the pod says.',
    },
    { name: 'timeout', type: 'duration', fallback: '0s', usage: 'When to give up; 0: never.' },
    { name: 'pod-selector', type: 'string', usage: 'Only pods with these labels.' },
    {
      name: 'skip-wait-for-delete-timeout',
      type: 'int',
      fallback: '0',
      usage: 'Do not wait for pods that have been ending for longer than this many seconds.',
    },
    { name: 'chunk-size', type: 'int', fallback: '500', usage: 'Objects per request.' },
  ],
  run: runDrain,
};

const RETRY = 5 * SECOND;
const POLL = SECOND;

async function runDrain(context: Context): Promise<void> {
  const dryRun = dryRunOf(context);
  const nodes = await selectNodes(context);
  for (const node of nodes) await cordonOne(context, node, true);
  const fatal: Error[] = [];
  const remaining: string[] = [];
  for (const { object } of nodes) {
    const name = nameOf(object);
    try {
      await drainNode(context, name);
      context.out(`node/${name} ${operationText('drained', dryRun)}\n`);
    } catch (error) {
      const failure = asError(error);
      fatal.push(...(failure instanceof AggregateCliError ? failure.errors : [failure]));
      remaining.push(name);
      context.err(
        `error: unable to drain node ${goQuote(name)} due to error: ${failure.message}, continuing command...\n`,
      );
    }
  }
  if (remaining.length === 0) return;
  context.err(`There are pending nodes to be drained:\n${remaining.map((name) => ` ${name}\n`).join('')}`);
  throw new AggregateCliError(fatal);
}

async function drainNode(context: Context, name: string): Promise<void> {
  const resource = await discoveryOf(context).find('pods');
  const { pods, warnings, errors } = await podsToGo(context, resource, name);
  if (errors.length > 0) throw new AggregateCliError(errors.map((text) => new CliError(text)));
  if (warnings.length > 0) context.err(`Warning: ${warnings.join('; ')}\n`);
  if (dryRunOf(context) === 'client') {
    for (const pod of pods) context.out(`evicting pod ${namespaceOf(pod)}/${nameOf(pod)} (dry run)\n`);
    return;
  }
  const timeout = context.flags.duration('timeout');
  const deadline = timeout === 0 ? undefined : context.io.now() + timeout;
  const failures: Error[] = [];
  await Promise.all(
    pods.map((pod) =>
      removePod(context, resource, pod, deadline).catch((error: unknown) => failures.push(asError(error))),
    ),
  );
  if (failures.length === 0) return;
  const failure = new AggregateCliError(failures);
  const { pods: pending } = await podsToGo(context, resource, name);
  if (pending.length > 0) {
    context.err(
      `There are pending pods in node ${goQuote(name)} when an error occurred: ${aggregateText(failures.map((each) => each.message))}\n`,
    );
    for (const pod of pending) context.err(`pod/${nameOf(pod)}\n`);
  }
  throw failure;
}

interface Verdicts {
  readonly pods: readonly Obj[];
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

const FATAL = {
  daemonSet: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)',
  localStorage: 'Pods with local storage (use --delete-emptydir-data to override)',
  unmanaged: 'cannot delete Pods that declare no controller (use --force to override)',
} as const;

/** Which pods of a node are to go, and what stands against it. Models kubectl/pkg/drain/filters.go. */
async function podsToGo(context: Context, resource: ApiResource, node: string): Promise<Verdicts> {
  const query = {
    fieldSelector: `spec.nodeName=${node}`,
    labelSelector: context.flags.string('pod-selector'),
    limit: '500',
  };
  const all = list(await context.server.json('GET', pathTo(resource, ''), { query }), 'items');
  const warnings = new Map<string, string[]>();
  const errors = new Map<string, string[]>();
  const note = (notes: Map<string, string[]>, text: string, pod: Obj): void =>
    void notes.set(text, [...(notes.get(text) ?? []), `${namespaceOf(pod)}/${nameOf(pod)}`]);
  const pods: Obj[] = [];
  for (const pod of all) {
    const verdict = judge(context, pod);
    if (verdict.error !== undefined) note(errors, verdict.error, pod);
    else if (verdict.warning !== undefined) note(warnings, verdict.warning, pod);
    if (verdict.remove && verdict.error === undefined) pods.push(pod);
  }
  const listed = (notes: Map<string, string[]>, prefix: string): string[] =>
    [...notes].map(([text, names]) => `${prefix}${text}: ${names.join(', ')}`);
  return { pods, warnings: listed(warnings, ''), errors: listed(errors, 'cannot delete ') };
}

interface Verdict {
  readonly remove: boolean;
  readonly warning?: string;
  readonly error?: string;
}

function judge(context: Context, pod: Obj): Verdict {
  if (annotationsOf(pod)['kubernetes.io/config.mirror'] !== undefined) return { remove: false };
  const finished = ['Succeeded', 'Failed'].includes(str(pod, 'status', 'phase'));
  const owner = list(pod, 'metadata', 'ownerReferences').find((each) => bool(each, 'controller'));
  if (owner !== undefined && str(owner, 'kind') === 'DaemonSet' && !finished) {
    return context.flags.bool('ignore-daemonsets')
      ? { remove: false, warning: 'ignoring DaemonSet-managed Pods' }
      : { remove: false, error: FATAL.daemonSet };
  }
  const local = list(pod, 'spec', 'volumes').some((volume) => at(volume, 'emptyDir') !== undefined);
  if (local && !finished && !context.flags.bool('delete-emptydir-data'))
    return { remove: false, error: FATAL.localStorage };
  if (owner === undefined && !finished) {
    return context.flags.bool('force')
      ? { remove: true, warning: 'deleting Pods that declare no controller' }
      : { remove: false, error: FATAL.unmanaged };
  }
  return local && !finished ? { remove: true, warning: 'deleting Pods with local storage' } : { remove: true };
}

/** Evicts until it is allowed, then waits until the pod is gone. */
async function removePod(
  context: Context,
  resource: ApiResource,
  pod: Obj,
  deadline: number | undefined,
): Promise<void> {
  const [name, namespace] = [nameOf(pod), namespaceOf(pod)];
  const about = `pods/${goQuote(name)} -n ${goQuote(namespace)}`;
  const tooLate = (): CliError =>
    new CliError(
      `error when evicting ${about}: global timeout reached: ${formatDuration(context.flags.duration('timeout'))}`,
    );
  const direct = context.flags.bool('disable-eviction');
  for (;;) {
    context.out(`${direct ? 'deleting' : 'evicting'} pod ${namespace}/${name}\n`);
    if (deadline !== undefined && context.io.now() >= deadline) throw tooLate();
    try {
      await askToGo(context, resource, pod, direct);
      break;
    } catch (error) {
      if (hasReason(error, 'NotFound')) break;
      if (!hasReason(error, 'TooManyRequests'))
        throw new CliError(`error when evicting ${about}: ${asError(error).message}`);
      context.err(`error when evicting ${about} (will retry after 5s): ${error.message}\n`);
      await sleepUntil(context, RETRY, deadline, tooLate);
    }
  }
  await waitGone(context, resource, pod, deadline);
  context.out(`pod/${name} ${direct ? 'deleted' : 'evicted'}\n`);
}

async function askToGo(context: Context, resource: ApiResource, pod: Obj, direct: boolean): Promise<void> {
  const [name, namespace] = [nameOf(pod), namespaceOf(pod)];
  const grace = context.flags.int('grace-period');
  const options = { ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}) };
  const query = { dryRun: dryRunQuery(dryRunOf(context)) };
  if (direct) {
    await context.server.json('DELETE', pathTo(resource, namespace, name), {
      query,
      body: { kind: 'DeleteOptions', apiVersion: 'v1', ...options },
    });
    return;
  }
  const body = { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name, namespace }, deleteOptions: options };
  await context.server.json('POST', pathTo(resource, namespace, name, 'eviction'), { query, body });
}

async function sleepUntil(
  context: Context,
  delay: number,
  deadline: number | undefined,
  tooLate: () => Error,
): Promise<void> {
  if (deadline === undefined || context.io.now() + delay < deadline) return context.io.sleep(delay);
  await context.io.sleep(Math.max(1, deadline - context.io.now()));
  throw tooLate();
}

async function waitGone(
  context: Context,
  resource: ApiResource,
  pod: Obj,
  deadline: number | undefined,
): Promise<void> {
  const [name, namespace, uid] = [nameOf(pod), namespaceOf(pod), str(pod, 'metadata', 'uid')];
  const tooLate = (): CliError =>
    new CliError(
      `error when waiting for pod ${goQuote(name)} in namespace ${goQuote(namespace)} to terminate: global timeout reached: ${formatDuration(context.flags.duration('timeout'))}`,
    );
  if (dryRunOf(context) === 'server') return;
  for (;;) {
    try {
      const found = await context.server.json('GET', pathTo(resource, namespace, name));
      if (str(found, 'metadata', 'uid') !== uid) return;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return;
      throw new CliError(
        `error when waiting for pod ${goQuote(name)} in namespace ${goQuote(namespace)} to terminate: ${asError(error).message}`,
      );
    }
    await sleepUntil(context, POLL, deadline, tooLate);
  }
}
