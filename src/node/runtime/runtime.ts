import { CriPaths, CriSocket, type ContainerLogRequest, type CriError, type ExecRequest } from '../../api/cri.ts';
import type { Env, Program } from '../../sim/env.ts';
import type { Exchange } from '../../sim/http.ts';
import { serveHttp } from '../../sim/http-server.ts';
import { argvOf, parseFlags } from '../../lib/flags.ts';
import { Containers } from './containers.ts';
import { CriFailure } from './cri-error.ts';
import { ImageStore } from './image-store.ts';
import { Logs, selectLines } from './logs.ts';
import { Sandboxes } from './sandboxes.ts';
import { attachStream, execStream, execSync, portForward } from './streams.ts';

/** Address of the registry that stands for all registries of the internet. */
const DEFAULT_REGISTRY = '203.0.113.20:5000';

/**
 * containerd: sandboxes, containers and images behind CRI. Containers are processes of their own, which outlive a restart
 * of this one; what it knows of them is on disk. Argument `argv`: `--registry=203.0.113.20:5000`.
 */
export const containerRuntime: Program = (env) => {
  const flags = parseFlags(argvOf(env.args));
  const logs = new Logs(env);
  const images = new ImageStore(env, flags.get('registry') ?? DEFAULT_REGISTRY);
  const sandboxes = new Sandboxes(env);
  const containers = new Containers(env, { logs, images, sandboxes });
  const runtime: Runtime = { env, logs, images, sandboxes, containers };
  const unary = unaryMethods(runtime);
  const streams = streamMethods(runtime);
  serveHttp(
    env,
    CriSocket,
    (exchange) => {
      const { path, body } = exchange.request;
      const stream = streams[path];
      const method = unary[path];
      if (stream !== undefined) return guard(exchange, () => stream(exchange, body));
      if (method === undefined) return fail(exchange, new CriFailure('Unimplemented', `unknown method ${path}`));
      env.spawn(async () => {
        try {
          exchange.respond(200, JSON.stringify(await method(body)));
        } catch (error) {
          if (!(error instanceof CriFailure)) throw error;
          fail(exchange, error);
        }
      });
    },
    { protocol: 'cri' },
  );
  env.onSignal(() => env.exit(0));
};

export interface Runtime {
  readonly env: Env;
  readonly logs: Logs;
  readonly images: ImageStore;
  readonly sandboxes: Sandboxes;
  readonly containers: Containers;
}

type Unary = (body: string) => Promise<unknown>;

