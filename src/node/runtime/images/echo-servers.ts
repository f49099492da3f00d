import { formatHttpDate } from '../../../lib/time.ts';
import { serveHttp } from '../../../sim/http-server.ts';
import type { Exchange } from '../../../sim/http.ts';
import { logTime } from './nginx.ts';
import type { Command, CommandTable, Task } from '../../../unix/task.ts';
import { parseInterval } from '../../../unix/commands/system.ts';
import type { ImageFamily } from './image.ts';

export const httpEcho: ImageFamily = {
  repository: 'docker.io/hashicorp/http-echo',
  program: 'http-echo',
  config: { entrypoint: ['/http-echo'] },
  releases: [
    { tags: ['0.2.3'], layers: [2_200_000, 5_100_000], version: '0.2.3' },
    { tags: ['1.0.0', '1.0', 'latest', 'alpine'], layers: [2_210_000, 5_200_000], version: '1.0.0' },
  ],
};

export const echoserver: ImageFamily = {
  repository: 'registry.k8s.io/echoserver',
  program: 'echoserver',
  config: { cmd: ['/bin/echoserver'] },
  releases: [
    { tags: ['1.4'], layers: [48_900_000], version: '1.4' },
    { tags: ['1.10', 'latest'], layers: [43_300_000], version: '1.10' },
  ],
};

export const agnhost: ImageFamily = {
  repository: 'registry.k8s.io/e2e-test-images/agnhost',
  program: 'agnhost',
  config: { entrypoint: ['/agnhost'], cmd: ['pause'] },
  releases: [
    { tags: ['2.39'], layers: [2_800_000, 48_700_000], version: '2.39' },
    { tags: ['2.53'], layers: [3_600_000, 50_900_000], version: '2.53' },
    { tags: ['2.57'], layers: [3_600_000, 51_200_000], version: '2.57' },
  ],
};

function flag(task: Task, name: string, fallback: string): string {
  for (const [index, word] of task.argv.entries()) {
    const match = /^--?([\w-]+)(?:=([\s\S]*))?$/.exec(word);
    if (match?.[1] === name) return match[2] ?? task.argv[index + 1] ?? fallback;
  }
  return fallback;
}

/** Serves until a signal ends it. */
async function serveUntilStopped(
  task: Task,
  port: number,
  handle: (exchange: Exchange) => void,
  goodbye: () => Promise<void>,
): Promise<number> {
  const ended = task.env.deferred<number>();
  const server = serveHttp(task.env, `${task.env.ip}:${port}`, handle, {
    protocol: 'pod',
    error: () =>
      task.env.spawn(async () => {
        await task.printError(`listen tcp :${port}: bind: address already in use\n`);
        ended.resolve(1);
      }),
  });
  const stop = (): void =>
    task.env.spawn(async () => {
      await goodbye();
      server.close();
      ended.resolve(0);
    });
  task.handlers.set('TERM', stop);
  task.handlers.set('INT', stop);
  return task.wait(ended.promise);
}

const runHttpEcho: Command = async (task) => {
  const text = flag(task, 'text', task.vars.get('ECHO_TEXT') ?? '');
  if (text === '') {
    await task.printError('Missing -text option!\n');
    return 127;
  }
  const port = Number(flag(task, 'listen', ':5678').split(':').at(-1));
  const stamp = (): string => {
    const [date = '', time = ''] = logTime(task.env.now()).replace(':', ' ').split(' ');
    return `${date.split('/').reverse().join('/')} ${time}`;
  };
  await task.printError(`${stamp()} [INFO] server is listening on :${port}\n`);
  return serveUntilStopped(
    task,
    port,
    (exchange) => {
      exchange.respond(200, `${text}\n`, {
        'x-app-name': 'http-echo',
        'x-app-version': '1.0.0',
        date: formatHttpDate(task.env.now()),
        'content-type': 'text/plain; charset=utf-8',
      });
      const { method, path, headers } = exchange.request;
      task.env.spawn(() =>
        task.print(
          `${stamp()} ${headers['host'] ?? ''} ${exchange.peer} "${method} ${path} HTTP/1.1" 200 ${text.length + 1} "${headers['user-agent'] ?? ''}" 12.3µs\n`,
        ),
      );
    },
    () => task.printError(`${stamp()} [INFO] received interrupt, shutting down\n`),
  );
};

