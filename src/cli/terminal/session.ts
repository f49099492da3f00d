import type { RestClient } from '../../client/contract.ts';
import type { Address, Deferred, Env } from '../../sim/env.ts';
import { CURL_COMMANDS, NETWORK_COMMANDS } from '../../unix/commands/network.ts';
import { FILE_COMMANDS } from '../../unix/commands/files.ts';
import { FILTER_COMMANDS } from '../../unix/commands/filters.ts';
import { SYSTEM_COMMANDS } from '../../unix/commands/system.ts';
import type { FileSystem } from '../../unix/file-system.ts';
import { callbackSink, Pipe } from '../../unix/pipe.ts';
import { Jobs } from '../../unix/shell/jobs.ts';
import { Shell } from '../../unix/shell/interpreter.ts';
import { sh } from '../../unix/shell/sh.ts';
import { parseScript } from '../../unix/shell/parser.ts';
import { runTask, Task, type ContainerContext } from '../../unix/task.ts';
import type { CacheEntry, Identity } from '../kubectl/io.ts';
import { sessionCommands } from './commands.ts';
import type { TerminalOutput } from './messages.ts';

export const HOME = '/home/user';
/** Whose certificate is in the laptop's kubeconfig. */
export const ADMIN: Identity = { name: 'kubernetes-admin', groups: ['system:masters'] };
/** Copies of what kubeadm made on the control plane. */
export const ETCD_PKI = `${HOME}/.etcd`;
const HISTORY_LIMIT = 500;

/** What all sessions of the laptop share. */
export interface Laptop {
  readonly env: Env;
  readonly fs: FileSystem;
  /** A client with connections of its own: of the cluster's API as its administrator, or of a server as somebody else. */
  connect(server?: Address, identity?: Identity): RestClient;
  /** `10.0.0.10:6443`. */
  readonly server: string;
  readonly etcdEndpoints: readonly Address[];
  /** Name → IP of what one can ssh to. */
  readonly machines: Readonly<Record<string, string>>;
  readonly cache: Map<string, CacheEntry>;
}

/** One terminal: a shell that keeps its variables and directory from line to line. */
export class Session {
  readonly laptop: Laptop;
  readonly id: number;
  readonly history: string[] = [];
  readonly #context: ContainerContext;
  #shell: Shell;
  readonly #jobs = new Jobs();
  /** The line that runs now and where its input goes. */
  #running: { readonly task: Task; readonly input: Pipe } | undefined;
  /** Lines typed so far of a command that is not finished: an open quote, a loop, a here-document. */
  #unfinished = '';
  #editing: Deferred<string | undefined> | undefined;

