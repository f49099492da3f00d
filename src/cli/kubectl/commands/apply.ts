import { applyPatch, isBeingDeleted, isEmptyPatch, LAST_APPLIED, withLastApplied } from '../apply-object.ts';
import type { Command, Context } from '../command.ts';
import { ALL_FLAG, fieldManagerFlag, FILE_FLAGS, SELECTOR_FLAG } from '../common-flags.ts';
import { pathTo } from '../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, fieldValidationOf, operationText, VALIDATE_FLAG } from '../dry-run.ts';
import type { DryRun } from '../dry-run.ts';
import { addSource, asError, CliError, hasReason, StatusError, usageError } from '../errors.ts';
import { annotationsOf } from '../object.ts';
import { nameLine, objectPrinter, OBJECT_FORMATS, OUTPUT_FLAGS } from '../output.ts';
import { fileTargets, throwAll } from '../selection.ts';
import type { Target } from '../selection.ts';
import type { Obj } from '../server.ts';
import { editLastApplied, setLastApplied, viewLastApplied } from './apply/last-applied.ts';
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
  if (context.flags.list('filename').length === 0) throw new CliError('must specify one of -f and -k');
  const dryRun = dryRunOf(context);
  const serverSide = context.flags.bool('server-side');
  if (context.flags.bool('force-conflicts') && !serverSide)
    throw new CliError('--force-conflicts only works with --server-side');
  if (dryRun === 'client' && serverSide)
    throw new CliError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  fieldValidationOf(context);
  const errors: Error[] = [];
  const targets = await fileTargets(context, context.flags.list('filename'), errors);
  if (targets.length === 0 && errors.length === 0) throw new CliError('no objects passed to apply');
  const show = printResults(context, targets.length);
  for (const target of targets) {
    try {
      const result = serverSide
        ? await applyServerSide(context, target, dryRun)
        : await applyOne(context, target, dryRun);
      show.add(result.object, result.operation, dryRun);
    } catch (error) {
      errors.push(asError(error));
    }
  }
  show.end();
  throwAll(errors);
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

async function applyServerSide(context: Context, target: Target, dryRun: DryRun): Promise<Applied> {
  const manager = context.flags.changed('field-manager') ? context.flags.string('field-manager') : 'kubectl';
  const query = {
    dryRun: dryRunQuery(dryRun),
    fieldManager: manager,
    fieldValidation: fieldValidationOf(context),
    force: context.flags.bool('force-conflicts') ? 'true' : 'false',
  };
  const path = pathTo(target.resource, target.namespace, target.name);
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
