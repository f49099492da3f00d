// Reads a request's body as an object of the kind that the URL names. Models apiserver's endpoints/handlers create and update.
import { isObject } from '../lib/json.ts';
import { utf8Bytes } from '../lib/fnv.ts';
import { decode, DecodeError } from './decode.ts';
import { scanJson } from './json-scan.ts';
import type { KubeObject } from './meta.ts';
import type { Kind } from './kind.ts';
import { apiVersionOf, parseApiVersion } from './scheme.ts';
import { badRequest, quote } from './status.ts';
import { strictPatchProblems, strictProblems } from './strict.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface DecodedBody {
  readonly object: KubeObject;
  /** For `Warning` headers, when unknown or repeated fields are only warned of. */
  readonly warnings: readonly string[];
}

interface Expected {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly type: string;
}

const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** Throws ApiError with upstream's text. */
export function decodeBody(text: string, kind: Kind | Expected, validation: FieldValidation = 'Warn'): DecodedBody {
  const scan = validation === 'Ignore' ? { duplicates: [] } : scanJson(text);
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch {
    throw unrecognized(kind, scanJson(text).error ?? 'invalid character', text);
  }
  if (!isObject(value)) {
    const found =
      value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw unrecognized(kind, `json: cannot unmarshal ${found} into Go value of type ${TYPE_META}`, text);
  }
  return decodeValue(value, kind, validation, (unknown) => strictProblems(text, scan.duplicates, unknown));
}

/** The same for a body that is parsed already: YAML, or the outcome of a patch. */
export function decodeValue(
  value: Readonly<Record<string, unknown>>,
  kind: Kind | Expected,
  validation: FieldValidation = 'Warn',
  problemsOf: (unknown: readonly string[]) => string[] = (unknown) => strictPatchProblems([], unknown),
): DecodedBody {
  const said = checkTypeMeta(value, kind);
  const fail = (problem: string): never => {
    throw badRequest(`${said.kind} in version ${quote(said.version)} cannot be handled as a ${kind.kind}: ${problem}`);
  };
  try {
    const decoded = decode(kind.type, value);
    const problems = validation === 'Ignore' ? [] : problemsOf(decoded.unknown);
    if (validation === 'Strict' && problems.length > 0) fail(`strict decoding error: ${problems.join(', ')}`);
    const object = { ...decoded.value, apiVersion: apiVersionOf(kind), kind: kind.kind };
    if (!Object.hasOwn(decoded.value, 'metadata')) Object.assign(object, { metadata: {} });
    return { object: object as unknown as KubeObject, warnings: validation === 'Warn' ? problems : [] };
  } catch (error) {
    if (error instanceof DecodeError) fail(error.message);
    throw error;
  }
}

/** A body may leave out its type, which is then the URL's; it may not name another one. */
function checkTypeMeta(value: Readonly<Record<string, unknown>>, kind: Expected): { kind: string; version: string } {
  const apiVersion = value['apiVersion'] ?? '';
  const name = value['kind'] ?? '';
  if (typeof apiVersion !== 'string' || typeof name !== 'string') {
    const field = typeof apiVersion !== 'string' ? '.apiVersion' : '.kind';
    const bad = typeof apiVersion !== 'string' ? apiVersion : name;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: ` +
        `json: cannot unmarshal ${typeof bad === 'boolean' ? 'bool' : Array.isArray(bad) ? 'array' : typeof bad} into Go struct field ${field} of type string (${summary(JSON.stringify(value))})`,
    );
  }
  const { group, version } = apiVersion === '' ? kind : parseApiVersion(apiVersion);
  const said = { kind: name === '' ? kind.kind : name, version };
  if (group === kind.group && version === kind.version && said.kind === kind.kind) return said;
  const handled = `${said.kind} in version ${quote(version)} cannot be handled as a ${kind.kind}`;
  if (group !== kind.group || version !== kind.version) {
    const wanted = apiVersionOf(kind);
    throw badRequest(
      said.kind === kind.kind
        ? `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`
        : `${handled}: no kind ${quote(said.kind)} is registered for version ${quote(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    );
  }
  throw badRequest(
    `${handled}: converting (${version}.${said.kind}) to (${internalPackage(kind.group)}.${kind.kind}): unknown conversion`,
  );
}

function internalPackage(group: string): string {
  return group === '' ? 'core' : (group.split('.')[0] ?? group);
}

function unrecognized(kind: Expected, problem: string, text: string): Error {
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: ${problem} (${summary(text)})`,
  );
}

const SUMMARY_LIMIT = 30;

function summary(text: string): string {
  if (text === '') return '<empty>';
  if (text.startsWith('{')) return text.length > SUMMARY_LIMIT ? `${text.slice(0, SUMMARY_LIMIT)} ...` : text;
  const bytes = utf8Bytes(text);
  const hex = bytes
    .slice(0, SUMMARY_LIMIT)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  return bytes.length > SUMMARY_LIMIT ? `${hex} ...` : hex;
}
