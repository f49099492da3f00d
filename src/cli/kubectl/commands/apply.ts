import { applyPatch, isBeingDeleted, isEmptyPatch, LAST_APPLIED, withLastApplied } from '../apply-object.ts';
import type { Command, Context } from '../command.ts';
import { ALL_FLAG, CASCADE_FLAG, fieldManagerFlag, FILE_FLAGS, SELECTOR_FLAG } from '../common-flags.ts';
import { deleteOptions, propagationOf } from '../deletion.ts';
import { pathTo } from '../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, fieldValidationOf, operationText, VALIDATE_FLAG } from '../dry-run.ts';
import type { DryRun } from '../dry-run.ts';
import { addSource, asError, CliError, hasReason, StatusError, usageError } from '../errors.ts';
import { annotationsOf, str, withValue } from '../object.ts';
import { nameLine, objectPrinter, OBJECT_FORMATS, OUTPUT_FLAGS, reporter } from '../output.ts';
import { filesGiven, fileTargets, throwAll } from '../selection.ts';
import type { Target } from '../selection.ts';
import type { Obj } from '../server.ts';
import { allowedKinds, prune, PRUNE_FLAGS } from './apply/prune.ts';
import { editLastApplied, setLastApplied, viewLastApplied } from './apply/last-applied.ts';
import { FOREVER, waitFor } from '../wait-for.ts';
import { SECOND } from '../../../lib/time.ts';

const MAX_PATCH_RETRY = 5;

export const apply: Command = {
  name: 'apply',
  group: 'Advanced Commands',
  short: 'Apply a configuration to a resource by file name or stdin',
  usage: '(-f FILENAME | -k DIRECTORY)',
  examples: ['kubectl apply -f ./web.yaml', 'cat web.yaml | kubectl apply -f -'],
  flags: [
    ...FILE_FLAGS,
    ...OUTPUT_FLAGS,
    SELECTOR_FLAG,
    ALL_FLAG,
    CASCADE_FLAG,
    ...PRUNE_FLAGS,
    { name: 'subresource', type: 'string', usage: 'Sub-resource to apply to (with --server-side).' },
    DRY_RUN_FLAG,
    VALIDATE_FLAG,
    fieldManagerFlag('kubectl-client-side-apply'),
    { name: 'server-side', type: 'bool', fallback: 'false', usage: 'Let the server merge, by field ownership.' },
    {
      name: 'force-conflicts',
      type: 'bool',
      fallback: 'false',
      usage: 'Take over fields that others own (with --server-side).',
    },
    { name: 'force', type: 'bool', fallback: 'false', usage: 'Delete and create anew what cannot be patched.' },
    {
      name: 'overwrite',
      type: 'bool',
      fallback: 'true',
      usage: 'Let the given values win over changes made meanwhile.',
    },
    { name: 'wait', type: 'bool', fallback: 'false', usage: 'Wait for deletions to finish.' },
    { name: 'grace-period', type: 'int', fallback: '-1', usage: 'Seconds that a deleted object is given.' },
    { name: 'timeout', type: 'duration', fallback: '0s', usage: 'How long to wait for a deletion.' },
    { name: 'openapi-patch', type: 'bool', fallback: 'true', usage: 'Use the schema of the server to make patches.' },
  ],
  subcommands: [editLastApplied, setLastApplied, viewLastApplied],
  run: runApply,
};

async function runApply(context: Context): Promise<void> {
  if (context.args.length > 0) throw usageError(context.path, `Unexpected args: [${context.args.join(' ')}]`);
  const [dryRun, serverSide] = [dryRunOf(context), context.flags.bool('server-side')];
  checkFlags(context, dryRun);
  const pruning = context.flags.bool('prune');
  const allowed = pruning ? await allowedKinds(context) : [];
  checkPrune(context);
  const errors: Error[] = [];
  const targets = await fileTargets(context, errors);
  if (targets.length === 0 && errors.length === 0) throw new CliError('no objects passed to apply');
  const show = printResults(context, targets.length);
  const applied: Obj[] = [];
  for (const target of targets) {
    try {
      const generated = str(target.object ?? {}, 'metadata', 'generateName');
      if (target.name === '' && generated !== '')
        throw new CliError(`from ${generated}: cannot use generate name with apply`);
      const result = serverSide
        ? await applyServerSide(context, target, dryRun)
        : await applyOne(context, target, dryRun);
      applied.push(result.object);
      show.add(result.object, result.operation, dryRun);
    } catch (error) {
      errors.push(asError(error));
    }
  }
  show.end();
  throwAll(errors);
  if (!pruning) return;
  const namespaces = new Set(targets.map(({ namespace }) => namespace).filter((each) => each !== ''));
  if (context.namespaceGiven) namespaces.add(context.namespace);
  await prune(context, allowed, applied, [...namespaces], (object) => {
    const report = reporter(context, operationText('pruned', dryRun));
    report.print(object);
    report.flush();
  });
}

