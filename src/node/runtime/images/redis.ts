import { toCivil } from '../../../lib/time.ts';
import { RpcFailure } from '../../../sim/http.ts';
import { createHttpClient } from '../../../sim/http-client.ts';
import { serveHttp } from '../../../sim/http-server.ts';
import { resolveHost } from '../../../unix/commands/network.ts';
import type { Command, CommandTable, Task } from '../../../unix/task.ts';
import type { ImageFamily } from './image.ts';

export const redis: ImageFamily = {
  repository: 'docker.io/library/redis',
  program: 'redis',
  config: {
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['redis-server'],
    env: { REDIS_VERSION: '8.2.3' },
    workingDir: '/data',
  },
  releases: [
    { tags: ['6.2.20', '6.2', '6'], layers: [29_780_000, 1_100, 860_000, 13_900_000, 98, 572], version: '6.2.20' },
    { tags: ['7.4.6', '7.4', '7'], layers: [29_780_000, 1_101, 861_000, 15_200_000, 99, 573], version: '7.4.6' },
    {
      tags: ['8.2.3', '8.2', '8', 'latest'],
      layers: [29_780_000, 1_102, 862_000, 18_300_000, 100, 574],
      version: '8.2.3',
    },
    {
      tags: ['8.2.3-alpine', '8-alpine', 'alpine'],
      layers: [3_640_000, 1_103, 490_000, 17_100_000, 101],
      version: '8.2.3',
    },
  ],
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function log(task: Task, mark: string, text: string): Promise<void> {
  const t = toCivil(task.env.now());
  const two = (n: number): string => String(n).padStart(2, '0');
  const stamp = `${two(t.day)} ${MONTHS[t.month - 1]} ${t.year} ${two(t.hour)}:${two(t.minute)}:${two(t.second)}.${String(Math.floor(t.microsecond / 1000)).padStart(3, '0')}`;
  return task.print(`${task.pid}:${mark === 'C' ? 'C' : 'M'} ${stamp} ${mark === 'C' ? '*' : mark} ${text}\n`);
}

const server: Command = async (task) => {
  const version = task.vars.get('REDIS_VERSION') ?? '8.2.3';
  const portAt = task.argv.indexOf('--port');
  const port = portAt < 0 ? 6379 : Number(task.argv[portAt + 1] ?? 6379);
  const data = new Map<string, string>();
  const ended = task.env.deferred<number>();
  await log(task, 'C', 'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo');
  await log(task, 'C', `Redis version=${version}, bits=64, commit=00000000, modified=1, pid=${task.pid}, just started`);
  await log(task, '*', 'monotonic clock: POSIX clock_gettime');
  await log(task, '*', `Running mode=standalone, port=${port}.`);
  const http = serveHttp(
    task.env,
    `${task.env.ip}:${port}`,
    (exchange) => {
      const words: unknown = JSON.parse(exchange.request.body === '' ? '[]' : exchange.request.body);
      const argv = Array.isArray(words) ? words.map(String) : [];
      exchange.respond(200, execute(data, argv));
    },
    {
      protocol: 'pod',
      error: () =>
        task.env.spawn(async () => {
          await log(
            task,
            '#',
            `Warning: Could not create server TCP listening socket *:${port}: bind: Address already in use`,
          );
          await log(task, '#', 'Failed listening on port 6379 (tcp), aborting.');
          ended.resolve(1);
        }),
    },
  );
  await log(task, '*', 'Server initialized');
  await log(task, '*', 'Ready to accept connections tcp');
  const stop = (signal: string): void =>
    task.env.spawn(async () => {
      await log(task, '*', `Received ${signal} scheduling shutdown...`);
      await log(task, '*', 'User requested shutdown...');
      http.close();
      await log(task, '#', 'Redis is now ready to exit, bye bye...');
      ended.resolve(0);
    });
  task.handlers.set('TERM', () => stop('SIGTERM'));
  task.handlers.set('INT', () => stop('SIGINT'));
  return task.wait(ended.promise);
};

/** One command of the protocol, answered as redis-cli prints it. */
function execute(data: Map<string, string>, argv: readonly string[]): string {
  const [name = '', key = '', value = ''] = argv;
  const quoted = (text: string | undefined): string => (text === undefined ? '(nil)' : `"${text}"`);
  switch (name.toUpperCase()) {
    case 'PING':
      return key === '' ? 'PONG' : quoted(key);
    case 'ECHO':
      return quoted(key);
    case 'SET':
      data.set(key, value);
      return 'OK';
    case 'GET':
      return quoted(data.get(key));
    case 'DEL': {
      const deleted = argv.slice(1).filter((k) => data.delete(k)).length;
      return `(integer) ${deleted}`;
    }
    case 'EXISTS':
      return `(integer) ${argv.slice(1).filter((k) => data.has(k)).length}`;
    case 'INCR':
    case 'DECR': {
      const number = Number(data.get(key) ?? 0);
      if (!Number.isSafeInteger(number)) return '(error) ERR value is not an integer or out of range';
      const next = number + (name.toUpperCase() === 'INCR' ? 1 : -1);
      data.set(key, String(next));
      return `(integer) ${next}`;
    }
    case 'KEYS': {
      const keys = [...data.keys()];
      return keys.length === 0 ? '(empty array)' : keys.map((k, i) => `${i + 1}) "${k}"`).join('\n');
    }
    case 'DBSIZE':
      return `(integer) ${data.size}`;
    case 'FLUSHALL':
      data.clear();
      return 'OK';
    default:
      return `(error) ERR unknown command '${name}', with args beginning with: ${argv
        .slice(1)
        .map((word) => `'${word}' `)
        .join('')}`;
  }
}

const cli: Command = async (task) => {
  const args = [...task.argv.slice(1)];
  let host = '127.0.0.1';
  let port = '6379';
  while (args[0] === '-h' || args[0] === '-p') {
    const flag = args.shift();
    if (flag === '-h') host = args.shift() ?? host;
    else port = args.shift() ?? port;
  }
  const ip = resolveHost(task, host);
  if (ip === undefined) {
    await task.printError(`Could not connect to Redis at ${host}:${port}: Name or service not known\n`);
    return 1;
  }
  const client = createHttpClient(task.env, `${ip}:${port}`, { protocol: 'pod' });
  const run = async (argv: readonly string[]): Promise<boolean> => {
    try {
      const answer = await task.wait(client.request({ method: 'POST', path: '/', body: JSON.stringify(argv) }));
      await task.print(`${answer.body}\n`);
      return true;
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
      await task.printError(
        `Could not connect to Redis at ${host}:${port}: ${error.reason === 'refused' ? 'Connection refused' : 'Connection timed out'}\n`,
      );
      return false;
    }
  };
  try {
    if (args.length > 0) return (await run(args)) ? 0 : 1;
    for (;;) {
      if (task.tty) await task.print(`${host}:${port}> `);
      const line = await task.wait(task.stdin.readLine());
      const words =
        line
          ?.trim()
          .split(/\s+/)
          .filter((word) => word !== '') ?? [];
      if (line === undefined || words[0] === 'exit' || words[0] === 'quit') return 0;
      if (words.length > 0) await run(words);
    }
  } finally {
    client.close();
  }
};

export const REDIS_COMMANDS: CommandTable = { 'redis-server': server, 'redis-cli': cli };
