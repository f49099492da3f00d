import type { Context } from './command.ts';
import { fieldManagerFlag } from './common-flags.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, fieldValidationOf, operationText, VALIDATE_FLAG } from './dry-run.ts';
import { asError, CliError, StatusError, usageError } from './errors.ts';
import type { FlagSpec } from './flags.ts';
import { withLastApplied } from './apply-object.ts';
import { OUTPUT_FLAGS, reporter } from './output.ts';
import { discoveryOf } from './selection.ts';
import { noKindMatch, pathTo } from './discovery.ts';
import { nameOf, str, withValue } from './object.ts';
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

/** Creates a made object, or only shows it. `what` names the kind in a failure's message. */
export async function createGenerated(context: Context, object: Obj, what: string): Promise<void> {
  const dryRun = dryRunOf(context);
  const fieldValidation = fieldValidationOf(context);
  const report = reporter(context, operationText('created', dryRun), false);
  const resource = await discoveryOf(context).findKind(str(object, 'apiVersion'), str(object, 'kind'));
  const namespaced = resource?.namespaced !== false;
  const explicit = namespaced && context.namespaceGiven ? withNamespace(object, context.namespace) : object;
  const complete = context.flags.bool('save-config') ? withLastApplied(explicit) : explicit;
  if (dryRun === 'client') {
    report.print(complete);
    return report.flush();
  }
  if (resource === undefined) throw noKindMatch(nameOf(object), '', '', str(object, 'apiVersion'), str(object, 'kind'));
  const query = { dryRun: dryRunQuery(dryRun), fieldManager: context.flags.string('field-manager'), fieldValidation };
  try {
    report.print(
      await context.server.json('POST', pathTo(resource, namespaced ? context.namespace : ''), {
        query,
        body: complete,
      }),
    );
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
