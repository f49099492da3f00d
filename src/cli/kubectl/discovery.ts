import { HOUR } from '../../lib/time.ts';
import { compareStrings } from '../../lib/order.ts';
import { formatKlogTime } from '../../lib/time.ts';
import { RpcFailure } from '../../sim/http.ts';
import { goQuote } from '../text/go-quote.ts';
import { CliError, goTransportError, noResourceType, StatusError } from './errors.ts';
import { at, apiVersionOf, bool, list, str, strings } from './object.ts';
import type { Server } from './server.ts';

/** A resource as discovery describes it: what kubectl knows of a kind. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** The group's preferred version serves it. */
  readonly preferred: boolean;
  readonly subresources: readonly string[];
}

const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
const CACHE_KEY = 'discovery';
const CACHE_TTL = 6 * HOUR;
/** kubectl asks again and again while it builds a command; each failure is logged. */
const DISCOVERY_ATTEMPTS = 5;

export class Discovery {
  private readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  async all(): Promise<readonly ApiResource[]> {
    const { cache, now } = this.server.io;
    const cached = cache.get(CACHE_KEY);
    if (cached !== undefined && now() - cached.at < CACHE_TTL) return cached.value as readonly ApiResource[];
    return this.refresh();
  }

  async refresh(): Promise<readonly ApiResource[]> {
    const resources = await this.readOrLog();
    this.server.io.cache.set(CACHE_KEY, { at: this.server.io.now(), value: resources });
    return resources;
  }

  /** Finds what `po`, `pods`, `Pod`, `deployments.apps` or `deployments.v1.apps` means. */
  async find(name: string): Promise<ApiResource> {
    const found = await this.tryFind(name);
    if (found === undefined) throw noResourceType(name);
    return found;
  }

  /** Like `find`, but undefined for what the server does not have. */
  async tryFind(name: string): Promise<ApiResource | undefined> {
    return match(await this.all(), name) ?? match(await this.refresh(), name);
  }

  async findKind(apiVersion: string, kind: string): Promise<ApiResource | undefined> {
    const of = (resources: readonly ApiResource[]): ApiResource | undefined =>
      resources.find((each) => each.kind === kind && apiVersionOf(each.group, each.version) === apiVersion);
    return of(await this.all()) ?? of(await this.refresh());
  }

  async inCategory(name: string): Promise<readonly ApiResource[]> {
    return (await this.all()).filter((each) => each.preferred && each.categories.includes(name));
  }

  private async readOrLog(): Promise<readonly ApiResource[]> {
    try {
      return await this.read();
    } catch (error) {
      if (error instanceof RpcFailure) await this.logFailures(error);
      throw error;
    }
  }

  private async logFailures(first: RpcFailure): Promise<void> {
    let failure = first;
    const { io } = this.server;
    for (let attempt = 1; ; attempt++) {
      const reason = `couldn't get current server API group list: Get ${goQuote(`${io.server}/api?timeout=32s`)}: ${goTransportError(failure)}`;
      io.stderr(
        `E${formatKlogTime(io.now())} ${'1'.padStart(7)} memcache.go:265] "Unhandled Error" err=${goQuote(reason)}\n`,
      );
      if (attempt >= DISCOVERY_ATTEMPTS) return;
      try {
        await this.server.call('GET', '/api', { accept: AGGREGATED });
        return;
      } catch (error) {
        if (!(error instanceof RpcFailure)) return;
        failure = error;
      }
    }
  }

  private async read(): Promise<readonly ApiResource[]> {
    const core = await this.server.json('GET', '/api', { accept: AGGREGATED });
    const groups = await this.server.json('GET', '/apis', { accept: AGGREGATED });
    const aggregated = str(core, 'kind') === 'APIGroupDiscoveryList' && str(groups, 'kind') === 'APIGroupDiscoveryList';
    if (aggregated) return [...fromAggregated(core), ...fromAggregated(groups)];
    return this.readEach(core, groups);
  }

  private async readEach(core: unknown, groups: unknown): Promise<readonly ApiResource[]> {
    const result: ApiResource[] = [];
    for (const version of strings(core, 'versions')) {
      result.push(...fromList(await this.server.json('GET', `/api/${version}`), '', version, true));
    }
    for (const group of list(groups, 'groups')) {
      const preferred = str(group, 'preferredVersion', 'version');
      for (const each of list(group, 'versions')) {
        const version = str(each, 'version');
        const name = str(group, 'name');
        try {
          result.push(
            ...fromList(
              await this.server.json('GET', `/apis/${name}/${version}`),
              name,
              version,
              version === preferred,
            ),
          );
        } catch (error) {
          if (!(error instanceof StatusError)) throw error;
        }
      }
    }
    return result;
  }
}

