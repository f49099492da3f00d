// Models kubectl/pkg/explain/v2: the plain text form, from the server's OpenAPI v3 documents.
import type { Command, Context } from '../command.ts';
import { CliError, PlainError } from '../errors.ts';
import type { ApiResource } from '../discovery.ts';
import { apiVersionOf, at, list, splitApiVersion, str, strings } from '../object.ts';
import { discoveryOf } from '../selection.ts';
import type { Obj } from '../server.ts';
import { isObject } from '../../../lib/json.ts';
import { sortedKeys, sortedStrings } from '../../../lib/order.ts';

export const explain: Command = {
  name: 'explain',
  group: 'Basic Commands (Intermediate)',
  short: 'Get documentation for a resource',
  usage: 'TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2]',
  examples: ['kubectl explain pods', 'kubectl explain pods.spec.containers', 'kubectl explain deploy --recursive'],
  flags: [
    { name: 'recursive', type: 'bool', fallback: 'false', usage: 'The fields of fields as well.' },
    { name: 'api-version', type: 'string', usage: 'Of this group and version (group/version).' },
    { name: 'output', short: 'o', type: 'string', fallback: 'plaintext', usage: 'plaintext or plaintext-openapiv2.' },
  ],
  run: runExplain,
};

async function runExplain(context: Context): Promise<void> {
  const [word, ...more] = context.args;
  if (word === undefined)
    throw new CliError(
      'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.',
    );
  if (more.length > 0) throw new CliError('We accept only this format: explain RESOURCE');
  const output = context.flags.string('output');
  if (!['plaintext', 'plaintext-openapiv2'].includes(output)) throw new CliError(`unrecognized format: ${output}`);
  const { name, path } = await partsOf(context, word.replace(/\.$/, '').split('.'));
  const resource = await resourceFor(context, name);
  const prefix = resource.group === '' ? `api/${resource.version}` : `apis/${resource.group}/${resource.version}`;
  const document = await context.server.json('GET', `/openapi/v3/${prefix}`);
  new Explanation(context, document, resource).print(path);
}

/** Behind the resource may stand its group, and then the path to a field: `deployments.apps.spec`. */
async function partsOf(
  context: Context,
  [plural = '', ...rest]: readonly string[],
): Promise<{ name: string; path: string[] }> {
  const word = plural.toLowerCase();
  const named = (await discoveryOf(context).all()).filter((each) =>
    [each.plural, each.singular, each.kind.toLowerCase(), ...each.shortNames].includes(word),
  );
  for (let count = rest.length; count > 0; count--) {
    const group = rest.slice(0, count).join('.');
    if (named.some((each) => each.group === group)) return { name: `${plural}.${group}`, path: rest.slice(count) };
  }
  return { name: plural, path: rest };
}

async function resourceFor(context: Context, name: string): Promise<ApiResource> {
  const discovery = discoveryOf(context);
  const wanted = context.flags.string('api-version');
  const found = await discovery.tryFind(name);
  if (found === undefined) throw new PlainError(`the server doesn't have a resource type "${name}"`);
  if (wanted === '' || wanted === apiVersionOf(found.group, found.version)) return found;
  const { group, version } = splitApiVersion(wanted);
  const other = (await discovery.all()).find(
    (each) => each.group === group && each.version === version && each.plural === found.plural,
  );
  if (other !== undefined) return other;
  throw new PlainError(
    `error: couldn't find resource for "${wanted.includes('/') ? '' : '/'}${wanted}, Resource=${found.plural}"`,
  );
}

const WIDTH = 76;

class Explanation {
  private readonly context: Context;
  private readonly document: Obj;
  private readonly resource: ApiResource;

  constructor(context: Context, document: Obj, resource: ApiResource) {
    this.context = context;
    this.document = document;
    this.resource = resource;
  }

  print(path: readonly string[]): void {
    const { group, kind, version } = this.resource;
    const out = (line: string): void => this.context.out(`${line}\n`);
    if (group !== '') out(`GROUP:      ${group}`);
    out(`KIND:       ${kind}`);
    out(`VERSION:    ${version}\n`);
    let schema: Obj = this.root();
    for (const [i, name] of path.entries()) {
      const next = this.fieldsOf(schema)[name];
      if (next === undefined) {
        throw new CliError(`field "${path.slice(i).at(-1) ?? name}" does not exist`);
      }
      schema = next;
    }
    const last = path.at(-1);
    if (last !== undefined) {
      out(`FIELD: ${last} <${this.typeOf(schema)}>`);
      const values = strings(schema, 'enum');
      if (values.length > 0)
        out(
          `ENUM:\n${sortedStrings(values)
            .map((value) => `    ${value}`)
            .join('\n')}`,
        );
      out(values.length > 0 ? '' : '\n');
    }
    out('DESCRIPTION:');
    out(
      this.description(schema, '<empty>')
        .map((line) => `    ${line}`)
        .join('\n'),
    );
    out('    ');
    const fields = this.fieldsOf(schema);
    if (Object.keys(fields).length > 0) out('FIELDS:');
    this.fields(schema, 1);
    out('');
  }

