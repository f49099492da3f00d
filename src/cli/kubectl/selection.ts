import { matchesLabels, parseSelector } from '../../api/selector.ts';
import { SELECTOR_FLAG } from './common-flags.ts';
import { CliError, PlainError, AggregateCliError, asError, StatusError, usageError } from './errors.ts';
import type { Context } from './command.ts';
import { Discovery, noKindMatch, pathTo } from './discovery.ts';
import type { ApiResource } from './discovery.ts';
import type { ParsedFlags } from './flags.ts';
import { buildKustomization } from './kustomize/build.ts';
import { checkDocument, flatten, readManifests } from './manifest.ts';
import type { Document } from './manifest.ts';
import { namedObject } from './named-object.ts';
import { labelsOf, list, nameOf, namespaceOf, str, withValue } from './object.ts';
import type { Obj } from './server.ts';
import { goQuote } from '../text/go-quote.ts';

/** Which objects a command is about, before any is fetched. Models cli-runtime/pkg/resource.Builder. */
export interface Target {
  readonly resource: ApiResource;
  /** '' for resources without one, and for all namespaces. */
  readonly namespace: string;
  /** '' = every object (that the selectors let through). */
  readonly name: string;
  /** From a manifest: the object given there. */
  readonly object?: Obj;
  /** The same before a namespace was filled in. */
  readonly given?: Obj;
  /** `STDIN`, a path, or '' when named by argument. */
  readonly source: string;
  /** Why it stands for nothing: whoever asks for the object gets this. */
  readonly fault?: Error;
}

export interface SelectionOptions {
  readonly files?: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly all?: boolean;
  /** A type without a name, a selector or --all is a mistake. */
  readonly requireName?: boolean;
  /** A type alone stands for all its objects. */
  readonly defaultToAll?: boolean;
  readonly allNamespaces?: boolean;
  /** Arguments that name objects; the rest belong to the command. */
  readonly args?: readonly string[];
  /** Used when only names are given, as `kubectl cordon NODE`. */
  readonly defaultType?: string;
  /** The command knows its kinds by itself, and reads no others. */
  readonly typed?: boolean;
  /** Nothing is done where something cannot be had. */
  readonly whole?: boolean;
  /** What a manifest says is what the command is about, whatever the server has. */
  readonly asGiven?: boolean;
}

export const NOTHING_GIVEN = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

export function discoveryOf(context: Context): Discovery {
  return new Discovery(context.server);
}

export async function select(context: Context, options: SelectionOptions): Promise<Target[]> {
  const args = options.args ?? context.args;
  if (options.files === true && filesGiven(context)) {
    if (args.length > 0)
      throw new CliError(
        'when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well',
      );
    return documentTargets(context, options.typed);
  }
  if (args.length === 0) throw new CliError(NOTHING_GIVEN);
  return argTargets(context, args, options);
}

/** Objects come from `-f` or `-k`. */
export function filesGiven({ flags }: Context): boolean {
  return flags.list('filename').length > 0 || kustomizationOf(flags) !== '';
}

function kustomizationOf(flags: ParsedFlags): string {
  return flags.has('kustomize') ? flags.string('kustomize') : '';
}

/** The documents that `-f` and `-k` name. */
export async function givenDocuments({ flags, io }: Context): Promise<Document[]> {
  const recursive = flags.has('recursive') && flags.bool('recursive');
  const [paths, directory] = [flags.list('filename'), kustomizationOf(flags)];
  if (directory === '') return readManifests(io, paths, recursive);
  throwAll([
    ...(paths.length > 0 ? [new CliError('only one of -f or -k can be specified')] : []),
    ...(recursive ? [new CliError("the -k flag can't be used with -f or -R")] : []),
  ]);
  return buildKustomization(io, directory).map((value) => ({ source: directory, value }));
}

/**
 * The objects of the given manifests, mapped to resources and namespaces. What is wrong with the others is added to `errors`;
 * without that it is thrown.
 */
export async function fileTargets(context: Context, errors?: Error[]): Promise<Target[]> {
  const targets = await documentTargets(context);
  const faults = targets.flatMap(({ fault }) => fault ?? []);
  const [first] = faults;
  if (errors === undefined && first !== undefined) throw first;
  errors?.push(...faults);
  return targets.filter(({ fault }) => fault === undefined);
}

