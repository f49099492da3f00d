import { GET_FORMATS, objectPrinter, OUTPUT_FLAGS } from '../output.ts';
import type { Command, Context } from '../command.ts';
import { kindPrefix, pathTo } from '../discovery.ts';
import { asError, CliError, hasReason, usageError } from '../errors.ts';
import { FILE_FLAGS, SELECTOR_FLAGS, ALL_NAMESPACES_FLAG } from '../common-flags.ts';
import { explainMissing } from '../named-object.ts';
import { list, str } from '../object.ts';
import { filesGiven, select, selectorError, throwAll } from '../selection.ts';
import type { SelectionOptions, Target } from '../selection.ts';
import type { Obj } from '../server.ts';
import { TABLE_TYPE } from '../server.ts';
import { TablePrinter } from '../table.ts';
import type { TableOptions } from '../table.ts';
import { followWatch, resourceVersionOf } from '../watch-stream.ts';
import { plainTable } from '../plain-table.ts';
import { sortObjects, sortRows } from '../sort-by.ts';

export const get: Command = {
  name: 'get',
  group: 'Basic Commands (Intermediate)',
  short: 'Display one or many resources',
  usage:
    '[(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]',
  examples: [
    'kubectl get pods -o wide',
    'kubectl get deploy/web -o yaml',
    "kubectl get pods -l app=web -o jsonpath='{.items[*].status.podIP}'",
    'kubectl get pods -w',
  ],
  flags: [
    ...OUTPUT_FLAGS,
    ...FILE_FLAGS,
    ...SELECTOR_FLAGS,
    ALL_NAMESPACES_FLAG,
    { name: 'watch', short: 'w', type: 'bool', fallback: 'false', usage: 'List, then follow changes.' },
    { name: 'watch-only', type: 'bool', fallback: 'false', usage: 'Follow changes without listing first.' },
    {
      name: 'output-watch-events',
      type: 'bool',
      fallback: 'false',
      usage: 'Show what kind of change each line of a watch is.',
    },
    { name: 'sort-by', type: 'string', usage: 'JSONPath of the field to sort by.' },
    { name: 'show-labels', type: 'bool', fallback: 'false', usage: 'All labels as the last column.' },
    { name: 'show-kind', type: 'bool', fallback: 'false', usage: 'The kind in front of each name.' },
    { name: 'label-columns', short: 'L', type: 'slice', usage: 'Labels to show as columns.' },
    { name: 'no-headers', type: 'bool', fallback: 'false', usage: 'No headings.' },
    { name: 'ignore-not-found', type: 'bool', fallback: 'false', usage: 'Say nothing of what is not there.' },
    { name: 'chunk-size', type: 'int', fallback: '500', usage: 'Objects per request; 0 for all at once.' },
    { name: 'server-print', type: 'bool', fallback: 'true', usage: 'Let the server make the table.' },
    { name: 'raw', type: 'string', usage: 'Path to GET from the server as it is.' },
    { name: 'subresource', type: 'string', usage: 'Sub-resource to read: status or scale.' },
  ],
  run: runGet,
};

async function runGet(context: Context): Promise<void> {
  const raw = context.flags.string('raw');
  if (raw !== '') return getRaw(context, raw);
  const follows = context.flags.bool('watch') || context.flags.bool('watch-only');
  if (context.flags.bool('output-watch-events') && !follows)
    throw new CliError('--output-watch-events option can only be used with --watch or --watch-only');
  if (context.flags.bool('watch-only') && context.flags.string('sort-by') !== '')
    context.err('warning: --watch-only requested, --sort-by will be ignored\n');
  const options = optionsOf(context);
  const printer = objectPrinter(context, GET_FORMATS);
  if (context.args.length === 0 && !filesGiven(context)) {
    context.err(
      'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n',
    );
    throw usageError(
      context.path,
      'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).',
    );
  }
  const targets = await select(context, options);
  if (context.flags.string('subresource') !== '' && targets.some(({ name }) => name === ''))
    throw new CliError('subresource cannot be used when bulk resources are specified');
  if (follows) return watchTargets(context, targets, options);
  if (printer !== undefined) return getObjects(context, targets, options);
  return getTables(context, targets, options);
}

