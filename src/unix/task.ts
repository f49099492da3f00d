import type { Deferred, Env, Micros } from '../sim/env.ts';
import { FileError, resolvePath, type FileSystem } from './file-system.ts';
import { BrokenPipe, type Sink, type Source } from './pipe.ts';

/** Signals inside a container, without SIG. */
export type SignalName =
  'HUP' | 'INT' | 'QUIT' | 'KILL' | 'USR1' | 'USR2' | 'PIPE' | 'ALRM' | 'TERM' | 'CHLD' | 'CONT' | 'STOP' | 'WINCH';

export const SIGNAL_NUMBERS: Readonly<Record<SignalName, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  WINCH: 28,
};

export function signalOf(text: string): SignalName | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '');
  for (const [signal, number] of Object.entries(SIGNAL_NUMBERS)) {
    if (signal === name || String(number) === text) return signal as SignalName;
  }
  return undefined;
}

/** Ends a task from within whatever it was waiting for. */
export class Killed extends Error {
  override readonly name = 'Killed';
  readonly signal: SignalName;
  constructor(signal: SignalName) {
    super(`killed by SIG${signal}`);
    this.signal = signal;
  }
}

export type Command = (task: Task) => Promise<number>;
export type CommandTable = Readonly<Record<string, Command>>;

/** What all processes of one container share. */
export interface ContainerContext {
  readonly env: Env;
  readonly fs: FileSystem;
  readonly hostname: string;
  readonly commands: CommandTable;
  readonly tasks: Map<number, Task>;
  /** The memory that the container may use, bytes; undefined: no limit. */
  readonly memoryLimit: number | undefined;
  nextPid: number;
}

export interface TaskStart {
  readonly argv: readonly string[];
  readonly vars: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly stdin: Source;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly tty: boolean;
  readonly parent?: Task;
}

/** A process inside a container: a command with its arguments, environment, files and signals. */
export class Task {
  readonly context: ContainerContext;
  readonly pid: number;
  readonly parent: Task | undefined;
  /** Replaced by exec. */
  argv: readonly string[];
  readonly vars: Map<string, string>;
  readonly stdin: Source;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly tty: boolean;
  readonly startedAt: Micros;
  readonly exited: Deferred<number>;
  readonly handlers = new Map<SignalName, () => void>();
  readonly ignored = new Set<SignalName>();
  cwd: string;
  #killed: SignalName | undefined;
  readonly #waits = new Set<(error: Error) => void>();

  constructor(context: ContainerContext, start: TaskStart) {
    this.context = context;
    this.pid = context.nextPid++;
    this.parent = start.parent;
    this.argv = start.argv;
    this.vars = new Map(start.vars);
    this.cwd = start.cwd;
    this.stdin = start.stdin;
    this.stdout = start.stdout;
    this.stderr = start.stderr;
    this.tty = start.tty;
    this.startedAt = context.env.uptime();
    this.exited = context.env.deferred<number>();
    context.tasks.set(this.pid, this);
  }

  get env(): Env {
    return this.context.env;
  }

  get fs(): FileSystem {
    return this.context.fs;
  }

  get name(): string {
    return (this.argv[0] ?? '').split('/').at(-1) ?? '';
  }

  path(path: string): string {
    return resolvePath(this.cwd, path);
  }

  print(text: string): Promise<void> {
    return this.stdout.write(text);
  }

  printError(text: string): Promise<void> {
    return this.stderr.write(text);
  }

  /** Delivers a signal. The first process of a container is not killed by what it does not handle. */
  signal(signal: SignalName): void {
    if (signal === 'KILL') {
      if (this.pid === 1) this.env.exit(137);
      else this.kill('KILL');
      return;
    }
    const handler = this.handlers.get(signal);
    if (handler !== undefined) handler();
    else if (this.pid === 1 || this.ignored.has(signal) || HARMLESS.has(signal)) return;
    else this.kill(signal);
  }

  kill(signal: SignalName): void {
    if (this.#killed !== undefined) return;
    this.#killed = signal;
    for (const child of this.children()) child.signal(signal);
    const waits = [...this.#waits];
    this.#waits.clear();
    for (const reject of waits) reject(new Killed(signal));
  }

  children(): readonly Task[] {
    return [...this.context.tasks.values()].filter((task) => task.parent === this);
  }

  /** Waits for something, unless the task is killed first. */
  async wait<T>(promise: Promise<T>): Promise<T> {
    if (this.#killed !== undefined) throw new Killed(this.#killed);
    const settled = this.env.deferred<T>();
    const reject = (error: Error): void => settled.reject(error);
    this.#waits.add(reject);
    promise.then(
      (value) => {
        this.#waits.delete(reject);
        settled.resolve(value);
      },
      (error: unknown) => {
        this.#waits.delete(reject);
        settled.reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
    return settled.promise;
  }

  async sleep(time: Micros): Promise<void> {
    const slept = this.env.deferred<void>();
    const cancel = this.env.after(time, () => slept.resolve());
    try {
      await this.wait(slept.promise);
    } finally {
      cancel();
    }
  }

  /** Waits until it is killed: what a server does. */
  forever(): Promise<never> {
    return this.wait(this.env.deferred<never>().promise);
  }
}

const HARMLESS: ReadonlySet<SignalName> = new Set(['CHLD', 'CONT', 'WINCH', 'STOP']);

/** What execve needs to find. */
export type Lookup = { readonly command: Command } | { readonly error: string };

const SEARCH_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Finds a program as execvp does: by name in $PATH, by path, or as a script on the file system. */
export function lookUp(commands: CommandTable, fs: FileSystem, word: string, cwd: string): Lookup {
  const own = (name: string): Command | undefined => (Object.hasOwn(commands, name) ? commands[name] : undefined);
  if (!word.includes('/')) {
    const command = own(word);
    return command === undefined ? { error: 'executable file not found in $PATH' } : { command };
  }
  const path = resolvePath(cwd, word);
  const slash = path.lastIndexOf('/');
  const command = own(path) ?? (SEARCH_PATH.includes(path.slice(0, slash)) ? own(path.slice(slash + 1)) : undefined);
  if (command !== undefined) return { command };
  const kind = fs.kind(path);
  if (kind === 'directory') return { error: 'is a directory' };
  const shell = own('sh');
  if (kind === 'file' && shell !== undefined) return { command: shell };
  return { error: `stat ${word}: no such file or directory` };
}

/** Runs a task to its end and gives its exit code. */
export async function runTask(task: Task, command: Command): Promise<number> {
  let code: number;
  try {
    code = (await command(task)) & 255;
  } catch (error) {
    if (error instanceof Killed) code = 128 + SIGNAL_NUMBERS[error.signal];
    else if (error instanceof BrokenPipe) code = 141;
    else if (error instanceof FileError) {
      await task.printError(`${task.name}: ${error.message}\n`).catch(() => {});
      code = 1;
    } else throw error;
  }
  task.context.tasks.delete(task.pid);
  task.exited.resolve(code);
  return code;
}
