import { applyMergePatch } from '../../api/patch/merge-patch.ts';
import { applyStrategicPatch } from '../../api/patch/strategic.ts';
import { alreadyExists, ApiError, notFound, tooManyRequests } from '../../api/status.ts';
import type { Deferred } from '../../sim/env.ts';
import type { HttpRequest, HttpResponse, HttpStream, StreamHandlers } from '../../sim/http.ts';
import { kubectl } from './kubectl.ts';
import type { CacheEntry, KubectlIo } from './io.ts';
import type { Obj } from './server.ts';

interface FakeResource {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories?: readonly string[];
}

const RESOURCES: readonly FakeResource[] = [
  { group: '', plural: 'pods', kind: 'Pod', namespaced: true, shortNames: ['po'], categories: ['all'] },
  { group: '', plural: 'services', kind: 'Service', namespaced: true, shortNames: ['svc'], categories: ['all'] },
  { group: '', plural: 'configmaps', kind: 'ConfigMap', namespaced: true, shortNames: ['cm'] },
  { group: '', plural: 'secrets', kind: 'Secret', namespaced: true, shortNames: [] },
  { group: '', plural: 'namespaces', kind: 'Namespace', namespaced: false, shortNames: ['ns'] },
  { group: '', plural: 'nodes', kind: 'Node', namespaced: false, shortNames: ['no'] },
  { group: '', plural: 'events', kind: 'Event', namespaced: true, shortNames: ['ev'] },
  {
    group: 'apps',
    plural: 'deployments',
    kind: 'Deployment',
    namespaced: true,
    shortNames: ['deploy'],
    categories: ['all'],
  },
  {
    group: 'apps',
    plural: 'replicasets',
    kind: 'ReplicaSet',
    namespaced: true,
    shortNames: ['rs'],
    categories: ['all'],
  },
];

/** Enough of an API server to try commands against: objects by path, one-column tables, no validation. */
export class FakeServer {
  readonly objects = new Map<string, Obj>();
  readonly requests: HttpRequest[] = [];
  /** Answers evictions as a disruption budget does that allows none. */
  refuseEvictions = false;
  private revision = 0;

  handle(request: HttpRequest): HttpResponse {
    this.requests.push(request);
    try {
      return json(200, this.answer(request));
    } catch (error) {
      if (error instanceof ApiError) return json(error.code, error.status);
      throw error;
    }
  }

  private answer(request: HttpRequest): unknown {
    const [path = '', query = ''] = request.path.split('?');
    if (this.refuseEvictions && path.endsWith('/eviction')) {
      throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0);
    }
    if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
    if (path === '/apis')
      return {
        kind: 'APIGroupList',
        groups: [{ name: 'apps', preferredVersion: { version: 'v1' }, versions: [{ version: 'v1' }] }],
      };
    if (path === '/api/v1' || path === '/apis/apps/v1') return discovery(path === '/api/v1' ? '' : 'apps');
    const match = /^\/apis?(?:\/(apps))?\/v1(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?$/.exec(
      path.replace(/^(\/api\/v1\/namespaces)(\/[^/]+)?$/, '$1$2'),
    );
    const plain = /^\/api\/v1\/namespaces(?:\/([^/]+))?$/.exec(path);
    const plural = plain === null ? match?.[3] : 'namespaces';
    const resource = RESOURCES.find((each) => each.plural === plural && each.group === (match?.[1] ?? ''));
    const name = plain === null ? match?.[4] : plain[1];
    if (resource === undefined) throw notFound({ group: '', plural: plural ?? '' }, name ?? '');
    return this.act(request, resource, plain === null ? (match?.[2] ?? '') : '', name, new URLSearchParams(query));
  }

  private act(
    request: HttpRequest,
    resource: FakeResource,
    namespace: string,
    name: string | undefined,
    query: URLSearchParams,
  ): unknown {
    const table = request.headers['accept']?.includes('as=Table') === true;
    const prefix = `${resource.group}/${resource.plural}/`;
    if (name === undefined && request.method === 'POST')
      return this.create(resource, prefix, namespace, JSON.parse(request.body) as Obj, query.get('dryRun') === 'All');
    if (name === undefined) {
      const items = [...this.objects]
        .filter(([key]) => key.startsWith(namespace === '' ? prefix : `${prefix}${namespace}/`))
        .map(([, object]) => object);
      const wanted = items.filter((item) =>
        matches(item, query.get('labelSelector') ?? '', query.get('fieldSelector') ?? ''),
      );
      return table
        ? tableOf(wanted)
        : {
            kind: `${resource.kind}List`,
            apiVersion: resource.group === '' ? 'v1' : `${resource.group}/v1`,
            metadata: { resourceVersion: String(this.revision) },
            items: wanted,
          };
    }
    const key = `${prefix}${resource.namespaced ? `${namespace}/` : ''}${name}`;
    const found = this.objects.get(key);
    if (found === undefined) throw notFound(resource, name);
    if (request.method === 'DELETE') this.objects.delete(key);
    if (request.method === 'PATCH') {
      const patch = JSON.parse(request.body) as Record<string, unknown>;
      const patched =
        request.headers['content-type']?.startsWith('application/strategic') === true
          ? applyStrategicPatch(found, patch, resource.kind)
          : applyMergePatch(found, patch);
      const next = {
        ...(patched as Obj),
        metadata: { ...((patched as Obj)['metadata'] as Obj), resourceVersion: String(++this.revision) },
      };
      this.objects.set(key, next);
      return next;
    }
    return table ? tableOf([found]) : found;
  }