function optionsOf(context: Context): SelectionOptions {
  return {
    files: true,
    selector: context.flags.string('selector'),
    fieldSelector: context.flags.string('field-selector'),
    allNamespaces: context.allNamespaces,
    defaultToAll: true,
  };
}

async function getRaw(context: Context, path: string): Promise<void> {
  if (context.args.length > 0) throw new CliError('arguments may not be passed when --raw is specified');
  const { body } = await context.server.call('GET', path, { accept: '*/*' });
  context.out(body);
}

/** Whether what was asked for stands in one file, and is nothing where something in it is wrong. */
function isOneFile({ flags, io }: Context): boolean {
  const [path, ...more] = flags.list('filename');
  return path !== undefined && path !== '-' && more.length === 0 && io.files.read(path) !== undefined;
}

/** Whether exactly one object was asked for by name. */
function isSingle(context: Context, targets: readonly Target[]): boolean {
  return targets.length === 1 && targets[0]?.name !== '' && !(context.args[0] ?? '').includes(',');
}

function queryOf(
  context: Context,
  target: Target,
  options: SelectionOptions,
  more: Readonly<Record<string, string | undefined>> = {},
): Readonly<Record<string, string | undefined>> {
  if (target.name !== '') return more;
  const limit = context.flags.int('chunk-size');
  return {
    labelSelector: options.selector,
    fieldSelector: options.fieldSelector,
    ...(limit > 0 ? { limit: String(limit) } : {}),
    ...more,
  };
}

/** Every page of what a target stands for. */
async function fetchPages(
  context: Context,
  target: Target,
  options: SelectionOptions,
  accept?: string,
  more: Readonly<Record<string, string | undefined>> = {},
): Promise<Obj[]> {
  if (target.fault !== undefined) throw target.fault;
  if (target.source !== '' && target.name === '') throw new CliError('resource name may not be empty');
  const path = pathTo(
    target.resource,
    target.namespace,
    target.name,
    target.name === '' ? '' : context.flags.string('subresource'),
  );
  const pages: Obj[] = [];
  let next = '';
  do {
    const query = queryOf(context, target, options, { ...more, ...(next === '' ? {} : { continue: next }) });
    const page = await context.server
      .json('GET', path, { query, ...(accept === undefined ? {} : { accept }) })
      .catch(async (error: unknown) => {
        throw target.name === ''
          ? selectorError(error, target.resource, options)
          : await explainMissing(context.server, target, error);
      });
    pages.push(page);
    next = target.name === '' ? str(page, 'metadata', 'continue') : '';
  } while (next !== '');
  return pages;
}

async function getObjects(context: Context, targets: readonly Target[], options: SelectionOptions): Promise<void> {
  const printer = objectPrinter(context, GET_FORMATS);
  const errors: Error[] = [];
  const items: Obj[] = [];
  for (const target of targets) {
    try {
      for (const page of await fetchPages(context, target, options)) items.push(...itemsOf(page, target));
    } catch (error) {
      if (!ignored(context, error)) errors.push(asError(error));
    }
  }
  const sortBy = context.flags.string('sort-by');
  const sorted = sortBy === '' ? items : sortObjects(items, sortBy);
  const [only] = sorted;
  if (isSingle(context, targets)) {
    if (only !== undefined) printer?.print(only);
  } else if (
    !(sorted.length === 0 && context.flags.bool('ignore-not-found')) &&
    !(errors.length > 0 && isOneFile(context))
  ) {
    printer?.print({ apiVersion: 'v1', items: sorted, kind: 'List', metadata: { resourceVersion: '' } });
  }
  printer?.flush();
  throwAll(errors);
}

function itemsOf(page: Obj, target: Target): Obj[] {
  if (target.name !== '') return [page];
  const apiVersion = str(page, 'apiVersion');
  return list(page, 'items').map((item) => ({
    ...item,
    apiVersion: str(item, 'apiVersion') || apiVersion,
    kind: str(item, 'kind') || target.resource.kind,
  }));
}

function ignored(context: Context, error: unknown): boolean {
  return context.flags.bool('ignore-not-found') && hasReason(error, 'NotFound');
}

