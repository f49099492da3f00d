// A Vite plugin: the module `virtual:kubernetes-texts` holds what OpenAPI documents say in words of every type and field, and which values a
// field may have. Read from the comments of packages that are generated from Kubernetes' own documents: never committed here.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const NAME = 'virtual:kubernetes-texts';
const SCHEMA = join(root, 'src', 'api', 'schema.gen.ts');
const PACKAGES = ['kubernetes-models', '@kubernetes-models/apimachinery'].map((name) =>
  join(root, 'node_modules', name),
);
/** The one place where the texts of `apiVersion` and `kind` are found. */
const TYPE_META = join(root, 'node_modules', '@kubernetes', 'client-node', 'dist', 'gen', 'models', 'V1ConfigMap.d.ts');
const SCALARS = [
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Patch',
];

export function kubernetesTexts() {
  return {
    name: 'kubernetes-texts',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load(id) {
      if (id !== `\0${NAME}`) return undefined;
      this.addWatchFile(SCHEMA);
      return `export const TEXTS = JSON.parse(${JSON.stringify(JSON.stringify(texts()))});`;
    },
  };
}

/** By a type's name in OpenAPI documents: `[text, { field: text or [text, values] }]`. */
export function texts() {
  const files = declarations();
  const common = commentsOf(readFileSync(TYPE_META, 'utf8'), 'V1ConfigMap');
  const result = {};
  for (const id of documentNames()) {
    const source = files.get(aliasOf(id));
    if (source === undefined) continue;
    const { text, fields } = commentsOf(source, `I${id.slice(id.lastIndexOf('.') + 1)}`);
    for (const name of ['apiVersion', 'kind']) {
      if (/ extends TypeMeta/.test(source) && fields[name] === undefined) fields[name] = common.fields[name];
    }
    result[id] = [text, fields];
  }
  return result;
}

function documentNames() {
  const schema = readFileSync(SCHEMA, 'utf8');
  const types = [...schema.matchAll(/: '(io\.k8s\.[^']+)'/g)].map((match) => match[1]);
  return [...types, ...types.map((id) => `${id}List`), ...SCALARS];
}

/** `IIoK8sApiCoreV1Pod` is what the packages call `io.k8s.api.core.v1.Pod`. */
function aliasOf(id) {
  return `I${id
    .split(/[.-]/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')}`;
}

function declarations() {
  const files = new Map();
  for (const folder of PACKAGES) {
    for (const file of readdirSync(folder, { recursive: true })) {
      if (!file.endsWith('.d.ts') || file.includes('_schemas')) continue;
      const source = readFileSync(join(folder, file), 'utf8');
      const alias = /export type \{ \w+ as (\w+)/.exec(source)?.[1];
      if (alias !== undefined) files.set(alias, source);
    }
  }
  if (files.size === 0) throw new Error('kubernetes-models is not installed: run npm ci');
  return files;
}

const COMMENT = String.raw`\/\*\*\n((?:(?!\*\/)[\s\S])*?)\n *\*\/\n *`;

function commentsOf(source, name) {
  const head = new RegExp(`${COMMENT}export (?:declare class|interface|type) ${name}\\b`).exec(source);
  const start = source.search(new RegExp(`export (?:declare class|interface) ${name}\\b`));
  const body = start < 0 ? '' : source.slice(start, source.indexOf('\n}', start));
  const fields = {};
  for (const [, comment, field, type] of body.matchAll(new RegExp(`${COMMENT}['"]([^'"]+)['"]\\??: ([^;]*);`, 'g'))) {
    const values = /^(?:Array<)?("[^"]*"(?: \| "[^"]*")+)/.exec(type)?.[1];
    const text = plain(comment);
    fields[field] = values === undefined ? text : [text, values.split(' | ').map((value) => JSON.parse(value))];
  }
  return { text: head === null ? '' : plain(head[1]), fields };
}

function plain(comment) {
  return comment
    .split('\n')
    .map((line) => line.replace(/^ *\* ?/, ''))
    .join('\n')
    .replaceAll('\\*', '*')
    .replaceAll("\\'", "'");
}
