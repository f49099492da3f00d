import { diffPatch, isBeingDeleted, isEmptyPatch } from '../apply-object.ts';
import { deepEqual } from '../../../lib/json.ts';
import { compareStrings } from '../../../lib/order.ts';
import { formatMicroTime } from '../../../lib/time.ts';
import type { Command, Context } from '../command.ts';
import { fieldManagerFlag, FILE_FLAGS, SELECTOR_FLAG } from '../common-flags.ts';
import { pathTo } from '../discovery.ts';
import { asError, CliError, ExitError, hasReason, usageError } from '../errors.ts';
import { logLine } from '../klog.ts';
import { nameOf, record, str, withoutManagedFields } from '../object.ts';
import { filesGiven, select } from '../selection.ts';
import type { Target } from '../selection.ts';
import type { Obj } from '../server.ts';
import { emitYaml } from '../../text/yaml-emit.ts';
import { unifiedDiff } from '../../text/unified-diff.ts';
import { allowedKinds, PRUNE_FLAGS, toPrune } from './apply/prune.ts';

export const diff: Command = {
  name: 'diff',
  group: 'Advanced Commands',
  short: 'Diff the live version against a would-be applied version',
  usage: '-f FILENAME',
  examples: ['kubectl diff -f ./web.yaml'],
  flags: [
    ...FILE_FLAGS,
    ...PRUNE_FLAGS,
    SELECTOR_FLAG,
    fieldManagerFlag('kubectl-client-side-apply'),
    { name: 'server-side', type: 'bool', fallback: 'false', usage: 'Let the server merge, by field ownership.' },
    {
      name: 'force-conflicts',
      type: 'bool',
      fallback: 'false',
      usage: 'Take over fields that others own (with --server-side).',
    },
    { name: 'show-managed-fields', type: 'bool', fallback: 'false', usage: 'Keep managedFields in what is compared.' },
    { name: 'concurrency', type: 'int', fallback: '1', usage: 'How many objects to ask for at once.' },
  ],
  // 1 says that there are differences, whatever goes wrong is more.
  failure: 2,
  async run(context) {
    await differences(context);
  },
};

/** Two forms of an object, as files; absent: there is no such object. */
interface Pair {
  readonly name: string;
  readonly live: Obj | undefined;
  readonly merged: Obj | undefined;
}

async function differences(context: Context): Promise<void> {
  const { flags } = context;
  if (!filesGiven(context)) throw new CliError('must specify one of -f and -k');
  if (flags.bool('force-conflicts') && !flags.bool('server-side'))
    throw new CliError('--force-conflicts only works with --server-side');
  const allowed = flags.bool('prune') ? await allowedKinds(context) : [];
  if (context.args.length > 0) throw usageError(context.path, `Unexpected args: [${context.args.join(' ')}]`);
  const targets = await select(context, { files: true });
  const pairs: Pair[] = [];
  for (const target of targets) {
    if (target.fault !== undefined) throw target.fault;
    const { group, version, kind } = target.resource;
    const [live, merged] = await versions(context, target);
    pairs.push({ name: fileName(group, version, kind, target.namespace, target.name), live, merged });
    if (live !== undefined && isBeingDeleted(live))
      context.server.warn(`Detected changes to resource ${target.name} which is currently being deleted.`);
  }
  if (flags.bool('prune')) {
    const namespaces = new Set(targets.map(({ namespace }) => namespace).filter((each) => each !== ''));
    const kept = pairs.flatMap(({ live }) => (live === undefined ? [] : [live]));
    const gone = await toPrune(context, allowed, kept, [...namespaces]).catch((error: unknown) => {
      logLine(
        context.io,
        'W',
        'diff.go:758',
        `pruning failed and could not be evaluated err: ${asError(error).message}`,
      );
      return [];
    });
    for (const { resource, namespace, object } of gone)
      pairs.push({
        name: fileName(resource.group, resource.version, resource.kind, namespace, nameOf(object)),
        live: object,
        merged: undefined,
      });
  }
  show(context, pairs);
}

function fileName(group: string, ...rest: readonly string[]): string {
  return `${group === '' ? '' : `${group}.`}${rest.join('.')}`;
}

/** Upstream writes both forms to folders of their own, named at random, and calls diff, which tells when they were written. */
function show(context: Context, pairs: readonly Pair[]): void {
  const now = context.io.now();
  const mark = now % 0xffffffff;
  const written = `${formatMicroTime(now).replace('T', ' ').replace('Z', '000')} +0000`;
  let differs = false;
  for (const pair of [...pairs].sort((a, b) => compareStrings(a.name, b.name))) {
    const [from, to] = textsOf(context, pair);
    if (from === to) continue;
    differs = true;
    const [before, after] = [`/tmp/LIVE-${mark}/${pair.name}`, `/tmp/MERGED-${mark + 1}/${pair.name}`];
    context.out(
      `diff -u -N ${before} ${after}\n${unifiedDiff(`${before}\t${written}`, `${after}\t${written}`, from, to)}`,
    );
  }
  if (differs) throw new ExitError(1);
}

function textsOf({ flags }: Context, { live, merged }: Pair): [string, string] {
  const secret = str(merged, 'kind') === 'Secret' && str(merged, 'apiVersion') === 'v1';
  const [from, to] = secret ? masked(live, merged) : [live, merged];
  const text = (object: Obj | undefined): string =>
    object === undefined ? '' : emitYaml(flags.bool('show-managed-fields') ? object : withoutManagedFields(object));
  // Where upstream masks what is not there, it writes a null.
  return [secret && live === undefined ? 'null\n' : text(from), text(to)];
}

/** Secrets are not shown: only whether they change. Models diff.Masker. */
function masked(live: Obj | undefined, merged: Obj | undefined): [Obj | undefined, Obj | undefined] {
  const [before, after] = [record(live, 'data'), record(merged, 'data')];
  const mask = (own: Obj, other: Obj, change: string): Obj =>
    Object.fromEntries(
      Object.keys(own).map((key) => [
        key,
        other[key] === undefined || deepEqual(own[key], other[key]) ? '***' : `*** (${change})`,
      ]),
    );
  const shown = (object: Obj | undefined, data: Obj): Obj | undefined =>
    object?.['data'] === undefined ? object : { ...object, data };
  return [shown(live, mask(before, after, 'before')), shown(merged, mask(after, before, 'after'))];
}

/** What is live, and what the server would make of an apply. */
async function versions(context: Context, target: Target): Promise<[Obj | undefined, Obj]> {
  const { flags, server } = context;
  const path = pathTo(target.resource, target.namespace, target.name);
  const object = target.object ?? {};
  const live = await server.json('GET', path).catch((error: unknown) => {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  });
  const manager = flags.string('field-manager');
  if (flags.bool('server-side')) {
    const fieldManager = flags.changed('field-manager') ? manager : 'kubectl';
    const query = { dryRun: 'All', fieldManager, force: String(flags.bool('force-conflicts')) };
    const contentType = 'application/apply-patch+yaml';
    return [live, await server.json('PATCH', path, { query, body: object, contentType })];
  }
  const query = { dryRun: 'All', fieldManager: manager };
  if (live === undefined)
    return [undefined, await server.json('POST', pathTo(target.resource, target.namespace), { query, body: object })];
  const { patch, contentType } = diffPatch(target.resource, object, live);
  if (isEmptyPatch(patch)) return [live, live];
  return [live, await server.json('PATCH', path, { query, body: patch, contentType })];
}
