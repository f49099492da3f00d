import type { Container, ContainerConfig, ContainerStatus, PodSandboxConfig } from '../../api/cri.ts';
import { MILLISECOND, SECOND, type Child, type Env, type ExitStatus, type JsonObject } from '../../sim/env.ts';
import { CriFailure, notFound } from './cri-error.ts';
import type { ContainerArgs } from './container/container.ts';
import { FileSystem, type MountPoint } from '../../unix/file-system.ts';
import { lookUp } from '../../unix/task.ts';
import type { ImageStore } from './image-store.ts';
import { IMAGE_CONTENTS } from './images/index.ts';
import type { Logs } from './logs.ts';
import { decodeContainer, RecordStore, type ContainerRecord } from './records.ts';
import type { Sandboxes } from './sandboxes.ts';

/** What creating a container's snapshot and starting its shim take. */
const CREATE_TIME = 20 * MILLISECOND;
const START_TIME = 60 * MILLISECOND;
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const RUNC =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init';

interface Parts {
  readonly logs: Logs;
  readonly images: ImageStore;
  readonly sandboxes: Sandboxes;
}

export class Containers {
  readonly #env: Env;
  readonly #parts: Parts;
  readonly #records: RecordStore<ContainerRecord>;
  readonly #children = new Map<string, Child>();
  readonly #exitHandlers = new Map<string, Set<() => void>>();
  readonly #outputHandlers = new Map<string, Set<(text: string, stream: 'stdout' | 'stderr') => void>>();

  constructor(env: Env, parts: Parts) {
    this.#env = env;
    this.#parts = parts;
    this.#records = new RecordStore(env, 'containers', decodeContainer);
    const adopted = new Map(env.adopted.map((child) => [child.name, child]));
    for (const record of this.#records.values()) {
      const child = adopted.get(record.id);
      if (child !== undefined) {
        // It was started when there was no room to write that down.
        if (record.state === 'CONTAINER_CREATED')
          this.#records.put({ ...record, state: 'CONTAINER_RUNNING', startedAt: env.now() });
        this.#watch(record.id, child);
      } else if (record.state === 'CONTAINER_RUNNING') this.#lost(record);
    }
  }