function unaryMethods({ env, containers, images, sandboxes }: Runtime): Readonly<Record<string, Unary>> {
  const on =
    <T>(action: (request: T) => unknown): Unary =>
    async (body) =>
      (await action(decode<T>(body))) ?? {};
  return {
    [CriPaths.version]: on(() => ({ runtimeName: 'containerd', runtimeVersion: 'v2.1.5', runtimeApiVersion: 'v1' })),
    [CriPaths.status]: on(() => ({
      conditions: [
        { type: 'RuntimeReady', status: true, reason: '', message: '' },
        sandboxes.networkReady
          ? { type: 'NetworkReady', status: true, reason: '', message: '' }
          : {
              type: 'NetworkReady',
              status: false,
              reason: 'NetworkPluginNotReady',
              message: 'Network plugin returns error: cni plugin not initialized',
            },
      ],
    })),
    [CriPaths.updateRuntimeConfig]: on<{ podCidr: string }>(({ podCidr }) => sandboxes.setPodCidr(podCidr)),
    [CriPaths.runPodSandbox]: on<{ config: Parameters<Sandboxes['run']>[0] }>(async ({ config }) => ({
      podSandboxId: await sandboxes.run(config),
    })),
    [CriPaths.stopPodSandbox]: on<{ podSandboxId: string }>(async ({ podSandboxId }) => {
      const sandbox = sandboxes.find(podSandboxId);
      if (sandbox === undefined) return;
      await containers.stopAll(sandbox.id);
      sandboxes.stop(sandbox.id);
    }),
    [CriPaths.removePodSandbox]: on<{ podSandboxId: string }>(async ({ podSandboxId }) => {
      const sandbox = sandboxes.find(podSandboxId);
      if (sandbox === undefined) return;
      await containers.stopAll(sandbox.id);
      containers.removeAll(sandbox.id);
      sandboxes.remove(sandbox.id);
    }),
    [CriPaths.podSandboxStatus]: on<{ podSandboxId: string }>(({ podSandboxId }) => ({
      status: sandboxes.status(podSandboxId),
    })),
    [CriPaths.listPodSandbox]: on<{ podUid?: string; state?: string }>(({ podUid, state }) => ({
      items: sandboxes
        .list()
        .filter(
          (item) =>
            (podUid === undefined || item.metadata.uid === podUid) && (state === undefined || item.state === state),
        ),
    })),
    [CriPaths.createContainer]: on<Parameters<Containers['create']>[0]>((request) => ({
      containerId: containers.create(request),
    })),
    [CriPaths.startContainer]: on<{ containerId: string }>(({ containerId }) => containers.start(containerId)),
    [CriPaths.stopContainer]: on<{ containerId: string; timeout: number }>(({ containerId, timeout }) =>
      containers.stop(containerId, timeout),
    ),
    [CriPaths.removeContainer]: on<{ containerId: string }>(({ containerId }) => containers.remove(containerId)),
    [CriPaths.listContainers]: on<{ podSandboxId?: string; state?: string }>(({ podSandboxId, state }) => ({
      containers: containers
        .list()
        .filter(
          (item) =>
            (podSandboxId === undefined || item.podSandboxId === podSandboxId) &&
            (state === undefined || item.state === state),
        ),
    })),
    [CriPaths.containerStatus]: on<{ containerId: string }>(({ containerId }) => ({
      status: containers.status(containerId),
    })),
    [CriPaths.execSync]: on<Parameters<typeof execSync>[2]>((request) => execSync(env, containers, request)),
    [CriPaths.listImages]: on(() => ({ images: images.list() })),
    [CriPaths.imageStatus]: on<{ image: string }>(({ image }) => {
      const found = images.find(image);
      return found === undefined ? {} : { image: found.image };
    }),
    [CriPaths.pullImage]: on<{ image: string }>(async ({ image }) => ({ imageRef: await images.pull(image) })),
    [CriPaths.removeImage]: on<{ image: string }>(({ image }) => images.remove(image)),
  };
}

type Streaming = (exchange: Exchange, body: string) => void;

function streamMethods({ env, containers, logs, sandboxes }: Runtime): Readonly<Record<string, Streaming>> {
  return {
    [CriPaths.exec]: (exchange, body) => execStream(env, containers, exchange, decode<ExecRequest>(body)),
    [CriPaths.attach]: (exchange, body) => attachStream(containers, exchange, decode<ExecRequest>(body)),
    [CriPaths.portForward]: (exchange, body) =>
      portForward(env, sandboxes, exchange, decode<{ podSandboxId: string; port: number }>(body)),
    [CriPaths.containerLog]: (exchange, body) =>
      streamLog(containers, logs, exchange, decode<ContainerLogRequest>(body)),
  };
}

function streamLog(containers: Containers, logs: Logs, exchange: Exchange, request: ContainerLogRequest): void {
  const { id } = containers.must(request.containerId);
  const stream = exchange.start(200);
  let left = request.limitBytes ?? Number.MAX_SAFE_INTEGER;
  const send = (lines: string): void => {
    if (lines !== '' && left > 0) stream.send(lines.slice(0, left), 1);
    left -= lines.length;
  };
  send(selectLines(logs.read(id), request));
  if (!request.follow || left <= 0 || !containers.running(id)) return stream.end();
  const stopFollowing = logs.follow(id, send);
  const stopWaiting = containers.onExit(id, () => {
    stopFollowing();
    stream.end();
  });
  exchange.on({
    closed: () => {
      stopFollowing();
      stopWaiting();
    },
  });
}

function guard(exchange: Exchange, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof CriFailure)) throw error;
    fail(exchange, error);
  }
}

function fail(exchange: Exchange, { code, message }: CriFailure): void {
  const error: CriError = { code, message };
  exchange.respond(500, JSON.stringify(error));
}

function decode<T>(body: string): T {
  return JSON.parse(body === '' ? '{}' : body) as T;
}