  private root(): Obj {
    const schemas = at(this.document, 'components', 'schemas');
    const { group, kind, version } = this.resource;
    for (const schema of Object.values(isObject(schemas) ? (schemas as Obj) : {})) {
      const [gvk] = list(schema as Obj, 'x-kubernetes-group-version-kind');
      if (str(gvk, 'kind') === kind && str(gvk, 'group') === group && str(gvk, 'version') === version)
        return schema as Obj;
    }
    throw new CliError(`GVK ${apiVersionOf(group, version)}, Kind=${kind} not found in OpenAPI schema`);
  }

  private fields(schema: Obj, depth: number): void {
    const recursive = this.context.flags.bool('recursive');
    const required = strings(this.resolved(schema), 'required');
    const indent = '  '.repeat(depth);
    const fields = this.fieldsOf(schema);
    for (const name of sortedKeys(fields)) {
      const field = fields[name] ?? {};
      const mark = required.includes(name) ? ' -required-' : '';
      this.context.out(`${indent}${name}\t<${this.typeOf(field)}>${mark}\n`);
      const values = strings(field, 'enum');
      if (values.length > 0) this.context.out(`${indent}enum: ${sortedStrings(values).join(', ')}\n`);
      if (recursive) {
        if (depth < MAX_DEPTH) this.fields(field, depth + 1);
      } else {
        const text = str(field, 'description');
        const lines = text === '' ? ['<no description>'] : wrapped(text);
        this.context.out(`${lines.map((line) => `${indent}  ${line}`).join('\n')}\n\n`);
      }
    }
  }

  /** The type's own members, through lists and maps. */
  private fieldsOf(schema: Obj): Readonly<Record<string, Obj>> {
    const inner = this.resolved(schema);
    const properties = inner['properties'];
    return isObject(properties) ? (properties as Readonly<Record<string, Obj>>) : {};
  }

  private resolved(schema: Obj): Obj {
    const items = schema['items'] ?? schema['additionalProperties'];
    if (isObject(items)) return this.resolved(items as Obj);
    const name = referenceOf(schema);
    if (name === '') return schema;
    const target = at(this.document, 'components', 'schemas', name);
    return isObject(target) ? (target as Obj) : schema;
  }

  private typeOf(schema: Obj): string {
    if (isObject(schema['items'])) return `[]${this.typeOf(schema['items'] as Obj)}`;
    if (isObject(schema['additionalProperties']))
      return `map[string]${this.typeOf(schema['additionalProperties'] as Obj)}`;
    const name = referenceOf(schema);
    if (name === '') return str(schema, 'type') === '' ? 'Object' : str(schema, 'type');
    const target = this.resolved(schema);
    const type = str(target, 'type');
    return type === '' || type === 'object' ? (name.split('.').at(-1) ?? name) : type;
  }

  private description(schema: Obj, none: string): string[] {
    const texts = [str(schema, 'description'), str(this.resolved(schema), 'description')].filter((text) => text !== '');
    const unique = [...new Set(texts)];
    return unique.length === 0 ? [none] : unique.flatMap((text) => wrapped(text));
  }
}

/** Types refer to themselves: JSON schemas do so inside custom resource definitions. */
const MAX_DEPTH = 12;

function referenceOf(schema: Obj): string {
  const [first] = list(schema, 'allOf');
  const reference = str(first ?? schema, '$ref');
  return reference.slice(reference.lastIndexOf('/') + 1);
}

function wrapped(text: string): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    // Models go-wordwrap: what stands before a word is kept unless the line breaks there.
    for (const [, space = '', word = ''] of paragraph.matchAll(/(\s*)(\S+)/g)) {
      if (line !== '' && line.length + space.length + word.length > WIDTH) {
        lines.push(line);
        line = word;
      } else line += space + word;
    }
    return [...lines, line];
  });
}
