import type { KubeObject, Status } from '../api/types.gen.ts';
import { isObject } from '../lib/json.ts';
import { SECOND } from '../sim/env.ts';
import type { Cancel, Env, Micros } from '../sim/env.ts';
import { createHttpClient } from '../sim/http-client.ts';
import { RpcFailure } from '../sim/http.ts';
import type { HttpClient, HttpResponse, HttpStream, RequestInit, StreamHandlers } from '../sim/http.ts';
import { ApiError } from './client.ts';
import type { DeleteObjectOptions, ListOptions, ObjectList, WatchHandlers, WriteOptions } from './client.ts';
import type { CreateRestClient, RestClient, RestClientOptions } from './contract.ts';
import { pathOf } from './resources.ts';
import type { Resource } from './resources.ts';
import { errorOf } from './response-error.ts';
import { createThrottle } from './throttle.ts';
import { retryDelay } from './with-retry.ts';

const DEFAULT_TIMEOUT: Micros = 32 * SECOND;
const JSON_TYPE = 'application/json';

/** Models client-go/rest: a request goes again when the server names a time for that, and to the next server after a failure that certainly had no effect. */
export const createRestClient: CreateRestClient = (env, options) => {
  return clientOver(createTransport(env, options), options);
};

function clientOver(transport: Transport, options: RestClientOptions): RestClient {
  async function call(request: RequestInit, verb: string, resource: Resource): Promise<unknown> {
    const response = await transport.request(request, options.timeout ?? DEFAULT_TIMEOUT);
    if (response.status < 200 || response.status > 299) throw errorOf(response, verb, resource);
    return JSON.parse(response.body);
  }

  const client: RestClient = {
    async get<T extends KubeObject>(resource: Resource<T>, name: string, namespace?: string): Promise<T> {
      return objectOf(await call({ method: 'GET', path: pathOf(resource, namespace, name) }, 'get', resource));
    },
    async list<T extends KubeObject>(resource: Resource<T>, list: ListOptions = {}): Promise<ObjectList<T>> {
      const path = pathOf(resource, list.namespace) + query(listQuery(list));
      return listOf(await call({ method: 'GET', path }, 'list', resource), resource);
    },
    watch(resource, watch, handlers) {
      const parameters: Query = [
        ...listQuery(watch),
        ['watch', 'true'],
        ['allowWatchBookmarks', watch.allowBookmarks ? 'true' : undefined],
        ['sendInitialEvents', watch.sendInitialEvents ? 'true' : undefined],
        ['resourceVersionMatch', watch.sendInitialEvents ? 'NotOlderThan' : undefined],
        ['timeoutSeconds', watch.timeoutSeconds?.toString()],
      ];
      const path = pathOf(resource, watch.namespace) + query(parameters);
      return startWatch(transport, { method: 'GET', path }, resource, handlers);
    },
    async create<T extends KubeObject>(resource: Resource<T>, object: T, write: WriteOptions = {}): Promise<T> {
      const path = pathOf(resource, object.metadata.namespace, undefined, undefined) + query(writeQuery(write));
      return objectOf(await call(withBody('POST', path, object), 'post', resource));
    },
    async update<T extends KubeObject>(resource: Resource<T>, object: T, write: WriteOptions = {}): Promise<T> {
      const { name, namespace } = object.metadata;
      const path = pathOf(resource, namespace, name, write.subresource) + query(writeQuery(write));
      return objectOf(await call(withBody('PUT', path, object), 'put', resource));
    },
    async patch<T extends KubeObject>(
      resource: Resource<T>,
      name: string,
      namespace: string | undefined,
      type: string,
      patch: unknown,
      write: WriteOptions & { readonly force?: boolean } = {},
    ): Promise<T> {
      const parameters: Query = [...writeQuery(write), ['force', write.force === true ? 'true' : undefined]];
      const path = pathOf(resource, namespace, name, write.subresource) + query(parameters);
      return objectOf(await call(withBody('PATCH', path, patch, type), 'patch', resource));
    },
    async delete(resource, name, namespace, options = {}) {
      const request = withBody('DELETE', pathOf(resource, namespace, name), deleteOptions(options));
      return objectOf(await call(request, 'delete', resource));
    },
    async createSubresource(resource, name, namespace, subresource, body) {
      const request = withBody('POST', pathOf(resource, namespace, name, subresource), body);
      return call(request, 'post', resource);
    },
    raw: (request, { timeout = options.timeout ?? DEFAULT_TIMEOUT } = {}) => transport.request(request, timeout),
    rawStream: (request, handlers) => transport.stream(request, handlers, 'api'),
    as: (user, groups) => clientOver(asUser(transport, user, groups), options),
    close: () => transport.close(),
  };
  return client;
}

/** The same connections, with another name on each request: what a token of a service account's is. */
function asUser(transport: Transport, user: string, groups: readonly string[]): Transport {
  const own = { 'x-remote-user': user, 'x-remote-group': groups.join(',') };
  const named = (request: RequestInit): RequestInit => ({ ...request, headers: { ...own, ...request.headers } });
  return {
    request: (request, timeout) => transport.request(named(request), timeout),
    stream: (request, handlers, protocol) => transport.stream(named(request), handlers, protocol),
    later: (delay, action) => transport.later(delay, action),
    close: () => transport.close(),
  };
}

interface Transport {
  request(request: RequestInit, timeout: Micros): Promise<HttpResponse>;
  stream(request: RequestInit, handlers: StreamHandlers, protocol: 'api' | 'watch'): HttpStream;
  later(delay: Micros, action: () => void): Cancel;
  close(): void;
}

