import { prettyJson } from '../text/go-json.ts';
import { emitKyaml } from '../text/kyaml.ts';
import { emitYaml } from '../text/yaml-emit.ts';
import type { Context } from './command.ts';
import { parseColumnsTemplate, parseCustomColumns } from './custom-columns.ts';
import type { CustomColumn } from './custom-columns.ts';
import { columnsHeader, columnsRow } from './custom-columns.ts';
import { GET_TABS, Tabwriter } from '../text/tabwriter.ts';
import { kindPrefix } from './discovery.ts';
import { CliError } from './errors.ts';
import type { FlagSpec } from './flags.ts';
import { parseTemplate, renderTemplate, TemplateError } from './go-template.ts';
import { JsonPathError, parseJsonPath, renderJsonPath, renderJsonPathAsJson } from './jsonpath.ts';
import { list, nameOf, splitApiVersion, str, withoutManagedFields } from './object.ts';
import type { Obj } from './server.ts';
import { goQuote } from '../text/go-quote.ts';

/** Prints objects one after another in one of the formats of `-o`. */
export interface Printer {
  print(object: Obj): void;
  /** What is still held back for alignment. */
  flush(): void;
}

export const OUTPUT_FLAGS: readonly FlagSpec[] = [
  {
    name: 'output',
    short: 'o',
    type: 'string',
    usage:
      'Output format: json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json or jsonpath-file.',
  },
  { name: 'template', type: 'string', usage: 'Template, or path to one, for the template formats.' },
  {
    name: 'allow-missing-template-keys',
    type: 'bool',
    fallback: 'true',
    usage: 'Ignore fields that a template names and an object lacks.',
  },
  { name: 'show-managed-fields', type: 'bool', fallback: 'false', usage: 'Keep managedFields in JSON and YAML.' },
];

const TEMPLATE_FORMATS = ['go-template', 'go-template-file', 'template', 'templatefile'];
const JSONPATH_FORMATS = ['jsonpath', 'jsonpath-as-json', 'jsonpath-file'];
const COLUMN_FORMATS = ['custom-columns', 'custom-columns-file'];
/** What `get` allows besides; others print only whole objects. */
export const OBJECT_FORMATS = ['json', 'kyaml', 'name', 'yaml', ...TEMPLATE_FORMATS, ...JSONPATH_FORMATS];

interface Format {
  readonly name: string;
  readonly argument: string | undefined;
}

/** `jsonpath={.a}` names a format and its argument; `--template` gives one too, and a format if there is none. */
function formatOf(context: Context): Format {
  const output = context.flags.string('output');
  const template = context.flags.changed('template') ? context.flags.string('template') : undefined;
  const equals = output.indexOf('=');
  if (equals >= 0) return { name: output.slice(0, equals), argument: output.slice(equals + 1) };
  if (output === '' && template !== undefined) return { name: 'go-template', argument: template };
  return { name: output, argument: template };
}

/** The printer that `-o` asks for; undefined: the human one. */
export function objectPrinter(
  context: Context,
  allowed: readonly string[] = OBJECT_FORMATS,
  sorted = true,
): Printer | undefined {
  const format = formatOf(context);
  if (format.name === '' || format.name === 'wide') {
    if (format.name === 'wide' && !allowed.includes('wide')) throw unsupported(format.name, allowed);
    return undefined;
  }
  if (!allowed.includes(format.name)) throw unsupported(context.flags.string('output'), allowed);
  const strip = (object: Obj): Obj =>
    context.flags.has('show-managed-fields') && context.flags.bool('show-managed-fields') ? object : strippedOf(object);
  switch (format.name) {
    case 'json':
      return plain((object) => context.out(prettyJson(strip(object), sorted)));
    case 'kyaml':
      return plain((object) => context.out(emitKyaml(strip(object), sorted)));
    case 'yaml':
      return yamlPrinter(context, strip);
    case 'name':
      return plain((object) => printNames(context, object));
    case 'custom-columns':
    case 'custom-columns-file':
      return columnPrinter(context, format);
    default:
      return JSONPATH_FORMATS.includes(format.name)
        ? jsonPathPrinter(context, format, strip)
        : templatePrinter(context, format, strip);
  }
}

function unsupported(output: string, allowed: readonly string[]): CliError {
  const formats = [...allowed].sort().join(',');
  return new CliError(
    `unable to match a printer suitable for the output format ${goQuote(output)}, allowed formats are: ${formats}`,
  );
}

function plain(print: (object: Obj) => void): Printer {
  return { print, flush: () => undefined };
}

function strippedOf(object: Obj): Obj {
  if (str(object, 'kind') !== 'List' && !Array.isArray(object['items'])) return withoutManagedFields(object);
  return { ...object, items: list(object, 'items').map(withoutManagedFields) };
}

