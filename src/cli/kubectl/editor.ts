import { createMergePatch } from '../../api/patch/merge-patch.ts';
import { createTwoWayPatch } from '../../api/patch/strategic-diff.ts';
import { hasType } from '../../api/schema.ts';
import { deepEqual } from '../../lib/json.ts';
import { compactJson, prettyJson } from '../text/go-json.ts';
import { goQuote } from '../text/go-quote.ts';
import { emitYaml } from '../text/yaml-emit.ts';
import { parseYaml } from '../text/yaml-parse.ts';
import { withLastApplied } from './apply-object.ts';
import type { Context } from './command.ts';
import { fieldManagerFlag, FILE_FLAGS } from './common-flags.ts';
import { pathTo, resourceName } from './discovery.ts';
import { fieldValidationOf, VALIDATE_FLAG } from './dry-run.ts';
import { asError, CliError, ExitError, StatusError } from './errors.ts';
import type { FlagSpec } from './flags.ts';
import { checkDocument, flatten, parseManifest } from './manifest.ts';
import { nameOf, namespaceOf, str, withoutManagedFields } from './object.ts';
import { goMap, objectPrinter, OUTPUT_FLAGS, reporter } from './output.ts';
import type { Target } from './selection.ts';
import type { Obj } from './server.ts';

export function editFlags(manager: string): readonly FlagSpec[] {
  return [
    ...FILE_FLAGS,
    ...OUTPUT_FLAGS,
    VALIDATE_FLAG,
    fieldManagerFlag(manager),
    { name: 'windows-line-endings', type: 'bool', fallback: 'false', usage: 'End lines as Windows does.' },
  ];
}

export interface Edited {
  readonly target: Target;
  /** As it is given to the editor. */
  readonly object: Obj;
}

/** What an editing session is for. */
export interface EditMode {
  readonly header: string;
  /** Nothing is there yet that could be edited again: a refusal is the end. */
  readonly once?: boolean;
  /** Sends an object that was changed, and reports it. */
  send(before: Edited, after: Obj): Promise<void>;
}

export const OBJECT_HEADER = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;

/** Opens the editor on these objects until what it saves is accepted, unchanged or empty. Models editor.EditOptions. */
export async function editSession(context: Context, edited: readonly Edited[], mode: EditMode): Promise<void> {
  objectPrinter(context, ['json', 'kyaml', 'yaml']);
  const json = context.flags.string('output') === 'json';
  const path = `/tmp/kubectl-edit-${1_000_000_000 + context.io.pick(3_000_000_000)}.${json ? 'json' : 'yaml'}`;
  const original = textOf(edited, json);
  let text = original;
  let reasons = '';
  let saved: string | undefined;
  for (;;) {
    const shown = `${json ? '' : mode.header + reasons}${text}`;
    const before = saved;
    const lines = context.flags.bool('windows-line-endings') ? shown.replaceAll('\n', '\r\n') : shown;
    saved = (await context.io.edit(path, lines)) ?? lines;
    if (before !== undefined && same(before, saved))
      throw preserved(context, path, saved, new CliError('Edit cancelled, no valid changes were saved.'));
    const objects = objectsIn(saved);
    if (objects instanceof Error) {
      const result = new Results();
      context.err(result.invalid(objects, edited[0]?.target));
      reasons = result.reasons;
      text = withoutComments(saved);
      continue;
    }
    if (same(original, saved)) return context.err('Edit cancelled, no changes made.\n');
    const result = new Results();
    try {
      await sendAll(context, edited, objects, mode, result);
    } catch (error) {
      throw preserved(context, path, saved, asError(error));
    }
    if (result.retry || result.gone) {
      context.io.files.write(path, saved);
      context.err(
        result.retry
          ? `You can run \`kubectl replace -f ${path}\` to try this update again.\n`
          : `The edits you made on deleted resources have been saved to ${goQuote(path)}\n`,
      );
      throw new ExitError(1);
    }
    if (result.reasons === '') return;
    reasons = result.reasons;
    text = withoutComments(saved);
  }
}

/** What went wrong with what was saved. */
class Results {
  reasons = '';
  retry = false;
  gone = false;

