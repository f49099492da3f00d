import type { Context } from './command.ts';
import { fieldManagerFlag } from './common-flags.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, fieldValidationOf, operationText, VALIDATE_FLAG } from './dry-run.ts';
import { asError, CliError, StatusError, usageError } from './errors.ts';
import type { FlagSpec } from './flags.ts';
import { withLastAppliedAsMade } from './apply-object.ts';
import { OUTPUT_FLAGS, reporter } from './output.ts';
import { pathTo, resourceName } from './discovery.ts';
import type { ApiResource } from './discovery.ts';
import { splitApiVersion, str, withValue } from './object.ts';
import type { Obj } from './server.ts';

/** Flags of the commands that make an object from their arguments. */
export function generatorFlags(manager: string): readonly FlagSpec[] {
  return [
    ...OUTPUT_FLAGS,
    DRY_RUN_FLAG,
    VALIDATE_FLAG,
    fieldManagerFlag(manager),
    {
      name: 'save-config',
      type: 'bool',
      fallback: 'false',
      usage: 'Record the object in its annotation, for a later apply.',
    },
  ];
}

export function oneName(context: Context): string {
  const [name] = context.args;
  if (name === undefined || context.args.length > 1)
    throw usageError(context.path, `exactly one NAME is required, got ${context.args.length}`);
  return name;
}

/** The name where a command may follow behind `--`. */
export function oneNameBeforeDash(context: Context): string {
  const before = context.flags.dash < 0 ? context.args.length : context.flags.dash;
  if (before !== 1) throw usageError(context.path, `exactly one NAME is required, got ${before}`);
  return context.args[0] ?? '';
}

/** Kinds of generated objects that belong to no namespace. */
const CLUSTER_WIDE = ['ClusterRole', 'ClusterRoleBinding', 'Namespace', 'PriorityClass'];

/** The resource of a generated object. Like upstream's typed clients it is known here: the server need not serve it. */
function resourceFor(object: Obj): ApiResource {
  const kind = str(object, 'kind');
  const singular = kind.toLowerCase();
  return {
    ...splitApiVersion(str(object, 'apiVersion')),
    kind,
    plural: singular.endsWith('s') ? `${singular}es` : `${singular}s`,
    singular,
    namespaced: !CLUSTER_WIDE.includes(kind),
    shortNames: [],
    categories: [],
    verbs: ['create'],
    preferred: true,
    subresources: [],
  };
}

/** Creates a made object, or only shows it. `what` names the kind in a failure's message. */
export async function createGenerated(context: Context, object: Obj, what: string): Promise<void> {
  const dryRun = dryRunOf(context);
  const fieldValidation = fieldValidationOf(context);
  const report = reporter(context, operationText('created', dryRun), false);
  const resource = resourceFor(object);
  const explicit = resource.namespaced && context.namespaceGiven ? withNamespace(object, context.namespace) : object;
  const complete = context.flags.bool('save-config') ? withLastAppliedAsMade(explicit) : explicit;
  if (dryRun === 'client') {
    report.print(complete);
    return report.flush();
  }
  const query = { dryRun: dryRunQuery(dryRun), fieldManager: context.flags.string('field-manager'), fieldValidation };
  const path = pathTo(resource, resource.namespaced ? context.namespace : '');
  try {
    report.print(await context.server.json('POST', path, { query, body: complete, about: resourceName(resource) }));
  } catch (error) {
    throw generatorError(asError(error), what);
  }
  report.flush();
}

/** What create's generators say: a plain sentence, save where the server's answer is shown as it is. */
function generatorError(error: Error, what: string): Error {
  if (what === '' || !(error instanceof StatusError)) return error;
  return new CliError(`failed to create ${what}: ${error.message}`);
}

/** Keeps the name first and the namespace behind it, as a struct's fields come. */
function withNamespace(object: Obj, namespace: string): Obj {
  const { metadata } = object as { readonly metadata?: Obj };
  if (metadata === undefined) return withValue(object, ['metadata', 'namespace'], namespace);
  const { name, ...rest } = metadata;
  return { ...object, metadata: { ...(name === undefined ? {} : { name }), namespace, ...rest } };
}