  /** Its process went away while nobody looked: a power-off, mostly. */
  #lost(record: ContainerRecord): void {
    this.#records.put({
      ...record,
      state: 'CONTAINER_EXITED',
      exitCode: 255,
      reason: 'Unknown',
      finishedAt: this.#env.now(),
    });
  }

  create({
    podSandboxId,
    config,
    sandboxConfig,
  }: {
    readonly podSandboxId: string;
    readonly config: ContainerConfig;
    readonly sandboxConfig: PodSandboxConfig;
  }): string {
    const sandbox = this.#parts.sandboxes.must(podSandboxId);
    const image = this.#parts.images.find(config.image);
    if (image === undefined)
      throw new CriFailure(
        'NotFound',
        `failed to create containerd container: error unpacking image: image "${config.image}": not found`,
      );
    const id = this.#env.random.hex(64);
    const { annotations, labels } = config;
    const added = this.#records.add({
      id,
      sandboxId: sandbox.id,
      config: { ...config, annotations: { ...annotations }, labels: { ...sandboxConfig.labels, ...labels } },
      image: image.name,
      imageRef: image.image.repoDigests[0] ?? image.image.id,
      createdAt: this.#env.now(),
      state: 'CONTAINER_CREATED',
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      reason: '',
      message: '',
    });
    if (!added) {
      const root = `/var/lib/containerd/io.containerd.grpc.v1.cri/containers/${id}`;
      throw new CriFailure(
        'Unknown',
        `failed to create container root directory "${root}": mkdir ${root}: no space left on device`,
      );
    }
    this.#note(id, 'created');
    return id;
  }

  async start(containerId: string): Promise<void> {
    const { id } = this.must(containerId);
    await this.#env.sleep(CREATE_TIME + START_TIME);
    const record = this.must(id);
    if (record.state !== 'CONTAINER_CREATED')
      throw new CriFailure('Unknown', `container "${id}" is not in created state`);
    const image = this.#parts.images.find(record.image);
    if (image === undefined) throw new CriFailure('NotFound', `image "${record.image}": not found`);
    const { family, release } = image.entry;
    const sandbox = this.#parts.sandboxes.must(record.sandboxId);
    const args = containerArgs(record, image.entry, sandbox.config.hostname);
    const problem = family.ownWorker === true ? undefined : startProblem(this.#env, family.program, args);
    if (problem !== undefined) this.#failStart(record, problem);
    const program = family.program;
    const child = this.#env.exec({
      program,
      name: id,
      args:
        family.ownWorker === true || IMAGE_CONTENTS[program] === undefined
          ? programArgs(record, args, release.version)
          : toJson(args),
      ip: sandbox.ip,
      ...(family.ownWorker === true ? { ownWorker: true } : {}),
    });
    this.#records.put({ ...record, state: 'CONTAINER_RUNNING', startedAt: this.#env.now() });
    this.#env.disk.fsync(() => {});
    this.#note(id, 'running');
    this.#watch(id, child);
  }

  #failStart(record: ContainerRecord, problem: string): never {
    const now = this.#env.now();
    this.#records.put({
      ...record,
      state: 'CONTAINER_EXITED',
      startedAt: 0,
      finishedAt: now,
      exitCode: 128,
      reason: 'StartError',
      message: problem,
    });
    this.#note(record.id, 'exited', 128);
    throw new CriFailure('Unknown', problem);
  }

  #watch(id: string, child: Child): void {
    this.#children.set(id, child);
    child.on({
      exit: (status) => this.#exited(id, status),
      output: (text, stream) => {
        this.#parts.logs.write(id, text, stream);
        for (const on of this.#outputHandlers.get(id) ?? []) on(text, stream);
      },
    });
  }

  #exited(id: string, status: ExitStatus): void {
    this.#children.delete(id);
    if (status.error !== undefined) this.#parts.logs.write(id, `panic: ${status.error}\n`, 'stderr');
    this.#parts.logs.close(id);
    const record = this.#records.get(id);
    if (record !== undefined) {
      const exitCode = status.error === undefined ? status.code : 2;
      const oom = record.message === OUT_OF_MEMORY;
      const reason = oom ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error';
      this.#records.put({
        ...record,
        state: 'CONTAINER_EXITED',
        finishedAt: this.#env.now(),
        exitCode,
        reason,
        message: '',
      });
      this.#env.disk.fsync(() => {});
      this.#note(id, 'exited', exitCode);
    }
    const handlers = [...(this.#exitHandlers.get(id) ?? [])];
    this.#exitHandlers.delete(id);
    this.#outputHandlers.delete(id);
    for (const on of handlers) on();
  }

  /** Asks the container to end, waits, then kills it. Answers when it has ended. */
  async stop(containerId: string, timeout: number): Promise<void> {
    const record = this.#records.find(containerId);
    const child = record === undefined ? undefined : this.#children.get(record.id);
    if (record === undefined || child === undefined) return;
    const ended = this.#env.deferred<void>();
    this.onExit(record.id, () => ended.resolve());
    const kill = (): void => child.kill('SIGKILL');
    const cancel = timeout > 0 ? this.#env.after(timeout * SECOND, kill) : undefined;
    if (timeout > 0) child.kill('SIGTERM');
    else kill();
    await ended.promise;
    cancel?.();
  }

  async stopAll(sandboxId: string): Promise<void> {
    for (const record of this.#of(sandboxId)) await this.stop(record.id, 0);
  }

  remove(containerId: string): void {
    const record = this.#records.find(containerId);
    if (record === undefined) return;
    if (record.state === 'CONTAINER_RUNNING')
      throw new CriFailure(
        'Unknown',
        `failed to set removing state for container "${record.id}": container is still running, to stop first`,
      );
    this.#discard(record);
  }

  removeAll(sandboxId: string): void {
    for (const record of this.#of(sandboxId)) this.#discard(record);
  }

  #discard(record: ContainerRecord): void {
    this.#records.remove(record.id);
    this.#parts.logs.remove(record.id);
    for (const path of this.#env.disk.list(`${rootOf(record.id)}/`)) this.#env.disk.remove(path);
  }

  #of(sandboxId: string): readonly ContainerRecord[] {
    return this.#records.values().filter((record) => record.sandboxId === sandboxId);
  }

  must(id: string): ContainerRecord {
    const record = this.#records.find(id);
    if (record === undefined) throw notFound('container', id);
    return record;
  }

  running(id: string): boolean {
    return this.#children.has(id);
  }

  child(id: string): Child | undefined {
    return this.#children.get(id);
  }

  onExit(id: string, on: () => void): () => void {
    const handlers = this.#exitHandlers.get(id) ?? new Set();
    handlers.add(on);
    this.#exitHandlers.set(id, handlers);
    return () => handlers.delete(on);
  }

  onOutput(id: string, on: (text: string, stream: 'stdout' | 'stderr') => void): () => void {
    const handlers = this.#outputHandlers.get(id) ?? new Set();
    handlers.add(on);
    this.#outputHandlers.set(id, handlers);
    return () => handlers.delete(on);
  }

  list(): readonly Container[] {
    return this.#records.values().map(toContainer);
  }

  status(containerId: string): ContainerStatus {
    const record = this.must(containerId);
    const { startedAt, finishedAt, exitCode, reason, message } = record;
    return { ...toContainer(record), startedAt, finishedAt, exitCode, reason, message };
  }

  #note(id: string, state: 'created' | 'running' | 'exited', code?: number): void {
    const { config } = this.must(id);
    const label = (name: string): string => config.labels[`io.kubernetes.${name}`] ?? '';
    this.#env.trace({
      type: 'container',
      pod: `${label('pod.namespace')}/${label('pod.name')}`,
      uid: label('pod.uid'),
      container: config.metadata.name,
      id,
      node: this.#env.host,
      state,
      ...(code === undefined ? {} : { code }),
    });
  }
}

