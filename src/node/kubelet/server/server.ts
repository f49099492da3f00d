import type { Pod } from '../../../api/types.gen.ts';
import { Ports } from '../../../api/ports.ts';
import type { Exchange, StreamHandlers } from '../../../sim/http.ts';
import { serveHttp } from '../../../sim/http-server.ts';
import type { Kubelet } from '../context.ts';
import type { PodWorkers } from '../pod-workers.ts';
import { findContainer } from '../runtime-status.ts';
import { sendLogs } from './logs.ts';

/** The kubelet's own API, on :10250, and its health, on localhost:10248. */
export function serveKubelet(kubelet: Kubelet, workers: PodWorkers): void {
  const { env } = kubelet;
  serveHttp(env, `127.0.0.1:${Ports.kubeletHealthz}`, (exchange) => health(kubelet, exchange), { protocol: 'kubelet' });
  serveHttp(env, `0.0.0.0:${Ports.kubelet}`, (exchange) => route(kubelet, workers, exchange), { protocol: 'kubelet' });
}

function health(kubelet: Kubelet, exchange: Exchange): void {
  const problem = kubelet.pleg.health();
  if (problem === undefined) exchange.respond(200, 'ok', { 'content-type': 'text/plain; charset=utf-8' });
  else exchange.respond(500, `healthz check failed: ${problem}\n`, { 'content-type': 'text/plain; charset=utf-8' });
}

function route(kubelet: Kubelet, workers: PodWorkers, exchange: Exchange): void {
  const { path } = exchange.request;
  const at = path.indexOf('?');
  const segments = (at < 0 ? path : path.slice(0, at)).split('/').slice(1).map(decodeURIComponent);
  const query = parseQuery(at < 0 ? '' : path.slice(at + 1));
  const [what, ...rest] = segments;
  switch (what) {
    case 'healthz':
      return health(kubelet, exchange);
    case 'pods':
      return exchange.respond(
        200,
        JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: podList(kubelet) }),
        { 'content-type': 'application/json' },
      );
    case 'containerLogs':
      return sendLogs(kubelet, exchange, rest, query);
    case 'exec':
    case 'attach':
    case 'run':
      return stream(kubelet, workers, exchange, what === 'attach' ? 'attach' : 'exec', rest, query);
    case 'portForward':
      return portForward(kubelet, exchange, rest, query);
    default:
      return exchange.respond(404, '404 page not found\n', { 'content-type': 'text/plain; charset=utf-8' });
  }
}

function podList(kubelet: Kubelet): readonly Pod[] {
  return kubelet.pods.list().map((pod) => {
    const status = kubelet.statuses.get(pod.metadata.uid ?? '');
    return status === undefined ? pod : { ...pod, status };
  });
}

/** The pod that the API means, under the name it has there. */
export function findPod(kubelet: Kubelet, namespace: string, name: string): Pod | undefined {
  return kubelet.pods.byName(namespace, name);
}

export type Query = ReadonlyMap<string, readonly string[]>;

export function parseQuery(text: string): Query {
  const query = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const decode = (part: string): string => decodeURIComponent(part.replace(/\+/g, ' '));
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const values = query.get(name) ?? [];
    values.push(at < 0 ? '' : decode(pair.slice(at + 1)));
    query.set(name, values);
  }
  return query;
}

function isOn(query: Query, name: string): boolean {
  const value = query.get(name)?.[0];
  return value === '1' || value === 'true';
}

function stream(
  kubelet: Kubelet,
  workers: PodWorkers,
  exchange: Exchange,
  method: 'exec' | 'attach',
  [namespace = '', name = '', container = '']: readonly string[],
  query: Query,
): void {
  const pod = findPod(kubelet, namespace, name);
  if (pod === undefined) return plain(exchange, 404, 'pod does not exist');
  const uid = pod.metadata.uid ?? '';
  const found = findContainer(kubelet.pleg.get(uid), container);
  if (found?.state !== 'CONTAINER_RUNNING' || workers.get(uid) === undefined)
    return plain(exchange, 404, `container not found ("${container}")`);
  const request = {
    containerId: found.id,
    cmd: query.get('command') ?? [],
    tty: isOn(query, 'tty'),
    stdin: isOn(query, 'input') || isOn(query, 'stdin'),
    stdout: isOn(query, 'output') || isOn(query, 'stdout'),
    stderr: isOn(query, 'error') || isOn(query, 'stderr'),
  };
  relay(exchange, (handlers) => kubelet.cri.stream(method, request, handlers));
}

function portForward(
  kubelet: Kubelet,
  exchange: Exchange,
  [namespace = '', name = '']: readonly string[],
  query: Query,
): void {
  const pod = findPod(kubelet, namespace, name);
  if (pod === undefined) return plain(exchange, 404, 'pod does not exist');
  const sandbox = kubelet.pleg.get(pod.metadata.uid ?? '').sandboxes.find(({ state }) => state === 'SANDBOX_READY');
  if (sandbox === undefined) return plain(exchange, 404, `not found ("${name}")`);
  const port = Number(query.get('port')?.[0] ?? query.get('ports')?.[0] ?? 0);
  relay(exchange, (handlers) => kubelet.cri.stream('portForward', { podSandboxId: sandbox.id, port }, handlers));
}

/** Joins the caller's exchange with one of the runtime's. */
function relay(exchange: Exchange, open: (handlers: StreamHandlers) => ReturnType<Kubelet['cri']['stream']>): void {
  let down: ReturnType<Exchange['start']> | undefined;
  let refused = false;
  const up = open({
    head: ({ status, body }) => {
      if (status === 200) down = exchange.start(200);
      else {
        refused = true;
        plain(exchange, 500, errorText(body));
      }
    },
    data: (data, channel) => down?.send(data, channel),
    end: () => {
      if (!refused) down?.end();
    },
    fail: () => {
      if (down !== undefined) down.end();
      else if (!refused) plain(exchange, 500, 'error dialing backend: EOF');
    },
  });
  exchange.on({ data: (data, channel) => up.send(data, channel), end: () => up.end(), closed: () => up.cancel() });
}

function errorText(body: string): string {
  return (JSON.parse(body) as { message?: string }).message ?? body;
}

export function plain(exchange: Exchange, status: number, text: string): void {
  exchange.respond(status, `${text}\n`, { 'content-type': 'text/plain; charset=utf-8' });
}