/** Every document after the first is set off by a line of dashes. */
function yamlPrinter(context: Context, strip: (object: Obj) => Obj): Printer {
  let count = 0;
  return plain((object) => context.out(`${count++ > 0 ? '---\n' : ''}${emitYaml(strip(object))}`));
}

function printNames(context: Context, object: Obj): void {
  if (Array.isArray(object['items'])) {
    for (const item of list(object, 'items')) printNames(context, item);
    return;
  }
  context.out(`${nameLine(object)}\n`);
}

function columnPrinter(context: Context, format: Format): Printer {
  const columns: readonly CustomColumn[] =
    format.name === 'custom-columns'
      ? parseCustomColumns(format.argument ?? '')
      : parseColumnsTemplate(
          fileText(context, format.argument ?? '', 'custom-columns-file format specified but no custom columns given'),
        );
  const writer = new Tabwriter((text) => context.out(text), GET_TABS);
  let started = false;
  const headers = !(context.flags.has('no-headers') && context.flags.bool('no-headers'));
  const row = (object: Obj): void => {
    if (Array.isArray(object['items'])) return list(object, 'items').forEach(row);
    if (!started && headers) writer.write(`${columnsHeader(columns)}\n`);
    started = true;
    writer.write(`${columnsRow(columns, object)}\n`);
  };
  return { print: row, flush: () => writer.flush() };
}

function jsonPathPrinter(context: Context, format: Format, strip: (object: Obj) => Obj): Printer {
  if (format.argument === undefined || format.argument === '')
    throw new CliError('template format specified but no template given');
  const template =
    format.name === 'jsonpath-file' ? fileText(context, format.argument, '', '--template') : format.argument;
  const options = { allowMissingKeys: context.flags.bool('allow-missing-template-keys') };
  const nodes = orCliError(
    () => parseJsonPath(template),
    (message) => `error parsing jsonpath ${template}, ${message}`,
  );
  return plain((object) => {
    const data = strip(object);
    const render = format.name === 'jsonpath-as-json' ? renderJsonPathAsJson : renderJsonPath;
    context.out(
      orCliError(
        () => render(nodes, data, options),
        (message) => `error executing jsonpath ${goQuote(template)}: ${debugText(message, template, data)}`,
      ),
    );
  });
}

function debugText(message: string, template: string, data: Obj): string {
  return `Error executing template: ${message}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${template}\n\tobject given to jsonpath engine was:\n\t\t${goMap(data)}\n\n`;
}

/** Go's `%#v` of decoded JSON. */
export function goMap(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goMap).join(', ')}}`;
  if (typeof value === 'object' && value !== null) {
    return `map[string]interface {}{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => `${goQuote(key)}:${goMap(each)}`)
      .join(', ')}}`;
  }
  return typeof value === 'string'
    ? goQuote(value)
    : value === null || value === undefined
      ? 'interface {}(nil)'
      : String(value);
}

function templatePrinter(context: Context, format: Format, strip: (object: Obj) => Obj): Printer {
  if (format.argument === undefined || format.argument === '')
    throw new CliError('template format specified but no template given');
  const text = format.name.endsWith('file') ? fileText(context, format.argument, '') : format.argument;
  const template = orCliError(
    () => parseTemplate(text),
    (message) => `error parsing template ${text}, template: output:1: ${message}`,
  );
  return plain((object) =>
    context.out(
      orCliError(
        () => renderTemplate(template, strip(object)),
        (message) => `error executing template ${goQuote(text)}: template: output:1: ${message}`,
      ),
    ),
  );
}

function fileText(context: Context, path: string, missing: string, what = 'template'): string {
  if (path === '' && missing !== '') throw new CliError(missing);
  const text = context.io.files.read(path);
  if (text === undefined)
    throw new CliError(`error reading ${what} ${path}, open ${path}: no such file or directory\n`);
  return text;
}

function orCliError<T>(action: () => T, message: (text: string) => string): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof JsonPathError || error instanceof TemplateError) throw new CliError(message(error.message));
    throw error;
  }
}

/** Says what was done to an object, or prints it as `-o` wants. Models printers.NamePrinter with an operation. */
export function reporter(context: Context, operation: string, sorted = true): Printer {
  const printer = objectPrinter(context, OBJECT_FORMATS, sorted);
  return printer ?? plain((object) => context.out(`${nameLine(object)} ${operation}\n`));
}

export function nameLine(object: Obj): string {
  const { group } = splitApiVersion(str(object, 'apiVersion'));
  return `${kindPrefix({ kind: str(object, 'kind'), group })}/${nameOf(object) || '<unknown>'}`;
}

export const GET_FORMATS = [...OBJECT_FORMATS, ...COLUMN_FORMATS, 'wide'];
