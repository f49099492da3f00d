import { CriSocket } from '../../api/cri.ts';
import { ETCD_PKI_DIRECTORY } from '../../api/etcd-pki.ts';
import { Ports } from '../../api/ports.ts';
import { isObject } from '../../lib/json.ts';
import { formatTime } from '../../lib/time.ts';
import type { Env, Program, Tables } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { serveHttp } from '../../sim/http-server.ts';
import type { Exchange, HttpStream } from '../../sim/http.ts';
import { FILE_COMMANDS } from '../../unix/commands/files.ts';
import { FILTER_COMMANDS } from '../../unix/commands/filters.ts';
import { CURL_COMMANDS, NETWORK_COMMANDS } from '../../unix/commands/network.ts';
import { SYSTEM_COMMANDS } from '../../unix/commands/system.ts';
import { FileSystem } from '../../unix/file-system.ts';
import { callbackSink, textSource, type Sink } from '../../unix/pipe.ts';
import { Shell } from '../../unix/shell/interpreter.ts';
import { sh } from '../../unix/shell/sh.ts';
import { runTask, Task, type Command, type CommandTable, type ContainerContext } from '../../unix/task.ts';
import { crictl } from '../crictl/crictl.ts';
import { etcdctlCommand } from '../etcdctl/command.ts';
import { iptables, iptablesSave } from './iptables.ts';
import { RUN_PATH, type RunRequest } from './protocol.ts';

/** Runs one command line at a time for the operator, on the machine itself. */
export const sshd: Program = (env) => {
  serveHttp(
    env,
    `0.0.0.0:${Ports.ssh}`,
    (exchange) => {
      if (exchange.request.path !== RUN_PATH) return exchange.respond(404, 'not found');
      const command = commandOf(exchange.request.body);
      if (command === undefined) return exchange.respond(400, 'the body must be {"command": "…"}');
      run(env, exchange, command);
    },
    { protocol: 'kubelet' },
  );
};

function commandOf(body: string): RunRequest | undefined {
  try {
    const request: unknown = JSON.parse(body);
    if (!isObject(request) || typeof request['command'] !== 'string') return undefined;
    const { command, stdin } = request;
    return { command, ...(typeof stdin === 'string' ? { stdin } : {}) };
  } catch {
    return undefined;
  }
}

function run(env: Env, exchange: Exchange, request: RunRequest): void {
  const stream: HttpStream = exchange.start(200);
  let gone = false;
  const sink = (channel: number): Sink =>
    callbackSink((text) => {
      if (!gone && text !== '') stream.send(text, channel);
    });
  const task = new Task(contextOf(env, readsFiles(request.command)), {
    argv: ['bash'],
    vars: new Map(VARIABLES),
    cwd: '/root',
    stdin: textSource(request.stdin ?? ''),
    stdout: sink(1),
    stderr: sink(2),
    tty: false,
  });
  exchange.on({
    closed: () => {
      gone = true;
      task.kill('INT');
    },
  });
  env.spawn(async () => {
    if (readsFiles(request.command)) await refreshed(env);
    const code = await runTask(task, () => new Shell(task, '-bash', []).runScript(withoutSudo(request.command)));
    if (gone) return;
    stream.send(String(code), 3);
    stream.end();
  });
}

/** Paths may lead to what programs with a worker of their own have written. */
const readsFiles = (command: string): boolean => command.includes('/');

function refreshed(env: Env): Promise<void> {
  const done = env.deferred<void>();
  env.disk.refresh(() => done.resolve());
  return done.promise;
}

/** What others write while a command runs is there for the next one. */
function refreshing(env: Env, commands: CommandTable): CommandTable {
  let seen = env.uptime();
  const wrapped = Object.entries(commands).map(([name, command]): [string, Command] => [
    name,
    async (task) => {
      const code = await command(task);
      if (env.uptime() > seen) {
        await refreshed(env);
        seen = env.uptime();
      }
      return code;
    },
  ]);
  return Object.fromEntries(wrapped);
}

