import { CriSocket } from '../../api/cri.ts';
import { Ports } from '../../api/ports.ts';
import { isObject } from '../../lib/json.ts';
import { formatTime } from '../../lib/time.ts';
import type { Env, Program, Tables } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { serveHttp } from '../../sim/http-server.ts';
import type { Exchange, HttpStream } from '../../sim/http.ts';
import { crictl } from '../crictl/crictl.ts';
import { etcdctl } from '../etcdctl/etcdctl.ts';
import { iptables, iptablesSave } from './iptables.ts';
import { RUN_PATH } from './protocol.ts';
import { words } from './words.ts';

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

function commandOf(body: string): string | undefined {
  try {
    const request: unknown = JSON.parse(body);
    return isObject(request) && typeof request['command'] === 'string' ? request['command'] : undefined;
  } catch {
    return undefined;
  }
}

interface Shell {
  readonly env: Env;
  readonly argv: readonly string[];
  stdout(text: string): void;
  stderr(text: string): void;
  untilInterrupted(): Promise<void>;
}

function run(env: Env, exchange: Exchange, command: string): void {
  const stream: HttpStream = exchange.start(200);
  const interrupted = env.deferred<void>();
  let gone = false;
  exchange.on({
    closed: () => {
      gone = true;
      interrupted.resolve();
    },
    end: () => interrupted.resolve(),
  });
  const write = (channel: number) => (text: string) => {
    if (!gone && text !== '') stream.send(text, channel);
  };
  env.spawn(async () => {
    const shell = { env, stdout: write(1), stderr: write(2), untilInterrupted: () => interrupted.promise };
    const code = await runLine(command, shell);
    if (gone) return;
    stream.send(String(code), 3);
    stream.end();
  });
}

async function runLine(command: string, shell: Omit<Shell, 'argv'>): Promise<number> {
  let parsed: string[];
  try {
    parsed = words(command);
  } catch (error) {
    shell.stderr(`-bash: ${error instanceof Error ? error.message : 'syntax error'}\n`);
    return 2;
  }
  const [name = '', ...argv] = parsed[0] === 'sudo' ? parsed.slice(1) : parsed;
  if (name === '') return 0;
  const tool = tools[name];
  if (tool === undefined) {
    shell.stderr(`-bash: ${name}: command not found\n`);
    return 127;
  }
  return tool({ ...shell, argv });
}

const tools: Readonly<Record<string, (shell: Shell) => Promise<number> | number>> = {
  cat({ env, argv, stdout, stderr }) {
    let code = 0;
    for (const path of argv) {
      const text = env.disk.read(path);
      if (text !== undefined) stdout(text.endsWith('\n') ? text : `${text}\n`);
      else {
        stderr(`cat: ${path}: No such file or directory\n`);
        code = 1;
      }
    }
    return code;
  },
  crictl: ({ env, argv, stdout, stderr, untilInterrupted }) => {
    const runtime = createHttpClient(env, CriSocket, { protocol: 'cri' });
    return crictl(argv, {
      runtime,
      stdout,
      stderr,
      untilInterrupted,
      now: () => env.now(),
      deferred: () => env.deferred(),
    });
  },
  date({ env, stdout }) {
    stdout(`${formatTime(env.now())}\n`);
    return 0;
  },
  etcdctl: ({ env, argv, stdout, stderr, untilInterrupted }) =>
    etcdctl(argv, {
      endpoints: [`127.0.0.1:${Ports.etcdClient}`],
      connect: (endpoint) => createHttpClient(env, endpoint, { protocol: 'etcd' }),
      stdout,
      stderr,
      untilInterrupted,
      uptime: () => env.uptime(),
    }),
  help({ stdout }) {
    stdout(`${Object.keys(tools).sort().join('  ')}\n`);
    return 0;
  },
  hostname({ env, stdout }) {
    stdout(`${env.host}\n`);
    return 0;
  },
  async iptables({ env, argv, stdout, stderr }) {
    const result = iptables(argv, await tablesOf(env));
    if (result.tables !== undefined) env.net.restore(result.tables);
    stdout(result.stdout);
    stderr(result.stderr);
    return result.code;
  },
  async 'iptables-save'({ env, argv, stdout }) {
    const at = argv.findIndex((word) => word === '-t' || word === '--table');
    stdout(iptablesSave(await tablesOf(env), env.now(), at < 0 ? undefined : argv[at + 1]));
    return 0;
  },
  ls({ env, argv, stdout, stderr }) {
    const directory = (argv.find((word) => !word.startsWith('-')) ?? '/').replace(/\/?$/, '/');
    const names = new Set(env.disk.list(directory).map((path) => path.slice(directory.length).split('/')[0] ?? ''));
    if (names.size === 0) {
      stderr(`ls: cannot access '${directory.slice(0, -1)}': No such file or directory\n`);
      return 2;
    }
    stdout(
      [...names]
        .sort()
        .map((name) => `${name}\n`)
        .join(''),
    );
    return 0;
  },
  uptime({ env, stdout }) {
    const minutes = Math.floor(env.uptime() / 60_000_000);
    stdout(` up ${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')},  1 user\n`);
    return 0;
  },
};

function tablesOf(env: Env): Promise<Tables> {
  const result = env.deferred<Tables>();
  env.net.save((tables) => result.resolve(tables));
  return result.promise;
}