/** One pooled connection per server, all requests and watches multiplexed over it, as HTTP/2 does. */
function createTransport(env: Env, options: RestClientOptions): Transport {
  const pool = new Map<string, HttpClient>();
  const throttle = options.qps === undefined ? () => 0 : createThrottle(env, options.qps, options.burst ?? options.qps);
  const headers = {
    'x-remote-user': options.user,
    ...(options.groups === undefined ? {} : { 'x-remote-group': options.groups.join(',') }),
    'x-kubarium-causes': '1',
    accept: JSON_TYPE,
  };
  const userAgent = options.userAgent ?? userAgentOf(options.user);
  let turn = 0;

  const server = (): string => options.servers[turn % options.servers.length] ?? '';
  function connection(address: string): HttpClient {
    const open = pool.get(address);
    if (open !== undefined) return open;
    const made = createHttpClient(env, address, { protocol: 'api', userAgent });
    pool.set(address, made);
    return made;
  }
  /** Leaves a server that failed, unless another request has already done so. */
  function leave(address: string): void {
    if (server() === address) turn = (turn + 1) % options.servers.length;
  }
  const withHeaders = (request: RequestInit): RequestInit => ({
    ...request,
    headers: { ...headers, ...request.headers },
  });

  async function once(request: RequestInit, timeout: Micros): Promise<HttpResponse> {
    const wait = throttle();
    if (wait > 0) await env.sleep(wait);
    for (let attempt = 1; ; attempt++) {
      const address = server();
      try {
        return await connection(address).request(withHeaders(request), { timeout });
      } catch (error) {
        if (error instanceof RpcFailure) leave(address);
        if (!(error instanceof RpcFailure) || !error.definite || attempt >= options.servers.length) throw error;
      }
    }
  }

  return {
    later: (delay, action) => env.after(delay, action),
    async request(request, timeout) {
      for (let attempt = 1; ; attempt++) {
        const response = await once(request, timeout);
        const delay = retryDelay(response, attempt);
        if (delay === undefined) return response;
        await env.sleep(delay);
      }
    },
    stream(request, handlers, protocol) {
      const address = server();
      const fail = (failure: RpcFailure): void => {
        leave(address);
        handlers.fail?.(failure);
      };
      return connection(address).stream(withHeaders(request), { ...handlers, fail }, { protocol });
    },
    close() {
      for (const open of pool.values()) open.close();
      pool.clear();
    },
  };
}

function startWatch<T extends KubeObject>(
  transport: Transport,
  request: RequestInit,
  resource: Resource<T>,
  handlers: WatchHandlers<T>,
): () => void {
  let over = false;
  let refusal: ApiError | undefined;
  function finish(error?: Error): void {
    if (over) return;
    over = true;
    handlers.end(error);
  }
  let stop: () => void = () => undefined;
  function open(attempt: number): void {
    let delay: Micros | undefined;
    const stream = transport.stream(
      request,
      {
        head(response) {
          if (response.status === 200) return;
          delay = retryDelay(response, attempt);
          if (delay === undefined) refusal = errorOf(response, 'watch', resource);
        },
        data(text) {
          if (over || refusal !== undefined || delay !== undefined) return;
          const event = watchEventOf<T>(text);
          if (event.type !== 'ERROR') return handlers.event(event.type, event.object, event.cause);
          stream.cancel();
          finish(new ApiError(event.object));
        },
        end() {
          if (delay === undefined) finish(refusal);
          else if (!over) stop = transport.later(delay, () => open(attempt + 1));
        },
        fail: finish,
      },
      'watch',
    );
    stop = () => stream.cancel();
  }
  open(1);
  return () => {
    if (over) return;
    over = true;
    stop();
  };
}

type WireEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: T; readonly cause?: string }
  | { readonly type: 'ERROR'; readonly object: Status };

function watchEventOf<T>(text: string): WireEvent<T> {
  return JSON.parse(text) as WireEvent<T>;
}

function objectOf<T extends KubeObject>(body: unknown): T {
  return body as T;
}

/** Items of a typed list come without apiVersion and kind, which go without saying on the wire. */
function listOf<T extends KubeObject>(body: unknown, resource: Resource<T>): ObjectList<T> {
  const { metadata, items } = body as ObjectList<T> & { readonly items: readonly T[] | null };
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  const named = (items ?? []).map((item) =>
    isObject(item) && item['kind'] === undefined ? { ...item, apiVersion, kind: resource.kind } : item,
  );
  return { metadata, items: named };
}

type Query = readonly (readonly [string, string | undefined])[];

function query(parameters: Query): string {
  const given = parameters.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return given.length === 0 ? '' : `?${given.join('&')}`;
}

function listQuery(list: ListOptions): Query {
  return [
    ['labelSelector', list.labelSelector],
    ['fieldSelector', list.fieldSelector],
    ['resourceVersion', list.resourceVersion],
    ['limit', list.limit?.toString()],
    ['continue', list.continue],
  ];
}

function writeQuery(write: WriteOptions): Query {
  return [
    ['dryRun', write.dryRun === true ? 'All' : undefined],
    ['fieldManager', write.fieldManager],
  ];
}

function withBody(method: string, path: string, body: unknown, type = JSON_TYPE): RequestInit {
  return { method, path, body: JSON.stringify(body), headers: { 'content-type': type } };
}

function deleteOptions(options: DeleteObjectOptions): object {
  const { uid, resourceVersion, gracePeriodSeconds, propagationPolicy } = options;
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    gracePeriodSeconds,
    propagationPolicy,
    preconditions: uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion },
    dryRun: options.dryRun === true ? ['All'] : undefined,
  };
}

function userAgentOf(user: string): string {
  if (user.startsWith('system:node:')) return 'kubelet';
  return user.startsWith('system:') ? user.slice(user.lastIndexOf(':') + 1) : 'kubectl';
}