  add(title: string, more: readonly string[] = []): void {
    const comment = (text: string): string => text.replace(/\n(?!#)/g, '\n# ');
    const lines = more.map((each) => `# * ${comment(each)}\n`).join('');
    this.reasons += `# ${comment(title)}${more.length > 0 ? ':' : ''}\n${lines}#\n`;
  }

  /** The file is none of an object's. */
  invalid(error: Error, target: Target | undefined): string {
    const what = target === undefined ? '""' : `${resourceName(target.resource)} ${goQuote(target.name)}`;
    this.add(`${what} was not valid`, [`<nil>: Invalid value: "The edited file failed validation": ${error.message}`]);
    return `error: ${what} is invalid\n`;
  }

  /** Keeps the error, and gives what is said of it. */
  refused(error: Error, { resource, name }: Target): string {
    const what = `${resourceName(resource)} ${goQuote(name)}`;
    if (error instanceof StatusError && error.reason === 'Invalid') {
      const causes = error.status.details?.causes ?? [];
      this.add(
        `${what} was not valid`,
        causes.map(({ field, message }) => `${field ?? ''}: ${message ?? ''}`),
      );
      return `error: ${what} is invalid\n`;
    }
    if (error instanceof StatusError && error.reason === 'NotFound') {
      this.gone = true;
      return `error: ${what} could not be found on the server\n`;
    }
    this.retry = true;
    return `error: ${what} could not be patched: ${error.message}\n`;
  }
}

function textOf(edited: readonly Edited[], json: boolean): string {
  const objects = edited.map(({ object }) => withoutManagedFields(object));
  const [only] = objects;
  const whole =
    objects.length === 1 && only !== undefined
      ? only
      : { apiVersion: 'v1', items: objects, kind: 'List', metadata: {} };
  return json ? prettyJson(whole) : emitYaml(whole);
}

/** The same but for comments and spelling. */
function same(a: string, b: string): boolean {
  try {
    return deepEqual(parseYaml(a), parseYaml(b));
  } catch {
    return withoutComments(a) === withoutComments(b);
  }
}

function preserved(context: Context, path: string, text: string, error: Error): Error {
  context.io.files.write(path, text);
  context.err(`A copy of your changes has been stored to ${goQuote(path)}\n`);
  return error;
}

function withoutComments(text: string): string {
  return text.replaceAll('\r', '').replace(/^#.*\n?/gm, '');
}

/** What was saved, or what is wrong with it. */
function objectsIn(text: string): readonly Obj[] | Error {
  try {
    const documents = parseManifest('edited-file', text);
    if (documents.length === 0) return new CliError('error validating data: [apiVersion not set, kind not set]');
    return documents.flatMap((document) => flatten(checkDocument(document)));
  } catch (error) {
    return asError(error);
  }
}

async function sendAll(
  context: Context,
  edited: readonly Edited[],
  objects: readonly Obj[],
  mode: EditMode,
  result: Results,
): Promise<void> {
  for (const object of objects) {
    const uid = (each: Obj): string => str(each, 'metadata', 'uid');
    const alike = edited.filter((each) => uid(each.object) === uid(object));
    const before = alike.find(({ target }) => target.name === nameOf(object)) ?? alike[0];
    if (before === undefined)
      throw new CliError(`no original object found for &unstructured.Unstructured{Object:${goMap(object)}}`);
    const namespace = namespaceOf(object);
    if (namespace !== '' && before.target.resource.namespaced && namespace !== context.namespace)
      throw new CliError(
        `the namespace from the provided object ${goQuote(namespace)} does not match the namespace ${goQuote(context.namespace)}. You must pass '--namespace=${namespace}' to perform this operation.`,
      );
    const after = context.flags.bool('save-config') ? withLastApplied(object) : object;
    try {
      await mode.send(before, after);
    } catch (error) {
      if (!(error instanceof StatusError) || mode.once === true) throw error;
      context.err(result.refused(error, before.target));
    }
  }
}

/** What takes one form of an object to the other, in the way that its kind allows. */
export function editPatch({ target, object }: Edited, after: Obj): { patch: Obj; contentType: string } {
  const before = withoutManagedFields(object);
  const kept = (...path: string[]): boolean => str(before, ...path) === str(after, ...path);
  if (!kept('apiVersion') || !kept('kind') || !kept('metadata', 'name'))
    throw new CliError('At least one of apiVersion, kind and name was changed');
  return hasType(target.resource.kind)
    ? {
        patch: createTwoWayPatch(before, after, target.resource.kind) as Obj,
        contentType: 'application/strategic-merge-patch+json',
      }
    : { patch: createMergePatch(before, after) as Obj, contentType: 'application/merge-patch+json' };
}

/** Changes objects on the server: what `kubectl edit` is for. */
export function editingObjects(context: Context): EditMode {
  const { flags } = context;
  const query = { fieldManager: flags.string('field-manager'), fieldValidation: fieldValidationOf(context) };
  const say = (object: Obj, operation: string): void => {
    const report = reporter(context, operation);
    report.print(object);
    report.flush();
  };
  return {
    header: OBJECT_HEADER,
    async send(before, after) {
      const { resource, namespace, name } = before.target;
      if (deepEqual(withoutManagedFields(before.object), after)) return say(before.object, 'skipped');
      const { patch, contentType } = editPatch(before, after);
      if (flags.bool('output-patch')) context.out(`Patch: ${compactJson(patch)}\n`);
      const path = pathTo(resource, namespace, name, flags.string('subresource'));
      say(await context.server.json('PATCH', path, { query, body: patch, contentType }), 'edited');
    },
  };
}

/** Creates objects from what was made of them. */
export function editingNewObjects(context: Context): EditMode {
  const query = {
    fieldManager: context.flags.string('field-manager'),
    fieldValidation: fieldValidationOf(context),
  };
  return {
    header: OBJECT_HEADER,
    once: true,
    async send({ target }, after) {
      const path = pathTo(target.resource, namespaceOf(after) || target.namespace);
      const report = reporter(context, 'created');
      report.print(await context.server.json('POST', path, { query, body: after }));
      report.flush();
    },
  };
}
