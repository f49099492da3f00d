// Models pkg/registry/core/pod/{strategy.go,rest}: log, exec, attach and port-forward go on to the kubelet of the pod's node.
import type { Container, Pod } from '../../../api/types.gen.ts';
import type { HttpClient, HttpStream } from '../../../sim/http.ts';
import type { RequestContext } from '../context.ts';
import type { Handler } from '../handle.ts';
import type { ServedResource, Server } from '../server.ts';
import { NODE } from '../../../api/kinds/index.ts';
import { Ports } from '../../../api/ports.ts';
import type { ApiError } from '../../../api/status.ts';
import { badRequest, failure, internalError } from '../../../api/status.ts';
import { SECOND } from '../../../lib/time.ts';
import type { RpcFailure } from '../../../sim/http.ts';
import { getObject } from '../handlers/read.ts';
import { isTrue } from '../request-info.ts';
import { asPod } from '../resources/pod.ts';
import { respondError } from '../respond.ts';
import { asNode } from '../tables/node.ts';

export const handleLog: Handler = async (server, ctx, resource) => {
  const { namespace, name } = ctx.info;
  const pod = asPod(await getObject(server, resource, namespace, name));
  checkLogOptions(ctx.query);
  const container = containerFor(pod, ctx.query.get('container') ?? '');
  const address = await kubeletOf(server, pod);
  if (address === undefined) {
    // Not scheduled yet: there is nothing to show, which is no error.
    ctx.exchange.respond(200, '', { 'content-type': 'text/plain' });
    return;
  }
  const query = new URLSearchParams();
  for (const option of LOG_OPTIONS) {
    const value = ctx.query.get(option);
    if (value !== null) query.set(option, value);
  }
  relay(server, ctx, address, 'GET', `/containerLogs/${namespace}/${name}/${container}${suffix(query)}`);
};

const LOG_OPTIONS = ['follow', 'limitBytes', 'previous', 'sinceSeconds', 'sinceTime', 'tailLines', 'timestamps'];

function checkLogOptions(query: URLSearchParams): void {
  const tail = query.get('tailLines');
  if (tail !== null && Number(tail) < 0) {
    throw badRequest(
      `PodLogOptions "" is invalid: tailLines: Invalid value: ${tail}: must be greater than or equal to 0`,
    );
  }
}

export const handlePodStream: Handler = async (server, ctx, resource) => {
  const { namespace, name, subresource } = ctx.info;
  const pod = asPod(await getObject(server, resource, namespace, name));
  if (subresource === 'portforward') {
    const address = await scheduledKubeletOf(server, pod);
    relay(
      server,
      ctx,
      address,
      'POST',
      `/portForward/${namespace}/${name}${suffix(copied(ctx.query, ['ports', 'port']))}`,
    );
    return;
  }
  const container = containerFor(pod, ctx.query.get('container') ?? '');
  const query = new URLSearchParams();
  for (const command of ctx.query.getAll('command')) query.append('command', command);
  for (const [asked, passed] of STREAMS) if (isTrue(ctx.query.get(asked))) query.set(passed, '1');
  const path = subresource === 'exec' ? 'exec' : 'attach';
  const address = await scheduledKubeletOf(server, pod);
  relay(server, ctx, address, 'POST', `/${path}/${namespace}/${name}/${container}${suffix(query)}`);
};

const STREAMS: readonly (readonly [string, string])[] = [
  ['stdin', 'input'],
  ['stdout', 'output'],
  ['stderr', 'error'],
  ['tty', 'tty'],
];

/** Passes any request on to a node's kubelet: /api/v1/nodes/{name}/proxy/{path}. */
export const handleNodeProxy: Handler = async (server, ctx) => {
  const { name, path } = ctx.info;
  const address = await addressOfNode(server, name);
  const rest = path.slice(path.indexOf('/proxy') + '/proxy'.length);
  relay(server, ctx, address, ctx.exchange.request.method, `${rest === '' ? '/' : rest}${suffix(ctx.query)}`);
};