/** What stands for a document that is no object the server knows. */
const NO_RESOURCE: ApiResource = {
  group: '',
  version: '',
  kind: '',
  plural: '',
  singular: '',
  shortNames: [],
  categories: [],
  namespaced: false,
  verbs: [],
  preferred: false,
  subresources: [],
};

async function documentTargets(context: Context, typed = false): Promise<Target[]> {
  const targets: Target[] = [];
  for (const { source, value } of await givenDocuments(context)) {
    try {
      for (const object of flatten(checkDocument({ source, value })))
        targets.push(await mapObject(context, object, source, typed));
    } catch (error) {
      if (error instanceof StatusError) throw error;
      targets.push({ resource: NO_RESOURCE, namespace: '', name: '', source, fault: asError(error) });
    }
  }
  return matching(context, targets);
}

export async function mapObject(context: Context, object: Obj, source: string, typed = false): Promise<Target> {
  const [apiVersion, kind] = [str(object, 'apiVersion'), str(object, 'kind')];
  const resource = await discoveryOf(context).findKind(apiVersion, kind);
  if (resource === undefined && typed)
    throw new CliError(
      `unable to decode ${goQuote(source)}: no kind ${goQuote(kind)} is registered for version ${goQuote(apiVersion)} in scheme "pkg/scheme/scheme.go:28"`,
    );
  if (resource === undefined) throw noKindMatch(nameOf(object), namespaceOf(object), source, apiVersion, kind);
  if (!resource.namespaced) return { resource, namespace: '', name: nameOf(object), object, given: object, source };
  const own = namespaceOf(object);
  if (own !== '' && context.namespaceGiven && own !== context.namespace) {
    throw new CliError(
      `the namespace from the provided object ${goQuote(own)} does not match the namespace ${goQuote(context.namespace)}. You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  const namespace = own === '' ? context.namespace : own;
  return {
    resource,
    namespace,
    name: nameOf(object),
    object: withValue(object, ['metadata', 'namespace'], namespace),
    given: object,
    source,
  };
}

/** Those of the given objects that `-l` lets through. */
function matching({ flags }: Context, targets: Target[]): Target[] {
  const selector = flags.spec('selector') === SELECTOR_FLAG ? flags.string('selector') : '';
  if (selector === '') return targets;
  const wanted = parseSelector(selector);
  return targets.filter(({ object, fault }) => fault !== undefined || matchesLabels(wanted, labelsOf(object ?? {})));
}

async function argTargets(context: Context, args: readonly string[], options: SelectionOptions): Promise<Target[]> {
  const selector = options.selector ?? '';
  const byName = args.some((arg) => arg.includes('/'));
  if (byName) {
    if (selector !== '') throw new CliError('name cannot be provided when a selector is specified');
    if (!args.every((arg) => arg.includes('/'))) {
      throw new CliError(
        "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
      );
    }
    return namedTargets(context, args, options);
  }
  const [types = '', ...names] = options.defaultType === undefined ? args : [options.defaultType, ...args];
  if (names.length > 0 && selector !== '') throw new CliError('name cannot be provided when a selector is specified');
  const resources = await resolveTypes(context, types);
  if (names.length > 0 && options.allNamespaces === true) {
    throw new CliError('a resource cannot be retrieved by name across all namespaces');
  }
  if (names.length > 0) {
    return resources.flatMap((resource) =>
      names.map((name) => ({ resource, namespace: namespaceFor(context, resource, false), name, source: '' })),
    );
  }
  const everything =
    options.all === true || options.defaultToAll === true || selector !== '' || (options.fieldSelector ?? '') !== '';
  if (!everything) throw new CliError('resource(s) were provided, but no name was specified');
  return resources.map((resource) => ({
    resource,
    namespace: namespaceFor(context, resource, options.allNamespaces === true),
    name: '',
    source: '',
  }));
}

async function namedTargets(context: Context, args: readonly string[], options: SelectionOptions): Promise<Target[]> {
  const targets: Target[] = [];
  for (const arg of args) {
    const parts = arg.split('/');
    if (parts.length !== 2) throw new CliError(`arguments in resource/name form may not have more than one slash`);
    const [type = '', name = ''] = parts;
    if (type === '' || name === '')
      throw new CliError('arguments in resource/name form must have a single resource and name');
    const resources = await resolveTypes(context, type);
    if (options.allNamespaces === true)
      throw new CliError('a resource cannot be retrieved by name across all namespaces');
    for (const resource of resources)
      targets.push({ resource, namespace: namespaceFor(context, resource, false), name, source: '' });
  }
  return targets;
}

function namespaceFor(context: Context, resource: ApiResource, all: boolean): string {
  return !resource.namespaced || all ? '' : context.namespace;
}

export async function resolveTypes(context: Context, types: string): Promise<ApiResource[]> {
  const discovery = discoveryOf(context);
  const resources: ApiResource[] = [];
  for (const type of types.split(',')) {
    const category = await discovery.inCategory(type.toLowerCase());
    for (const resource of category.length > 0 ? category : [await discovery.find(type)]) {
      if (!resources.some((each) => each.plural === resource.plural && each.group === resource.group))
        resources.push(resource);
    }
  }
  return resources;
}

/** Fetches what a target stands for: the object itself, or all that match. */
export async function fetchTarget(context: Context, target: Target, options: SelectionOptions = {}): Promise<Obj[]> {
  const { resource, namespace, name, fault } = target;
  if (fault !== undefined) throw fault;
  if (target.source === '' && name === '') {
    const answer = await context.server
      .json('GET', pathTo(resource, namespace), {
        query: { labelSelector: options.selector, fieldSelector: options.fieldSelector, limit: '500' },
      })
      .catch((error: unknown) => {
        throw selectorError(error, resource, options);
      });
    return listItems(context, answer, resource, namespace, options);
  }
  if (name === '') throw new CliError('resource name may not be empty');
  if (options.asGiven === true && target.object !== undefined) return [target.object];
  return [await namedObject(context.server, target)];
}

/** Every page of a list, with each item's own kind filled in. */
async function listItems(
  context: Context,
  first: Obj,
  resource: ApiResource,
  namespace: string,
  options: SelectionOptions,
): Promise<Obj[]> {
  const items: Obj[] = [];
  let page = first;
  for (;;) {
    const kind = str(page, 'kind').replace(/List$/, '');
    for (const item of list(page, 'items')) {
      items.push({
        ...item,
        apiVersion: str(item, 'apiVersion') || str(page, 'apiVersion'),
        kind: str(item, 'kind') || kind || resource.kind,
      });
    }
    const next = str(page, 'metadata', 'continue');
    if (next === '') return items;
    page = await context.server.json('GET', pathTo(resource, namespace), {
      query: { labelSelector: options.selector, fieldSelector: options.fieldSelector, limit: '500', continue: next },
    });
  }
}

/** A refused selector is told with the resource it was for. */
export function selectorError(error: unknown, resource: ApiResource, options: SelectionOptions): Error {
  if (!(error instanceof StatusError) || error.reason !== 'BadRequest') return asError(error);
  const gvr = `${resource.group}/${resource.version}, Resource=${resource.plural}`;
  return new StatusError({
    ...error.status,
    message: `Unable to find ${goQuote(gvr)} that match label selector ${goQuote(options.selector ?? '')}, field selector ${goQuote(options.fieldSelector ?? '')}: ${error.message}`,
  });
}

/** Runs `work` for each object of each target and throws what failed at the end. */
export async function visit(
  context: Context,
  targets: readonly Target[],
  options: SelectionOptions,
  work: (object: Obj, target: Target) => Promise<void>,
): Promise<number> {
  const [errors, faults]: [Error[], Error[]] = [[], []];
  const workOn = async (objects: readonly Obj[], target: Target): Promise<void> => {
    for (const object of objects) {
      const own = target.name === '' || target.source !== '' ? namespaceOf(object) : target.namespace;
      const one = { ...target, name: nameOf(object), namespace: target.resource.namespaced ? own : '' };
      await work(object, one).catch((error: unknown) => errors.push(asError(error)));
    }
  };
  const found: (readonly [objects: readonly Obj[], target: Target])[] = [];
  for (const target of targets) {
    try {
      const objects = await fetchTarget(context, target, options);
      found.push([objects, target]);
      if (options.whole !== true) await workOn(objects, target);
    } catch (error) {
      faults.push(asError(error));
    }
  }
  if (options.whole === true && faults.length === 0)
    for (const [objects, target] of found) await workOn(objects, target);
  throwAll([...errors, ...faults]);
  return found.reduce((sum, [objects]) => sum + objects.length, 0);
}

export function throwAll(errors: readonly Error[]): void {
  const [first] = errors;
  if (first === undefined) return;
  throw errors.length === 1 ? first : new AggregateCliError(errors);
}

export { PlainError, usageError };
