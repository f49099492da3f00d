import {
  CriPaths,
  type Container,
  type ContainerStatus,
  type CriError,
  type CriMethods,
  type Image,
  type PodSandbox,
} from '../../api/cri.ts';
import { isObject } from '../../lib/json.ts';
import type { Deferred, Micros } from '../../sim/env.ts';
import { RpcFailure, type HttpClient } from '../../sim/http.ts';
import { Tabwriter } from '../text/tabwriter.ts';

/** All that crictl touches: the runtime's socket on its machine. */
export interface CrictlIo {
  readonly runtime: HttpClient;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Microseconds since the Unix epoch. */
  now(): Micros;
  deferred<T>(): Deferred<T>;
  untilInterrupted(): Promise<void>;
}

class CrictlError extends Error {}

interface Call {
  readonly io: CrictlIo;
  readonly flags: ReadonlySet<string>;
  readonly args: readonly string[];
}

interface Command {
  readonly about: string;
  run(call: Call): Promise<number | void>;
}

const commands: Readonly<Record<string, Command>> = {
  exec: { about: 'Run a command in a running container', run: exec },
  images: { about: 'List images', run: images },
  inspect: { about: 'Display the status of one or more containers', run: inspect },
  logs: { about: 'Fetch the logs of a container', run: logs },
  pods: { about: 'List pods', run: pods },
  ps: { about: 'List containers', run: ps },
  pull: { about: 'Pull an image from a registry', run: pull },
  rm: { about: 'Remove one or more containers', run: rm },
  rmi: { about: 'Remove one or more images', run: rmi },
  rmp: { about: 'Remove one or more pods', run: rmp },
  stop: { about: 'Stop one or more running containers', run: stop },
  stopp: { about: 'Stop one or more running pods', run: stopp },
  version: { about: 'Display runtime version information', run: version },
};

/** Runs one command line; resolves with its exit code. */
export async function crictl(argv: readonly string[], io: CrictlIo): Promise<number> {
  const [name = 'help', ...rest] = argv;
  const command = commands[name];
  if (command === undefined) {
    const lines = Object.entries(commands).map(([verb, { about }]) => `   ${verb.padEnd(9)} ${about}`);
    io.stdout(
      `NAME:\n   crictl - client for CRI\n\nUSAGE:\n   crictl [global options] command [command options] [arguments...]\n\nCOMMANDS:\n${lines.join('\n')}\n`,
    );
    return name === 'help' || name === '--help' ? 0 : 1;
  }
  const flags = new Set(rest.filter((word) => word.startsWith('-')).map((word) => word.replace(/^-+/, '')));
  const isExec = name === 'exec';
  const first = rest.findIndex((word) => !word.startsWith('-'));
  const args = isExec ? rest.slice(first < 0 ? rest.length : first) : rest.filter((word) => !word.startsWith('-'));
  try {
    return (await command.run({ io, flags, args })) ?? 0;
  } catch (error) {
    if (error instanceof CrictlError) io.stderr(`FATA[0000] ${error.message} \n`);
    else if (error instanceof RpcFailure)
      io.stderr(
        `FATA[0000] validate service connection: validate CRI v1 runtime API for endpoint "unix:///run/containerd/containerd.sock": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused" \n`,
      );
    else throw error;
    return 1;
  }
}

async function rpc<M extends keyof CriMethods>(
  io: CrictlIo,
  method: M,
  request: CriMethods[M]['request'],
): Promise<CriMethods[M]['response']> {
  const response = await io.runtime.request({ method: 'POST', path: CriPaths[method], body: JSON.stringify(request) });
  if (response.status >= 200 && response.status < 300) {
    const value: CriMethods[M]['response'] = JSON.parse(response.body);
    return value;
  }
  throw new CrictlError(errorText(response.body));
}

function errorText(body: string): string {
  const error: unknown = JSON.parse(body);
  return isCriError(error) ? `rpc error: code = ${error.code} desc = ${error.message}` : body;
}
const isCriError = (value: unknown): value is CriError => isObject(value) && typeof value['message'] === 'string';

const shortId = (id: string) => id.slice(0, 13);
const stateText = (state: string) => {
  const word = state.replace(/^(CONTAINER|SANDBOX)_/, '').toLowerCase();
  return word === 'notready' ? 'NotReady' : word.charAt(0).toUpperCase() + word.slice(1);
};