function withoutSudo(command: string): string {
  return command.replace(/(^|[|;&]\s*)sudo\s+/g, '$1');
}

const VARIABLES: readonly (readonly [string, string])[] = [
  ['HOME', '/root'],
  ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  ['USER', 'root'],
  ['ETCDCTL_CACERT', `${ETCD_PKI_DIRECTORY}/ca.crt`],
  ['ETCDCTL_CERT', `${ETCD_PKI_DIRECTORY}/healthcheck-client.crt`],
  ['ETCDCTL_KEY', `${ETCD_PKI_DIRECTORY}/healthcheck-client.key`],
];

function contextOf(env: Env, refreshes: boolean): ContainerContext {
  const fs = new FileSystem(env.disk, '', new Map(), []);
  const commands: CommandTable = {
    ...FILE_COMMANDS,
    ...FILTER_COMMANDS,
    ...SYSTEM_COMMANDS,
    ...NETWORK_COMMANDS,
    ...CURL_COMMANDS,
    sh,
    bash: sh,
    etcdctl: etcdctlCommand([`127.0.0.1:${Ports.etcdClient}`]),
    ...tools,
  };
  return {
    env,
    fs,
    hostname: env.host,
    commands: refreshes ? refreshing(env, commands) : commands,
    tasks: new Map(),
    memoryLimit: undefined,
    nextPid: 2,
  };
}

const tools: CommandTable = {
  crictl: async (task) => {
    const { env } = task;
    const interrupted = env.deferred<void>();
    const code = crictl(task.argv.slice(1), {
      runtime: createHttpClient(env, CriSocket, { protocol: 'cri' }),
      stdout: (text) => void task.print(text),
      stderr: (text) => void task.printError(text),
      untilInterrupted: () => interrupted.promise,
      now: () => env.now(),
      deferred: () => env.deferred(),
    });
    try {
      return await task.wait(code);
    } catch (error) {
      interrupted.resolve();
      throw error;
    }
  },
  async date(task) {
    await task.print(`${formatTime(task.env.now())}\n`);
    return 0;
  },
  etcdutl: (task) => execute(task, 'etcdutl'),
  async help(task) {
    await task.print(`${Object.keys(task.context.commands).sort().join('  ')}\n`);
    return 0;
  },
  async hostname(task) {
    await task.print(`${task.env.host}\n`);
    return 0;
  },
  async iptables(task) {
    const { env, argv } = task;
    const result = iptables(argv.slice(1), await tablesOf(env));
    if (result.tables !== undefined) env.net.restore(result.tables);
    await task.print(result.stdout);
    await task.printError(result.stderr);
    return result.code;
  },
  async 'iptables-save'(task) {
    const at = task.argv.findIndex((word) => word === '-t' || word === '--table');
    await task.print(iptablesSave(await tablesOf(task.env), task.env.now(), at < 0 ? undefined : task.argv[at + 1]));
    return 0;
  },
  async uptime(task) {
    const minutes = Math.floor(task.env.uptime() / 60_000_000);
    await task.print(` up ${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')},  1 user\n`);
    return 0;
  },
};

/** A program of its own, in a worker of its own; what it wrote is seen when it has ended. */
async function execute(task: Task, program: string): Promise<number> {
  const { env } = task;
  const ended = env.deferred<number>();
  env.exec(
    {
      program,
      name: `${program}-${env.random.hex(6)}`,
      args: { argv: [...task.argv.slice(1)], cwd: task.cwd },
      ownWorker: true,
      withParent: true,
    },
    {
      output: (text, stream) => void (stream === 'stderr' ? task.printError(text) : task.print(text)),
      exit: ({ code }) => ended.resolve(code),
    },
  );
  const code = await task.wait(ended.promise);
  await refreshed(env);
  return code;
}

function tablesOf(env: Env): Promise<Tables> {
  const result = env.deferred<Tables>();
  env.net.save((tables) => result.resolve(tables));
  return result.promise;
}