const OUT_OF_MEMORY = 'out of memory';

function toContainer({ id, sandboxId, config, image, imageRef, state, createdAt }: ContainerRecord): Container {
  const { metadata, labels, annotations } = config;
  return { id, podSandboxId: sandboxId, metadata, labels, annotations, image, imageRef, state, createdAt };
}

function rootOf(id: string): string {
  return `/var/lib/containerd/rootfs/${id}`;
}

type Entry = NonNullable<ReturnType<ImageStore['find']>>['entry'];

function containerArgs(record: ContainerRecord, { family, release }: Entry, hostname: string): ContainerArgs {
  const { config } = record;
  const image = family.config;
  // A command in the pod replaces the image's entrypoint and its arguments too.
  const argv =
    config.command.length > 0
      ? [...config.command, ...config.args]
      : [...(image.entrypoint ?? []), ...(config.args.length > 0 ? config.args : (image.cmd ?? []))];
  const env = new Map<string, string>([
    ['PATH', DEFAULT_PATH],
    ['HOSTNAME', hostname],
  ]);
  for (const [name, value] of Object.entries(image.env ?? {}))
    env.set(
      name,
      name.endsWith('_VERSION') && value === family.releases.find((r) => r.tags.includes('latest'))?.version
        ? release.version
        : value,
    );
  for (const { key, value } of config.envs) env.set(key, value);
  env.set('HOME', env.get('HOME') ?? '/root');
  const mounts: MountPoint[] = config.mounts.map(({ containerPath, hostPath, readonly }) => ({
    containerPath,
    hostPath,
    readonly,
  }));
  return {
    argv,
    env: [...env],
    cwd: config.workingDir ?? image.workingDir ?? '/',
    hostname,
    root: rootOf(record.id),
    mounts,
    files: {},
    stdin: config.stdin === true,
    tty: config.tty === true,
    stopSignal: image.stopSignal ?? 'TERM',
    ...(config.memoryLimit === undefined ? {} : { memoryLimit: config.memoryLimit }),
  };
}

/** Why runc would refuse to start it. */
function startProblem(env: Env, program: string, args: ContainerArgs): string | undefined {
  const content = IMAGE_CONTENTS[program];
  const [word] = args.argv;
  if (word === undefined) return 'failed to create containerd container: no command specified';
  if (content === undefined) return undefined;
  const fs = new FileSystem(
    env.disk,
    args.root,
    new Map(Object.entries({ ...content.files, ...args.files })),
    args.mounts,
  );
  const found = lookUp(content.commands, fs, word, args.cwd);
  return 'error' in found ? `${RUNC}: exec: "${word}": ${found.error}: unknown` : undefined;
}

/** A control-plane program sees its command line and environment only. */
function programArgs({ config }: ContainerRecord, { argv, env }: ContainerArgs, version: string): JsonObject {
  return { argv: argv.slice(1), env: Object.fromEntries(env), version, container: config.metadata.name };
}

function toJson(args: ContainerArgs): JsonObject {
  return JSON.parse(JSON.stringify(args)) as JsonObject;
}