  private create(resource: FakeResource, prefix: string, namespace: string, object: Obj, dryRun: boolean): Obj {
    const metadata = object['metadata'] as Obj;
    const name = String(metadata['name']);
    const key = `${prefix}${resource.namespaced ? `${namespace}/` : ''}${name}`;
    if (this.objects.has(key)) throw alreadyExists(resource, name);
    const stored: Obj = {
      ...object,
      metadata: {
        ...metadata,
        ...(resource.namespaced ? { namespace } : {}),
        uid: `uid-${name}`,
        creationTimestamp: '2026-11-22T13:21:50Z',
        resourceVersion: String(++this.revision),
      },
    };
    if (!dryRun) this.objects.set(key, stored);
    return stored;
  }
}

function matches(object: Obj, labels: string, fields: string): boolean {
  const metadata = object['metadata'] as { readonly labels?: Readonly<Record<string, string>>; readonly name: string };
  const [key = '', value = ''] = labels.split('=');
  if (labels !== '' && metadata.labels?.[key] !== value) return false;
  const about = (object['involvedObject'] ?? {}) as Obj;
  return fields
    .split(',')
    .every(
      (each) => !each.startsWith('involvedObject.name=') || each === `involvedObject.name=${String(about['name'])}`,
    );
}

function tableOf(objects: readonly Obj[]): unknown {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: '1' },
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      { name: 'Extra', type: 'string', format: '', priority: 1 },
    ],
    rows: objects.map((object) => ({
      cells: [(object['metadata'] as Obj)['name'], 'x'],
      object: { metadata: object['metadata'] },
    })),
  };
}

function discovery(group: string): unknown {
  const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
  const resources = RESOURCES.filter((each) => each.group === group).map((each) => ({
    name: each.plural,
    singularName: each.kind.toLowerCase(),
    kind: each.kind,
    namespaced: each.namespaced,
    shortNames: each.shortNames,
    categories: each.categories ?? [],
    verbs,
  }));
  return { kind: 'APIResourceList', groupVersion: group === '' ? 'v1' : `${group}/v1`, resources };
}

function json(status: number, body: unknown): HttpResponse {
  return { status, headers: {}, body: JSON.stringify(body) };
}

export interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/** An io over a fake server, and a way to run command lines in it. */
export class FakeTerminal {
  readonly server = new FakeServer();
  readonly files = new Map<string, string>();
  readonly edited: string[] = [];
  edit: (text: string) => string | undefined = () => undefined;
  namespace = 'default';
  /** Ctrl-C comes this long after the start of a command. */
  interruptAfter: number | undefined;
  /** 2026-11-22T13:22:00Z */
  time = 1_795_353_720_000_000;
  private readonly cache = new Map<string, CacheEntry>();

  async run(argv: readonly string[], stdin = ''): Promise<Run> {
    let stdout = '';
    let stderr = '';
    const io = this.io(
      stdin,
      (text) => (stdout += text),
      (text) => (stderr += text),
    );
    const exit = await kubectl(argv, io);
    return { stdout, stderr, exit };
  }

  private io(stdin: string, out: (text: string) => void, err: (text: string) => void): KubectlIo {
    const cancels: (() => void)[] = [];
    const start = this.time;
    const io: KubectlIo = {
      connect: () => io,
      client: {
        raw: (request) => Promise.resolve(this.server.handle({ headers: {}, body: '', ...request })),
        rawStream: (_request, handlers: StreamHandlers): HttpStream => {
          handlers.end?.();
          return { send: () => undefined, end: () => undefined, cancel: () => undefined };
        },
      },
      server: 'https://10.0.0.10:6443',
      stdout: out,
      stderr: err,
      stdin: { readAll: () => Promise.resolve(stdin), listen: () => () => undefined, isTerminal: false },
      files: {
        read: (path) => this.files.get(path),
        list: (directory) => {
          const inside = [...this.files.keys()]
            .filter((path) => path.startsWith(`${directory}/`))
            .map((path) => path.slice(directory.length + 1));
          return inside.length === 0 ? undefined : inside;
        },
        write: (path, text) => void this.files.set(path, text),
      },
      config: () => ({
        path: '/root/.kube/config',
        load: () => ({
          currentContext: 'kubarium',
          clusters: { kubarium: { server: 'https://10.0.0.10:6443' } },
          contexts: {
            kubarium: { cluster: 'kubarium', user: 'kubernetes-admin', namespace: this.namespace },
          },
          users: { 'kubernetes-admin': {} },
        }),
        save: () => undefined,
      }),
      cache: this.cache,
      now: () => this.time,
      sleep: (delay) => {
        this.time += delay;
        if (this.interruptAfter !== undefined && this.time >= start + this.interruptAfter)
          for (const each of cancels) each();
        return Promise.resolve();
      },
      deferred,
      pick: () => 0,
      network: { listen: () => () => undefined, serve: () => ({ close: () => undefined, active: 0 }) },
      edit: (_name, text) => {
        this.edited.push(text);
        return Promise.resolve(this.edit(text));
      },
      onInterrupt: (cancel) => {
        cancels.push(cancel);
        return () => undefined;
      },
    };
    return io;
  }
}

function deferred<T>(): Deferred<T> {
  let settle: Pick<Deferred<T>, 'resolve' | 'reject'> = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, resolve: (value) => settle.resolve(value), reject: (error) => settle.reject(error) };
}
