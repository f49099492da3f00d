// Models apiserver/pkg/endpoints/request/requestinfo.go.

export interface RequestInfo {
  readonly isResourceRequest: boolean;
  readonly path: string;
  /** get, list, watch, create, update, patch, delete, deletecollection, proxy; or the method in lower case. */
  readonly verb: string;
  readonly apiPrefix: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly parts: readonly string[];
}

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

export function requestInfoOf(method: string, path: string, query: URLSearchParams): RequestInfo {
  const segments = path.split('/').filter((part) => part !== '');
  const info = { ...EMPTY, path, verb: method.toLowerCase() };
  const prefix = segments[0];
  const grouped = prefix === 'apis';
  if ((prefix !== 'api' && !grouped) || segments.length < (grouped ? 4 : 3)) return info;
  const decoded = segments.map(decodeSegment);
  const group = grouped ? (decoded[1] ?? '') : '';
  const version = decoded[grouped ? 2 : 1] ?? '';
  const { namespace, parts } = scopeOf(decoded.slice(grouped ? 3 : 2));
  const name = parts[1] ?? '';
  return {
    isResourceRequest: true,
    path,
    verb: verbOf(method, name, query),
    apiPrefix: prefix,
    group,
    version,
    namespace,
    resource: parts[0] ?? '',
    name: name !== '' ? name : nameFromSelector(method, query),
    subresource: parts[2] ?? '',
    parts,
  };
}

const EMPTY: RequestInfo = {
  isResourceRequest: false,
  path: '',
  verb: '',
  apiPrefix: '',
  group: '',
  version: '',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
  parts: [],
};

function scopeOf(rest: readonly string[]): { namespace: string; parts: readonly string[] } {
  if (rest[0] !== 'namespaces') return { namespace: '', parts: rest };
  const name = rest[1] ?? '';
  if (rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2] ?? '')) return { namespace: name, parts: rest.slice(2) };
  return { namespace: name, parts: rest };
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    case 'GET':
    case 'HEAD':
      if (name !== '') return isTrue(query.get('watch')) ? 'watch' : 'get';
      return isTrue(query.get('watch')) ? 'watch' : 'list';
    default:
      return method.toLowerCase();
  }
}

export function isTrue(text: string | null): boolean {
  return text !== null && text !== '' && text !== '0' && text.toLowerCase() !== 'false';
}

/** A list of one by field selector counts as naming it, for authorization. */
function nameFromSelector(method: string, query: URLSearchParams): string {
  if (method !== 'GET') return '';
  const match = /(?:^|,)metadata\.name==?([^,]+)(?:,|$)/.exec(query.get('fieldSelector') ?? '');
  return match?.[1] ?? '';
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
