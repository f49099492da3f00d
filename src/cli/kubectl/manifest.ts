import { isObject } from '../../lib/json.ts';
import type { JsonObject } from '../../lib/json.ts';
import { sortedStrings } from '../../lib/order.ts';
import { GoJsonError, parseGoJsonStream } from '../text/go-json-parse.ts';
import { goQuote } from '../text/go-quote.ts';
import { YamlError, parseYaml, splitYamlDocuments } from '../text/yaml-parse.ts';
import { CliError } from './errors.ts';
import type { KubectlIo } from './io.ts';
import { list, str } from './object.ts';
import type { Obj } from './server.ts';

/** A document of a manifest. */
export interface Document {
  /** `STDIN` or the file's path, for messages. */
  readonly source: string;
  readonly value: unknown;
}

const EXTENSIONS = ['.json', '.yaml', '.yml'];

/** Reads what `-f` names: files, directories, `-`. Throws for the first that cannot be read. */
export async function readManifests(io: KubectlIo, paths: readonly string[], recursive: boolean): Promise<Document[]> {
  const documents: Document[] = [];
  for (const path of paths) {
    if (path === '-') documents.push(...parseManifest('STDIN', await io.stdin.readAll()));
    else if (/^https?:\/\//.test(path))
      throw new CliError(`unable to read URL ${goQuote(path)}, server reported no such host`);
    else
      for (const file of filesAt(io, path, recursive))
        documents.push(...parseManifest(file, io.files.read(file) ?? ''));
  }
  return documents;
}

function filesAt(io: KubectlIo, path: string, recursive: boolean): string[] {
  if (io.files.read(path) !== undefined) return [path];
  if (/[*?[]/.test(path)) {
    const found = globbed(io, path);
    if (found.length > 0) return found;
  }
  const directory = path.replace(/\/+$/, '') || '/';
  const entries = io.files.list(directory);
  if (entries === undefined) throw new CliError(`the path ${goQuote(path)} does not exist`);
  const files: string[] = [];
  for (const entry of sortedStrings(entries)) {
    const inside = `${directory === '/' ? '' : directory}/${entry}`;
    if (io.files.read(inside) !== undefined) {
      if (EXTENSIONS.some((extension) => entry.endsWith(extension))) files.push(inside);
    } else if (recursive) files.push(...filesAt(io, inside, true));
  }
  if (files.length === 0)
    throw new CliError(`error reading [${path}]: recognized file extensions are [.json .yaml .yml]`);
  return files;
}

function globbed(io: KubectlIo, pattern: string): string[] {
  const slash = pattern.lastIndexOf('/');
  const directory = slash < 0 ? '.' : pattern.slice(0, slash);
  const test = new RegExp(
    `^${pattern
      .slice(slash + 1)
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')}$`,
  );
  const names = (io.files.list(directory) ?? []).filter((name) => test.test(name));
  return sortedStrings(names).map((name) => (slash < 0 ? name : `${directory}/${name}`));
}

/** Every document in a text. Throws CliError in kubectl's words. */
export function parseManifest(source: string, text: string): Document[] {
  const documents: Document[] = [];
  for (const value of parseDocuments(source, text)) {
    if (value === null || value === undefined) continue;
    documents.push({ source, value });
  }
  return documents;
}

function parseDocuments(source: string, text: string): unknown[] {
  if (/^\s*\{/.test(text)) {
    try {
      return parseGoJsonStream(text);
    } catch (error) {
      if (!(error instanceof GoJsonError)) throw error;
      if (!/^---/m.test(text) && !looksLikeYaml(text)) throw new CliError(`error parsing ${source}: ${error.message}`);
    }
  }
  return splitYamlDocuments(text).map((part) => {
    try {
      return parseYaml(part);
    } catch (error) {
      if (error instanceof YamlError)
        throw new CliError(`error parsing ${source}: error converting YAML to JSON: ${error.message}`);
      throw error;
    }
  });
}

/** A flow mapping in YAML's looser spelling begins like JSON. */
function looksLikeYaml(text: string): boolean {
  try {
    return isObject(parseYaml(text));
  } catch {
    return false;
  }
}

const TURN_OFF = 'if you choose to ignore these errors, turn validation off with --validate=false';

/** What kubectl checks before it sends anything. */
export function checkDocument(document: Document): Obj {
  const fail = (problem: string): CliError =>
    new CliError(`error validating ${goQuote(document.source)}: error validating data: ${problem}; ${TURN_OFF}`);
  if (!isObject(document.value)) throw fail('invalid object to validate');
  const missing: string[] = [];
  if (str(document.value, 'apiVersion') === '') missing.push('apiVersion not set');
  if (str(document.value, 'kind') === '') missing.push('kind not set');
  if (missing.length > 0) throw fail(missing.length === 1 ? (missing[0] ?? '') : `[${missing.join(', ')}]`);
  return document.value as JsonObject;
}

/** The objects of a document: a List's items one by one. Those of a list of one kind need not say which. */
export function flatten(object: Obj): Obj[] {
  const kind = str(object, 'kind');
  if (!kind.endsWith('List') || !Array.isArray(object['items'])) return [object];
  const own: JsonObject =
    kind === 'List' ? {} : { apiVersion: str(object, 'apiVersion'), kind: kind.slice(0, -'List'.length) };
  return list(object, 'items').flatMap((item) => flatten({ ...own, ...item }));
}