function tableOptions(context: Context, target: Target, withKind: boolean): TableOptions {
  return {
    wide: context.flags.string('output') === 'wide',
    noHeaders: context.flags.bool('no-headers'),
    withNamespace: context.allNamespaces && target.resource.namespaced,
    showLabels: context.flags.bool('show-labels'),
    labelColumns: context.flags.list('label-columns').map((label) => label.trim()),
    eventColumn:
      context.flags.bool('output-watch-events') && (context.flags.bool('watch') || context.flags.bool('watch-only')),
    ...(withKind ? { kind: kindPrefix(target.resource) } : {}),
  };
}

const serverPrints = (context: Context): boolean => context.flags.bool('server-print');
const tableType = (context: Context): string | undefined => (serverPrints(context) ? TABLE_TYPE : undefined);

async function getTables(context: Context, targets: readonly Target[], options: SelectionOptions): Promise<void> {
  const sortBy = context.flags.string('sort-by');
  const errors: Error[] = [];
  const found: { readonly target: Target; readonly tables: readonly Obj[] }[] = [];
  for (const target of targets) {
    try {
      const more = sortBy === '' || !serverPrints(context) ? {} : { includeObject: 'Object' };
      const answers = await fetchPages(context, target, options, tableType(context), more);
      const pages = answers.map((page) => plainTable(context, page));
      found.push({ target, tables: sortBy === '' ? pages : sortRows(pages, sortBy) });
    } catch (error) {
      if (!ignored(context, error)) errors.push(asError(error));
    }
  }
  const kinds = new Set(found.map(({ target }) => kindPrefix(target.resource)));
  const withKind = context.flags.bool('show-kind') || kinds.size > 1;
  let current: { readonly kind: string; readonly printer: TablePrinter } | undefined;
  let printed = 0;
  for (const { target, tables } of found) {
    const rows = tables.reduce((sum, table) => sum + list(table, 'rows').length, 0);
    if (rows === 0) continue;
    const kind = kindPrefix(target.resource);
    if (current?.kind !== kind) {
      current?.printer.flush();
      if (current !== undefined && !context.flags.bool('no-headers')) context.out('\n');
      current = {
        kind,
        printer: new TablePrinter((text) => context.out(text), tableOptions(context, target, withKind)),
      };
    }
    for (const table of tables) current.printer.print(table);
    printed += rows;
  }
  current?.printer.flush();
  if (printed === 0 && errors.length === 0 && !context.flags.bool('ignore-not-found'))
    sayNothingFound(context, targets);
  throwAll(errors);
}

function sayNothingFound(context: Context, targets: readonly Target[]): void {
  const scoped = !context.allNamespaces && targets.every((target) => target.resource.namespaced);
  context.err(scoped ? `No resources found in ${context.namespace} namespace.\n` : 'No resources found\n');
}

async function watchTargets(context: Context, targets: readonly Target[], options: SelectionOptions): Promise<void> {
  const [target] = targets;
  if (target === undefined) return;
  if (targets.length > 1) throw new CliError('you may only specify a single resource type');
  const printer = objectPrinter(context, GET_FORMATS);
  const withKind = context.flags.bool('show-kind');
  const table =
    printer === undefined
      ? new TablePrinter((text) => context.out(text), tableOptions(context, target, withKind))
      : undefined;
  const accept = table === undefined ? undefined : tableType(context);
  const pages = await fetchPages(context, target, options, accept);
  if (!context.flags.bool('watch-only')) {
    for (const page of pages) {
      if (table !== undefined) table.print(plainTable(context, page), 'ADDED');
      else for (const item of itemsOf(page, target)) printer?.print(item);
    }
    (table ?? printer)?.flush();
  }
  const one = target.name !== '';
  const version =
    resourceVersionOf(pages.at(-1) ?? {}) ||
    resourceVersionOf((list(pages[0], 'rows').at(0)?.['object'] as Obj | undefined) ?? {});
  const query = {
    watch: 'true',
    resourceVersion: version,
    labelSelector: options.selector,
    fieldSelector: one ? `metadata.name=${target.name}` : options.fieldSelector,
  };
  await followWatch(
    context.server,
    pathTo(target.resource, target.namespace),
    { query, ...(accept === undefined ? {} : { accept }) },
    (event) => {
      if (table !== undefined) table.print(plainTable(context, event.object), event.type);
      else printer?.print(event.object);
      (table ?? printer)?.flush();
      return 'go on';
    },
  );
}