function checkFlags(context: Context, dryRun: DryRun): void {
  const { flags } = context;
  const [serverSide, force] = [flags.bool('server-side'), flags.bool('force')];
  if (flags.bool('force-conflicts') && !serverSide)
    throw new CliError('--force-conflicts only works with --server-side');
  if (dryRun === 'client' && serverSide)
    throw new CliError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  propagationOf(flags.string('cascade'));
  if (!filesGiven(context)) throw new CliError('must specify one of -f and -k');
  if (serverSide && force) throw new CliError('--force cannot be used with --server-side');
  if (dryRun === 'server' && force) throw new CliError('--dry-run=server cannot be used with --force');
  if (flags.string('subresource') !== '' && !serverSide)
    throw new CliError('--subresource can only be specified for --server-side');
  fieldValidationOf(context);
}

function checkPrune({ flags }: Context): void {
  const [all, selector] = [flags.bool('all'), flags.string('selector')];
  if (all && selector !== '') throw new CliError('cannot set --all and --selector at the same time');
  if (flags.bool('prune') && !all && selector === '')
    throw new CliError(
      'all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector',
    );
}

interface Applied {
  readonly object: Obj;
  readonly operation: string;
}

async function applyOne(context: Context, target: Target, dryRun: DryRun): Promise<Applied> {
  const given = target.object ?? {};
  const live = await readLive(context, target);
  if (live === undefined) return { object: await createOne(context, target, dryRun), operation: 'created' };
  if (annotationsOf(live)[LAST_APPLIED] === undefined) {
    context.server.warn(
      `resource ${target.resource.plural}/${target.name} is missing the ${LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.`,
    );
  }
  if (dryRun === 'client') {
    const patch = applyPatch(target.resource, given, live);
    return {
      object: isEmptyPatch(patch.patch) ? live : withLastApplied(given),
      operation: isEmptyPatch(patch.patch) ? 'unchanged' : 'configured',
    };
  }
  return patchOne(context, target, live, dryRun);
}

async function readLive(context: Context, target: Target): Promise<Obj | undefined> {
  const { resource, namespace, name } = target;
  const retrieving = (error: Error): Error =>
    retrievingError(
      error,
      `error when retrieving current configuration of:\n${described(target)}\nfrom server for: "${target.source}": `,
    );
  if (name === '') throw retrieving(new CliError('resource name may not be empty'));
  try {
    return await context.server.json('GET', pathTo(resource, namespace, name));
  } catch (error) {
    if (hasReason(error, 'NotFound')) return undefined;
    throw retrieving(asError(error));
  }
}

/** Models resource.Info's String. */
function described({ resource, namespace, name }: Target): string {
  const gvr = `${resource.group}/${resource.version}, Resource=${resource.plural}`;
  const gvk = `${resource.group}/${resource.version}, Kind=${resource.kind}`;
  return `Resource: "${gvr}", GroupVersionKind: "${gvk}"\nName: "${name}", Namespace: "${namespace}"`;
}

function retrievingError(error: Error, prefix: string): Error {
  if (error instanceof StatusError) return new StatusError({ ...error.status, message: prefix + error.message });
  return error instanceof CliError ? new CliError(prefix + error.message) : error;
}

async function createOne(context: Context, target: Target, dryRun: DryRun): Promise<Obj> {
  const body = withLastApplied(target.object ?? {});
  if (dryRun === 'client') return body;
  const query = {
    dryRun: dryRunQuery(dryRun),
    fieldManager: context.flags.string('field-manager'),
    fieldValidation: fieldValidationOf(context),
  };
  try {
    return await context.server.json('POST', pathTo(target.resource, target.namespace), { query, body });
  } catch (error) {
    throw addSource('creating', target.source, asError(error));
  }
}