  constructor(laptop: Laptop, id: number) {
    this.laptop = laptop;
    this.id = id;
    this.#context = {
      env: laptop.env,
      fs: laptop.fs,
      hostname: laptop.env.host,
      commands: {
        ...FILE_COMMANDS,
        ...FILTER_COMMANDS,
        ...SYSTEM_COMMANDS,
        ...NETWORK_COMMANDS,
        ...CURL_COMMANDS,
        sh,
        bash: sh,
        ...sessionCommands(this),
      },
      tasks: new Map(),
      memoryLimit: undefined,
      nextPid: 2,
    };
    const vars = new Map([
      ['HOME', HOME],
      ['PATH', '/usr/local/bin:/usr/bin:/bin'],
      ['USER', 'user'],
      ['ETCDCTL_CACERT', `${ETCD_PKI}/ca.crt`],
      ['ETCDCTL_CERT', `${ETCD_PKI}/healthcheck-client.crt`],
      ['ETCDCTL_KEY', `${ETCD_PKI}/healthcheck-client.key`],
    ]);
    this.#shell = new Shell(this.#task(new Pipe(laptop.env), vars, HOME), 'bash', [], undefined, this.#jobs);
  }

  open(): void {
    this.#showPrompt();
  }

  #task(input: Pipe, vars: ReadonlyMap<string, string>, cwd: string): Task {
    const out = callbackSink((text) => this.#send({ session: this.id, kind: 'output', text }));
    return new Task(this.#context, { argv: ['bash'], vars, cwd, stdin: input, stdout: out, stderr: out, tty: true });
  }

  #send(message: TerminalOutput): void {
    this.laptop.env.print(`${JSON.stringify(message)}\n`);
  }

  prompt(text: string): void {
    this.#send({ session: this.id, kind: 'prompt', text });
  }

  #showPrompt(): void {
    const ended = this.#unfinished === '' ? this.#jobs.ended() : '';
    if (ended !== '') this.#send({ session: this.id, kind: 'output', text: ended });
    const { cwd } = this.#shell.task;
    const place = cwd === HOME ? '~' : cwd.startsWith(`${HOME}/`) ? `~${cwd.slice(HOME.length)}` : cwd;
    this.prompt(this.#unfinished === '' ? `${this.laptop.env.host}:${place}$ ` : '> ');
  }

  line(text: string): void {
    if (this.#running !== undefined) return this.stdin(`${text}\n`);
    if (this.#unfinished === '' && text.trim() === '') return this.#showPrompt();
    const script = this.#unfinished + text;
    if (needsMore(script)) {
      this.#unfinished = `${script}\n`;
      return this.#showPrompt();
    }
    this.#unfinished = '';
    this.history.push(script);
    if (this.history.length > HISTORY_LIMIT) this.history.shift();
    if (/^\s*(exit|logout)\b/.test(script)) return this.#send({ session: this.id, kind: 'exit' });
    this.#run(script);
  }

  #run(script: string): void {
    const { env } = this.laptop;
    const input = new Pipe(env);
    const shell = new Shell(
      this.#task(input, this.#shell.task.vars, this.#shell.task.cwd),
      'bash',
      [],
      this.#shell,
      this.#jobs,
    );
    const running = { task: shell.task, input };
    this.#running = running;
    env.because(env.step(`you typed ${script}`, { session: this.id }), () =>
      env.spawn(async () => {
        await runTask(shell.task, () => shell.runScript(script));
        if (this.#running !== running) return;
        this.#running = undefined;
        this.#shell = shell;
        this.#showPrompt();
      }),
    );
  }

  stdin(text: string): void {
    const input = this.#running?.input;
    if (input !== undefined) this.laptop.env.spawn(() => input.write(text).catch(() => undefined));
  }

  endOfInput(): void {
    if (this.#running !== undefined) this.#running.input.close();
    else this.#send({ session: this.id, kind: 'exit' });
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#send({ session: this.id, kind: 'output', text: '^C\n' });
    this.#editing?.resolve(undefined);
    this.#editing = undefined;
    if (this.#running === undefined) {
      this.#unfinished = '';
      return this.#showPrompt();
    }
    this.#running.task.kill('INT');
  }

  /** Opens the page's editor on a text and waits for it to be closed. */
  edit(path: string, text: string): Promise<string | undefined> {
    this.#editing = this.laptop.env.deferred<string | undefined>();
    this.#send({ session: this.id, kind: 'edit', path, text });
    return this.#editing.promise;
  }

  edited(text: string | undefined): void {
    this.#editing?.resolve(text);
    this.#editing = undefined;
  }

  close(): void {
    this.#running?.task.kill('HUP');
    for (const { task } of this.#jobs.all()) task.kill('HUP');
    this.#running = undefined;
  }
}

/** The shell would read on: a here-document without its end, an open quote, a loop without `done`. */
export function needsMore(script: string): boolean {
  if (/\\$/.test(script)) return true;
  for (const match of script.matchAll(/(?<!<)<<(?!<)(-?)\s*(['"]?)([A-Za-z_]\w*)\2/g)) {
    const [, dash, , word] = match;
    const rest = script.slice(match.index).split('\n').slice(1);
    if (!rest.some((line) => (dash === '-' ? line.replace(/^\t+/, '') : line) === word)) return true;
  }
  try {
    parseScript(script);
    return false;
  } catch (error) {
    return error instanceof SyntaxError && /unexpected end of file|unterminated|EOF in/.test(error.message);
  }
}