const runEchoserver: Command = async (task) => {
  const port = 8080;
  return serveUntilStopped(
    task,
    port,
    (exchange) => {
      const { method, path, headers, body } = exchange.request;
      const shown = Object.entries(headers)
        .map(([name, value]) => `\t${name}=${value}\n`)
        .join('');
      const text = `\n\nHostname: ${task.context.hostname}\n\nPod Information:\n\t-no pod information available-\n\nServer values:\n\tserver_version=nginx: 1.13.3 - lua: 10008\n\nRequest Information:\n\tclient_address=${exchange.peer.split(':')[0]}\n\tmethod=${method}\n\treal path=${path}\n\tquery=${path.split('?')[1] ?? ''}\n\trequest_version=1.1\n\trequest_scheme=http\n\trequest_uri=http://${headers['host'] ?? ''}:8080${path}\n\nRequest Headers:\n${shown}\nRequest Body:\n${body === '' ? '\t-no body in request-' : body}\n\n`;
      exchange.respond(200, text, {
        date: formatHttpDate(task.env.now()),
        'content-type': 'text/plain',
        server: 'echoserver',
      });
      task.env.spawn(() =>
        task.print(
          `${exchange.peer.split(':')[0]} - - [${logTime(task.env.now())}] "${method} ${path} HTTP/1.1" 200 ${text.length} "-" "${headers['user-agent'] ?? '-'}"\n`,
        ),
      );
    },
    async () => {},
  );
};

const runAgnhost: Command = async (task) => {
  const mode = task.argv[1] ?? 'pause';
  switch (mode) {
    case 'pause':
      await task.print('Paused\n');
      return untilSignalled(task);
    case 'serve-hostname':
      return serveUntilStopped(
        task,
        Number(flag(task, 'port', '9376')),
        (exchange) => {
          exchange.respond(200, task.context.hostname, { 'content-type': 'text/plain; charset=utf-8' });
        },
        async () => {},
      );
    case 'netexec':
      return netexec(task);
    case 'connect':
    case 'help':
      return 0;
    default:
      await task.printError(`Error: unknown command "${mode}" for "app"\nRun 'app --help' for usage.\n`);
      return 1;
  }
};

async function netexec(task: Task): Promise<number> {
  const port = Number(flag(task, 'http-port', '8080'));
  await task.print(`Started HTTP server on port ${port}\n`);
  const started = task.env.uptime();
  let healthy = true;
  return serveUntilStopped(
    task,
    port,
    (exchange) => {
      const url = exchange.request.path;
      const [path = '/', query = ''] = url.split('?');
      const parameter = (name: string): string =>
        decodeURIComponent(new RegExp(`(?:^|&)${name}=([^&]*)`).exec(query)?.[1]?.replace(/\+/g, ' ') ?? '');
      task.env.spawn(() => task.print(`GET ${url}\n`));
      const reply = (text: string, status = 200): void =>
        exchange.respond(status, text, {
          'content-type': 'text/plain; charset=utf-8',
          date: formatHttpDate(task.env.now()),
        });
      switch (path) {
        case '/hostname':
        case '/hostName':
          return reply(task.context.hostname);
        case '/clientip':
          return reply(exchange.peer);
        case '/echo':
          return reply(parameter('msg'));
        case '/healthz':
          return healthy ? reply('OK') : reply('', 412);
        case '/readyz':
          return reply('OK');
        case '/exit':
          reply('');
          task.env.spawn(async () => {
            await task.env.sleep(parseInterval(parameter('wait').replace(/^$/, '0')) ?? 1_000);
            task.env.exit(Number(parameter('code') || 0));
          });
          return;
        case '/fail':
          healthy = false;
          return reply('');
        case '/':
          return reply(`NOW: ${task.env.now() - started}`);
        default:
          return reply('404 page not found\n', 404);
      }
    },
    async () => {},
  );
}

export async function untilSignalled(task: Task): Promise<number> {
  const ended = task.env.deferred<number>();
  task.handlers.set('TERM', () => ended.resolve(0));
  task.handlers.set('INT', () => ended.resolve(0));
  return task.wait(ended.promise);
}

export const HTTP_ECHO_COMMANDS: CommandTable = { '/http-echo': runHttpEcho };
export const ECHOSERVER_COMMANDS: CommandTable = { '/bin/echoserver': runEchoserver, echoserver: runEchoserver };
export const AGNHOST_COMMANDS: CommandTable = { '/agnhost': runAgnhost, agnhost: runAgnhost };