function suffix(query: URLSearchParams): string {
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

function copied(query: URLSearchParams, names: readonly string[]): URLSearchParams {
  const copy = new URLSearchParams();
  for (const name of names) for (const value of query.getAll(name)) copy.append(name, value);
  return copy;
}

/** The container asked for, else the only one or the default one. Throws ApiError with upstream's texts. */
function containerFor(pod: Pod, asked: string): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const { name } = pod.metadata;
  if (asked !== '') {
    const all = [...containers, ...initContainers, ...ephemeralContainers];
    if (all.some((container) => container.name === asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const only = containers[0];
  if (only !== undefined && containers.length === 1) return only.name;
  const chosen = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (chosen !== undefined && containers.some((container) => container.name === chosen)) return chosen;
  if (containers.length === 0) throw badRequest(`a container name must be specified for pod ${name}`);
  const listed = (list: readonly Pick<Container, 'name'>[]): string => `[${list.map((each) => each.name).join(' ')}]`;
  const init = initContainers.length === 0 ? '' : ` or one of the init containers: ${listed(initContainers)}`;
  const debug =
    ephemeralContainers.length === 0 ? '' : ` or one of the ephemeral containers: ${listed(ephemeralContainers)}`;
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: ${listed(containers)}${init}${debug}`,
  );
}

async function scheduledKubeletOf(server: Server, pod: Pod): Promise<string> {
  const address = await kubeletOf(server, pod);
  if (address === undefined) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return address;
}

async function kubeletOf(server: Server, pod: Pod): Promise<string | undefined> {
  const node = pod.spec?.nodeName ?? '';
  return node === '' ? undefined : addressOfNode(server, node);
}

async function addressOfNode(server: Server, name: string): Promise<string> {
  const nodes: ServedResource = server.storage(NODE);
  const node = asNode(await getObject(server, nodes, '', name));
  const address = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  if (address === undefined) throw internalError(`no preferred addresses found; known addresses: []`);
  return `${address}:${port === 0 ? Ports.kubelet : port}`;
}

const DIAL_TIMEOUT = 30 * SECOND;

function clientFor(server: Server, address: string): HttpClient {
  const known = server.kubelets.get(address);
  if (known !== undefined) return known;
  const client = server.createHttpClient(server.env, address, {
    protocol: 'kubelet',
    userAgent: 'kube-apiserver',
    connectTimeout: DIAL_TIMEOUT,
  });
  server.kubelets.set(address, client);
  return client;
}

/** Joins the client's exchange with one to the kubelet, both ways, until either ends. */
function relay(server: Server, ctx: RequestContext, address: string, method: string, path: string): void {
  const { exchange } = ctx;
  let down: HttpStream | undefined;
  let over = false;
  const up = clientFor(server, address).stream(
    { method, path, headers: { 'x-remote-user': 'kube-apiserver-kubelet-client' }, body: '' },
    {
      head(response) {
        if (response.status >= 300) {
          over = true;
          if (path.startsWith('/containerLogs')) respondError(ctx, logError(response.status, response.body));
          else exchange.respond(response.status, response.body, response.headers);
          return;
        }
        down = exchange.start(response.status, response.headers);
      },
      data: (data, channel) => down?.send(data, channel),
      end() {
        if (!over) down?.end();
        over = true;
      },
      fail(failure) {
        if (over) return;
        over = true;
        if (down === undefined) respondError(ctx, dialError(address, path, failure));
        else down.cancel();
      },
    },
    { protocol: 'kubelet' },
  );
  exchange.on({
    data: (data, channel) => up.send(data, channel),
    end: () => up.end(),
    closed() {
      if (!over) up.cancel();
      over = true;
    },
  });
}

/** What a kubelet says of a log becomes a Status. Models registry/generic/rest: GenericHttpResponseChecker. */
function logError(status: number, text: string): ApiError {
  if (status === 400) return badRequest(text);
  if (status === 500) return internalError(text);
  return failure(status, status === 404 ? 'NotFound' : 'Unknown', status === 404 ? GENERIC_NOT_FOUND : text, {
    causes: [{ reason: 'UnexpectedServerResponse', message: text }],
  });
}

const GENERIC_NOT_FOUND = 'the server could not find the requested resource';

/** In the words of Go's HTTP client. */
function dialError(address: string, path: string, failure: RpcFailure): ReturnType<typeof internalError> {
  const cause = {
    refused: 'connect: connection refused',
    timeout: 'i/o timeout',
    reset: 'EOF',
    unreachable: 'connect: no route to host',
    cancelled: 'context canceled',
  }[failure.reason];
  const [route = path] = path.split('?');
  if (route.startsWith('/containerLogs'))
    return internalError(`Get "https://${address}${path}": dial tcp ${address}: ${cause}`);
  return internalError(`error dialing backend: dial tcp ${address}: ${cause}`);
}