/** Patches until no one else has changed the object in between; the last tries wait a second. Models apply/patcher.go. */
async function patchOne(context: Context, target: Target, first: Obj, dryRun: DryRun): Promise<Applied> {
  const { resource, namespace, name } = target;
  let live = first;
  for (let attempt = 1; ; attempt++) {
    const { contentType, patch } = applyPatch(resource, target.object ?? {}, live);
    if (isEmptyPatch(patch)) return { object: live, operation: 'unchanged' };
    const query = {
      dryRun: dryRunQuery(dryRun),
      fieldManager: context.flags.string('field-manager'),
      fieldValidation: fieldValidationOf(context),
    };
    try {
      const object = await context.server.json('PATCH', pathTo(resource, namespace, name), {
        query,
        body: patch,
        contentType,
      });
      if (isBeingDeleted(live))
        context.server.warn(`Detected changes to resource ${name} which is currently being deleted.`);
      return { object, operation: 'configured' };
    } catch (error) {
      if (context.flags.bool('force') && (hasReason(error, 'Conflict') || hasReason(error, 'Invalid')))
        return { object: await deleteAndCreate(context, target, live), operation: 'configured' };
      if (!hasReason(error, 'Conflict') || attempt >= MAX_PATCH_RETRY) {
        throw addSource(
          `applying patch:\n${JSON.stringify(patch)}\nto:\n${described(target)}\nfor:`,
          target.source,
          asError(error),
        );
      }
      if (attempt > 1) await context.io.sleep(SECOND);
      live = (await readLive(context, target)) ?? live;
    }
  }
}

/** With --force, what cannot be patched is made anew; if that fails, the old object comes back. */
async function deleteAndCreate(context: Context, target: Target, live: Obj): Promise<Obj> {
  const { flags, server } = context;
  const path = pathTo(target.resource, target.namespace, target.name);
  const body = deleteOptions(propagationOf(flags.string('cascade')), Math.max(0, flags.int('grace-period')));
  await server.json('DELETE', path, { body });
  await waitFor(context, target, flags.duration('timeout') || FOREVER, (object) =>
    object === undefined ? 'met' : 'not yet',
  );
  try {
    return await createOne(context, target, 'none');
  } catch (error) {
    const old = withValue(withValue(live, ['metadata', 'resourceVersion'], undefined), ['metadata', 'uid'], undefined);
    await server.json('POST', pathTo(target.resource, target.namespace), { body: old }).catch((second: unknown) => {
      throw new CliError(
        `An error occurred force-replacing the existing object with the newly provided one:\n\n${asError(error).message}.\n\nAdditionally, an error occurred attempting to restore the original object:\n\n${asError(second).message}`,
      );
    });
    throw error;
  }
}

async function applyServerSide(context: Context, target: Target, dryRun: DryRun): Promise<Applied> {
  const manager = context.flags.changed('field-manager') ? context.flags.string('field-manager') : 'kubectl';
  const query = {
    dryRun: dryRunQuery(dryRun),
    fieldManager: manager,
    fieldValidation: fieldValidationOf(context),
    force: context.flags.bool('force-conflicts') ? 'true' : 'false',
  };
  const path = pathTo(target.resource, target.namespace, target.name, context.flags.string('subresource'));
  const request = { query, body: target.object ?? {}, contentType: 'application/apply-patch+yaml' };
  try {
    return { object: await context.server.json('PATCH', path, request), operation: 'serverside-applied' };
  } catch (error) {
    throw hasReason(error, 'Conflict') ? new CliError(`${error.message}\n${CONFLICT_HELP}`) : error;
  }
}

/** Models apply.go's warning. */
const CONFLICT_HELP = `Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;

/** One line per object as it is done; with `-o`, all at the end, as a List if there are several. */
function printResults(
  context: Context,
  count: number,
): { add(object: Obj, operation: string, dryRun: DryRun): void; end(): void } {
  const printer = objectPrinter(context, OBJECT_FORMATS);
  const objects: Obj[] = [];
  return {
    add(object, operation, dryRun) {
      if (printer === undefined) context.out(`${nameLine(object)} ${operationText(operation, dryRun)}\n`);
      else if (context.flags.string('output') === 'name') printer.print(object);
      else objects.push(object);
    },
    end() {
      const [only] = objects;
      if (printer === undefined || only === undefined) return;
      printer.print(
        objects.length === 1 && count === 1 ? only : { apiVersion: 'v1', items: objects, kind: 'List', metadata: {} },
      );
      printer.flush();
    },
  };
}
