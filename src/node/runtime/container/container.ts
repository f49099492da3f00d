import type { Env } from '../../../sim/env.ts';
import type { Exchange } from '../../../sim/http.ts';
import { serveHttp } from '../../../sim/http-server.ts';
import { FileSystem, type MountPoint } from '../../../unix/file-system.ts';
import { callbackSink, Pipe, type Source } from '../../../unix/pipe.ts';
import {
  lookUp,
  runTask,
  signalOf,
  Task,
  type CommandTable,
  type ContainerContext,
  type SignalName,
} from '../../../unix/task.ts';

/** What the runtime starts a container's process with. */
export interface ContainerArgs {
  readonly argv: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  readonly cwd: string;
  readonly hostname: string;
  readonly root: string;
  readonly mounts: readonly MountPoint[];
  readonly files: Readonly<Record<string, string>>;
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly stopSignal: SignalName;
  readonly memoryLimit?: number;
}

/** Body of `POST /exec` on the container's own socket; the answer is a stream that ends with the exit code on channel 3. */
export interface ExecBody {
  readonly argv: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
}
export type ExecResult = { readonly code: number } | { readonly notFound: string };

/** The end of standard input, as a terminal sends it. */
export const END_OF_INPUT = '\u0004';
const INTERRUPT = '\u0003';

/** The runtime's door into a running container (its shim): executes commands beside the first process. */
export function containerSocket(id: string): string {
  return `unix:/run/containerd/s/${id}`;
}

/** The first process of a container and everything that runs in it. */
export function runContainer(
  env: Env,
  content: { readonly commands: CommandTable; readonly files?: Readonly<Record<string, string>> },
): void {
  const args = parseArgs(env.args);
  const lower = new Map([...BASE_FILES, ...Object.entries(content.files ?? {}), ...Object.entries(args.files)]);
  const context: ContainerContext = {
    env,
    fs: new FileSystem(env.disk, args.root, lower, args.mounts),
    hostname: args.hostname,
    commands: content.commands,
    tasks: new Map(),
    memoryLimit: args.memoryLimit,
    nextPid: 1,
  };
  const input = new Pipe(env);
  if (!args.stdin) input.close();
  const first = new Task(context, {
    argv: args.argv,
    vars: new Map(args.env),
    cwd: args.cwd,
    stdin: input,
    stdout: callbackSink((text) => env.print(text)),
    stderr: callbackSink((text) => env.print(text, args.tty ? 'stdout' : 'stderr')),
    tty: args.tty,
  });
  env.onInput((text) => feed(env, input, context, text, args.tty));
  env.onSignal((signal) => first.signal(signal === 'SIGTERM' ? args.stopSignal : (signalOf(signal) ?? 'TERM')));
  serveHttp(env, containerSocket(env.name), (exchange) => executeBeside(context, args, exchange), { protocol: 'cri' });
  const found = lookUp(content.commands, context.fs, args.argv[0] ?? '', args.cwd);
  if ('error' in found) return env.exit(127);
  env.spawn(async () => env.exit(await runTask(first, found.command)));
}

function feed(env: Env, input: Pipe, context: ContainerContext, text: string, tty: boolean): void {
  if (tty && text.includes(INTERRUPT)) for (const task of context.tasks.values()) task.signal('INT');
  const end = text.indexOf(END_OF_INPUT);
  const data = (end < 0 ? text : text.slice(0, end)).replaceAll(INTERRUPT, '');
  if (data !== '') env.spawn(() => input.write(data).catch(() => {}));
  if (end >= 0) input.close();
}

/** `kubectl exec`, exec probes and hooks: another task with the container's files, environment and network. */
function executeBeside(context: ContainerContext, args: ContainerArgs, exchange: Exchange): void {
  const body = parseExec(exchange.request.body);
  const { env } = context;
  const found = lookUp(context.commands, context.fs, body.argv[0] ?? '', args.cwd);
  const stream = exchange.start(200);
  const finish = (result: ExecResult): void => {
    stream.send(JSON.stringify(result), 3);
    stream.end();
  };
  if ('error' in found) return finish({ notFound: `exec: "${body.argv[0] ?? ''}": ${found.error}` });
  const input = new Pipe(env);
  if (!body.stdin) input.close();
  const source: Source = input;
  const task = new Task(context, {
    argv: body.argv,
    vars: new Map([...args.env, ...(body.tty ? ([['TERM', 'xterm']] as const) : [])]),
    cwd: args.cwd,
    stdin: source,
    stdout: callbackSink((text) => stream.send(text, 1)),
    stderr: callbackSink((text) => stream.send(text, body.tty ? 1 : 2)),
    tty: body.tty,
  });
  exchange.on({
    data: (data, channel) => {
      if (channel !== 0) return;
      // Only a terminal gives these characters a meaning; without one, input is bytes.
      if (!body.tty) return env.spawn(() => input.write(data).catch(() => {}));
      if (data.includes(INTERRUPT)) interruptForeground(task);
      const end = data.indexOf(END_OF_INPUT);
      const text = (end < 0 ? data : data.slice(0, end)).replaceAll(INTERRUPT, '');
      if (text !== '') env.spawn(() => input.write(text).catch(() => {}));
      if (end >= 0) input.close();
    },
    // In a task too, so that it comes after what was written before.
    end: () => env.spawn(async () => input.close()),
    closed: () => {
      input.close();
      if (body.tty) task.signal('HUP');
    },
  });
  env.spawn(async () => finish({ code: await runTask(task, found.command) }));
}

function interruptForeground(task: Task): void {
  const children = task.children();
  if (children.length === 0) task.signal('INT');
  for (const child of children) child.signal('INT');
}

const BASE_FILES: readonly (readonly [string, string])[] = [
  ['/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n'],
  ['/etc/group', 'root:x:0:\nnobody:x:65534:\n'],
];

/** Decodes what the runtime wrote. */
function parseArgs(args: unknown): ContainerArgs {
  return args as ContainerArgs;
}
function parseExec(text: string): ExecBody {
  return JSON.parse(text) as ExecBody;
}