/** "About a minute ago" (Models docker/go-units HumanDuration). */
export function agoText(micros: Micros): string {
  const seconds = Math.floor(micros / 1_000_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor((minutes + 30) / 60);
  if (seconds < 1) return 'Less than a second ago';
  if (seconds === 1) return '1 second ago';
  if (seconds < 60) return `${seconds} seconds ago`;
  if (minutes === 1) return 'About a minute ago';
  if (minutes < 60) return `${minutes} minutes ago`;
  if (hours === 1) return 'About an hour ago';
  if (hours < 48) return `${hours} hours ago`;
  return `${Math.floor(hours / 24)} days ago`;
}

function print(io: CrictlIo, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const table = new Tabwriter((text) => io.stdout(text), { minWidth: 20, padding: 3 });
  for (const row of [head, ...rows]) table.write(`${row.join('\t')}\n`);
  table.flush();
}

const newestFirst = <T extends { readonly createdAt: number }>(items: readonly T[]) =>
  [...items].sort((a, b) => b.createdAt - a.createdAt);

async function ps({ io, flags }: Call): Promise<void> {
  const all = flags.has('a') || flags.has('all');
  const { containers } = await rpc(io, 'listContainers', all ? {} : { state: 'CONTAINER_RUNNING' });
  const sandboxes = await rpc(io, 'listPodSandbox', {});
  const pod = new Map(sandboxes.items.map((sandbox) => [sandbox.id, sandbox]));
  if (flags.has('q') || flags.has('quiet')) return io.stdout(containers.map(({ id }) => `${id}\n`).join(''));
  const row = (container: Container) => {
    const metadata = pod.get(container.podSandboxId)?.metadata;
    return [
      shortId(container.id),
      shortId(container.imageRef.replace(/^.*sha256:/, '')),
      agoText(io.now() - container.createdAt),
      stateText(container.state),
      container.metadata.name,
      String(container.metadata.attempt),
      shortId(container.podSandboxId),
      metadata?.name ?? 'unknown',
      metadata?.namespace ?? 'unknown',
    ];
  };
  print(
    io,
    ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'],
    newestFirst(containers).map(row),
  );
}

async function pods({ io, flags }: Call): Promise<void> {
  const { items } = await rpc(io, 'listPodSandbox', {});
  if (flags.has('q') || flags.has('quiet')) return io.stdout(items.map(({ id }) => `${id}\n`).join(''));
  const row = (sandbox: PodSandbox) => [
    shortId(sandbox.id),
    agoText(io.now() - sandbox.createdAt),
    stateText(sandbox.state),
    sandbox.metadata.name,
    sandbox.metadata.namespace,
    String(sandbox.metadata.attempt),
    '(default)',
  ];
  print(io, ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'], newestFirst(items).map(row));
}

async function images({ io }: Call): Promise<void> {
  const answer = await rpc(io, 'listImages', {});
  const rows = answer.images.flatMap((image: Image) =>
    image.repoTags.map((tag) => {
      const colon = tag.lastIndexOf(':');
      return [
        tag.slice(0, colon),
        tag.slice(colon + 1),
        shortId(image.id.replace(/^sha256:/, '')),
        sizeText(image.size),
      ];
    }),
  );
  print(
    io,
    ['IMAGE', 'TAG', 'IMAGE ID', 'SIZE'],
    rows.sort((a, b) => ((a[0] ?? '') + (a[1] ?? '') < (b[0] ?? '') + (b[1] ?? '') ? -1 : 1)),
  );
}

/** Three significant digits, powers of 1000 (Models docker/go-units HumanSizeWithPrecision). */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const text = value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
  return `${text.includes('.') ? text.replace(/\.?0+$/, '') : text}${units[unit] ?? ''}`;
}

/** The one container whose id begins so. */
async function containerNamed(io: CrictlIo, id: string | undefined): Promise<Container> {
  if (id === undefined) throw new CrictlError('ID cannot be empty');
  const { containers } = await rpc(io, 'listContainers', {});
  const found = containers.filter((container) => container.id.startsWith(id));
  if (found.length > 1) throw new CrictlError(`ambiguous ID prefix: ${id}`);
  const [container] = found;
  if (container === undefined)
    throw new CrictlError(
      `rpc error: code = NotFound desc = an error occurred when try to find container "${id}": not found`,
    );
  return container;
}

async function sandboxNamed(io: CrictlIo, id: string | undefined): Promise<PodSandbox> {
  if (id === undefined) throw new CrictlError('ID cannot be empty');
  const { items } = await rpc(io, 'listPodSandbox', {});
  const sandbox = items.find((item) => item.id.startsWith(id));
  if (sandbox === undefined)
    throw new CrictlError(
      `rpc error: code = NotFound desc = an error occurred when try to find sandbox "${id}": not found`,
    );
  return sandbox;
}

async function inspect({ io, args }: Call): Promise<void> {
  const container = await containerNamed(io, args[0]);
  const { status } = await rpc(io, 'containerStatus', { containerId: container.id });
  const shown: ContainerStatus = status;
  io.stdout(`${JSON.stringify({ status: shown }, null, 2)}\n`);
}

async function logs({ io, args, flags }: Call): Promise<void> {
  const container = await containerNamed(io, args[0]);
  const follow = flags.has('f') || flags.has('follow');
  await streamOf(io, CriPaths.containerLog, { containerId: container.id, follow }, follow, (data) =>
    io.stdout(plainLog(data)),
  );
}

/** CRI log lines without time and stream. */
function plainLog(data: string): string {
  return data.replace(/^\S+ (?:stdout|stderr) [FP] /gm, '');
}

async function streamOf(
  io: CrictlIo,
  path: string,
  request: object,
  endless: boolean,
  data: (data: string, channel: number) => void,
): Promise<void> {
  const ended = io.deferred<void>();
  const stream = io.runtime.stream(
    { method: 'POST', path, body: JSON.stringify(request) },
    {
      head: (response) => {
        if (response.status >= 300) io.stderr(`FATA[0000] ${errorText(response.body)} \n`);
      },
      data,
      end: () => ended.resolve(),
      fail: () => ended.resolve(),
    },
  );
  await (endless ? Promise.race([ended.promise, io.untilInterrupted()]) : ended.promise);
  stream.cancel();
}

async function exec({ io, args }: Call): Promise<number> {
  const [id, ...cmd] = args;
  const container = await containerNamed(io, id);
  if (cmd.length === 0) throw new CrictlError('no command specified');
  const result = await rpc(io, 'execSync', { containerId: container.id, cmd, timeout: 0 });
  io.stdout(result.stdout);
  io.stderr(result.stderr);
  if (result.exitCode !== 0)
    io.stderr(`FATA[0000] execing command in container: command terminated with exit code ${result.exitCode} \n`);
  return result.exitCode === 0 ? 0 : 1;
}

async function pull({ io, args }: Call): Promise<void> {
  const image = args[0];
  if (image === undefined) throw new CrictlError('Image name cannot be empty');
  const { imageRef } = await rpc(io, 'pullImage', { image });
  io.stdout(`Image is up to date for ${imageRef}\n`);
}

async function stop({ io, args }: Call): Promise<void> {
  for (const id of args) {
    const container = await containerNamed(io, id);
    await rpc(io, 'stopContainer', { containerId: container.id, timeout: 0 });
    io.stdout(`${id}\n`);
  }
}

async function rm({ io, args, flags }: Call): Promise<void> {
  for (const id of args) {
    const container = await containerNamed(io, id);
    if (container.state === 'CONTAINER_RUNNING' && !flags.has('f') && !flags.has('force'))
      throw new CrictlError(`container "${id}" is running, please stop it first`);
    await rpc(io, 'removeContainer', { containerId: container.id });
    io.stdout(`${id}\n`);
  }
}

async function stopp({ io, args }: Call): Promise<void> {
  for (const id of args) {
    const sandbox = await sandboxNamed(io, id);
    await rpc(io, 'stopPodSandbox', { podSandboxId: sandbox.id });
    io.stdout(`Stopped sandbox ${id}\n`);
  }
}

async function rmp({ io, args }: Call): Promise<void> {
  for (const id of args) {
    const sandbox = await sandboxNamed(io, id);
    await rpc(io, 'removePodSandbox', { podSandboxId: sandbox.id });
    io.stdout(`Removed sandbox ${id}\n`);
  }
}

async function rmi({ io, args }: Call): Promise<void> {
  for (const image of args) {
    await rpc(io, 'removeImage', { image });
    io.stdout(`Deleted: ${image}\n`);
  }
}

async function version({ io }: Call): Promise<void> {
  const answer = await rpc(io, 'version', {});
  io.stdout(
    `Version:  0.1.0\nRuntimeName:  ${answer.runtimeName}\nRuntimeVersion:  ${answer.runtimeVersion}\nRuntimeApiVersion:  ${answer.runtimeApiVersion}\n`,
  );
}