function fromAggregated(document: unknown): ApiResource[] {
  return list(document, 'items').flatMap((group) =>
    list(group, 'versions').flatMap((version, index) =>
      list(version, 'resources').map((resource) => ({
        group: str(group, 'metadata', 'name'),
        version: str(version, 'version'),
        kind: str(resource, 'responseKind', 'kind'),
        plural: str(resource, 'resource'),
        singular: str(resource, 'singularResource'),
        shortNames: strings(resource, 'shortNames'),
        categories: strings(resource, 'categories'),
        namespaced: str(resource, 'scope') === 'Namespaced',
        verbs: strings(resource, 'verbs'),
        preferred: index === 0,
        subresources: list(resource, 'subresources').map((each) => str(each, 'subresource')),
      })),
    ),
  );
}

function fromList(document: unknown, group: string, version: string, preferred: boolean): ApiResource[] {
  const resources = list(document, 'resources');
  return resources
    .filter((each) => !str(each, 'name').includes('/'))
    .map((each) => ({
      group,
      version,
      kind: str(each, 'kind'),
      plural: str(each, 'name'),
      singular: str(each, 'singularName') === '' ? str(each, 'kind').toLowerCase() : str(each, 'singularName'),
      shortNames: strings(each, 'shortNames'),
      categories: strings(each, 'categories'),
      namespaced: bool(each, 'namespaced'),
      verbs: strings(each, 'verbs'),
      preferred,
      subresources: resources
        .map((other) => str(other, 'name'))
        .filter((name) => name.startsWith(`${str(each, 'name')}/`))
        .map((name) => name.slice(str(each, 'name').length + 1)),
    }));
}

function match(resources: readonly ApiResource[], name: string): ApiResource | undefined {
  const [word = '', ...rest] = name.split('.');
  const wanted = word.toLowerCase();
  const named = resources.filter(
    (each) =>
      each.plural === wanted ||
      each.singular === wanted ||
      each.shortNames.includes(wanted) ||
      each.kind.toLowerCase() === wanted,
  );
  const ordered = [...named].sort((a, b) => rank(a, wanted) - rank(b, wanted));
  if (rest.length === 0) return ordered[0];
  const group = rest.join('.');
  // With a version there are three parts, the last of them empty for the core group: `pods.v1.`
  const versioned = rest.length < 2 ? undefined : rest.slice(1).join('.');
  return (
    ordered.find((each) => each.version === rest[0] && each.group === versioned) ??
    ordered.find((each) => each.group === group) ??
    ordered.find((each) => each.group !== '' && each.group.startsWith(group))
  );
}

/** Preferred versions first; a resource's own name before another's short name. */
function rank(resource: ApiResource, wanted: string): number {
  return (resource.preferred ? 0 : 2) + (resource.shortNames.includes(wanted) ? 1 : 0);
}

export function pathTo(resource: ApiResource, namespace: string, name = '', subresource = ''): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace !== '' ? `/namespaces/${namespace}` : '';
  return `${root}${scope}/${resource.plural}${name === '' ? '' : `/${encodeURIComponent(name)}`}${subresource === '' ? '' : `/${subresource}`}`;
}

/** `deployment.apps`, `pod`: how kubectl names a kind in front of an object's name. */
export function kindPrefix(resource: { readonly kind: string; readonly group: string }): string {
  const kind = resource.kind.toLowerCase();
  return resource.group === '' ? kind : `${kind}.${resource.group}`;
}

export function resourceName(resource: ApiResource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

export function sortResources(resources: readonly ApiResource[]): ApiResource[] {
  return [...resources].sort((a, b) => compareStrings(a.group, b.group) || compareStrings(a.plural, b.plural));
}

/** Models meta.NoKindMatchError as kubectl shows it for a manifest. */
export function noKindMatch(
  name: string,
  namespace: string,
  source: string,
  apiVersion: string,
  kind: string,
): CliError {
  return new CliError(
    `resource mapping not found for name: ${goQuote(name)} namespace: ${goQuote(namespace)} from ${goQuote(source)}: no matches for kind ${goQuote(kind)} in version ${goQuote(apiVersion)}\nensure CRDs are installed first`,
  );
}

/** True when the object carries what discovery calls this resource. */
export function isOf(resource: ApiResource, object: unknown): boolean {
  return at(object, 'kind') === resource.kind;
}
