import { formatHttpDate, toCivil } from '../../../lib/time.ts';
import { serveHttp } from '../../../sim/http-server.ts';
import type { Exchange } from '../../../sim/http.ts';
import { reasonPhrase } from '../../../unix/commands/network.ts';
import type { Command, CommandTable, Task } from '../../../unix/task.ts';
import type { ImageFamily, Release } from './image.ts';

const release = (version: string, ...aliases: readonly string[]): Release => ({
  tags: [version, ...aliases],
  layers: [29_780_000, 42_305_000, 628, 955, 405, 1_208, 1_398],
  version,
});
const alpine = (version: string, ...aliases: readonly string[]): Release => ({
  tags: [`${version}-alpine`, ...aliases],
  layers: [3_640_000, 1_790_000, 627, 956, 404, 1_210, 1_399, 15_790_000],
  version,
});

export const nginx: ImageFamily = {
  repository: 'docker.io/library/nginx',
  program: 'nginx',
  config: {
    entrypoint: ['/docker-entrypoint.sh'],
    cmd: ['nginx', '-g', 'daemon off;'],
    env: {
      NGINX_VERSION: '1.29.3',
      NJS_VERSION: '0.9.4',
      NJS_RELEASE: '1~bookworm',
      PKG_RELEASE: '1~bookworm',
      DYNPKG_RELEASE: '1~bookworm',
    },
    stopSignal: 'QUIT',
  },
  releases: [
    release('1.14.2', '1.14'),
    release('1.16.1', '1.16'),
    release('1.17.10', '1.17'),
    release('1.19.10', '1.19'),
    release('1.20.2', '1.20'),
    release('1.21.6', '1.21'),
    release('1.22.1', '1.22'),
    release('1.23.4', '1.23'),
    release('1.24.0', '1.24'),
    release('1.25.5', '1.25'),
    release('1.26.3', '1.26'),
    release('1.27.5', '1.27'),
    release('1.28.0', '1.28', 'stable'),
    release('1.29.3', '1.29', '1', 'latest', 'mainline'),
    alpine('1.25.5', '1.25-alpine'),
    alpine('1.27.5', '1.27-alpine'),
    alpine('1.28.0', '1.28-alpine', 'stable-alpine'),
    alpine('1.29.3', '1.29-alpine', 'alpine', 'mainline-alpine'),
  ],
};

const WELCOME = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
`;
const ROOT = '/usr/share/nginx/html';
const DEFAULT_CONF = '/etc/nginx/conf.d/default.conf';

export const NGINX_FILES: Readonly<Record<string, string>> = {
  [`${ROOT}/index.html`]: WELCOME,
  [`${ROOT}/50x.html`]: errorPage(500, '1.29.3'),
  [DEFAULT_CONF]: `server {\n    listen       80;\n    server_name  localhost;\n\n    location / {\n        root   ${ROOT};\n        index  index.html index.htm;\n    }\n\n    error_page   500 502 503 504  /50x.html;\n    location = /50x.html {\n        root   ${ROOT};\n    }\n}\n`,
  '/etc/nginx/nginx.conf':
    'user  nginx;\nworker_processes  auto;\n\nerror_log  /var/log/nginx/error.log notice;\npid        /run/nginx.pid;\n\nevents {\n    worker_connections  1024;\n}\n\nhttp {\n    include       /etc/nginx/mime.types;\n    include /etc/nginx/conf.d/*.conf;\n}\n',
};

function errorPage(status: number, version: string): string {
  const title = `${status} ${reasonPhrase(status)}`;
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/${version}</center>\r\n</body>\r\n</html>\r\n`;
}

const two = (n: number): string => String(n).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `22/Nov/2026:13:21:48 +0000`, as access logs write it. */
export function logTime(micros: number): string {
  const t = toCivil(micros);
  return `${two(t.day)}/${MONTHS[t.month - 1]}/${t.year}:${two(t.hour)}:${two(t.minute)}:${two(t.second)} +0000`;
}

/** The combined log format. */
export function accessLine(exchange: Exchange, at: number, status: number, bytes: number, forwarded: boolean): string {
  const { method, path, headers } = exchange.request;
  const peer = exchange.peer.slice(0, exchange.peer.lastIndexOf(':'));
  const extra = forwarded ? ` "${headers['x-forwarded-for'] ?? '-'}"` : '';
  return `${peer} - - [${logTime(at)}] "${method} ${path} HTTP/1.1" ${status} ${bytes} "${headers['referer'] ?? '-'}" "${headers['user-agent'] ?? '-'}"${extra}\n`;
}

export const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  js: 'application/javascript',
  json: 'application/json',
  txt: 'text/plain',
  xml: 'text/xml',
  svg: 'image/svg+xml',
};

const SCRIPTS = ['10-listen-on-ipv6-by-default.sh', '20-envsubst-on-templates.sh', '30-tune-worker-processes.sh'];

const entrypoint: Command = async (task) => {
  const { argv } = task;
  if (argv[1] === 'nginx') {
    const say = (text: string): Promise<void> => task.print(`/docker-entrypoint.sh: ${text}\n`);
    await say('/docker-entrypoint.d/ is not empty, will attempt to perform configuration');
    await say('Looking for shell scripts in /docker-entrypoint.d/');
    for (const script of SCRIPTS) {
      await say(
        script.startsWith('15')
          ? `Sourcing /docker-entrypoint.d/${script}`
          : `Launching /docker-entrypoint.d/${script}`,
      );
      if (script.startsWith('10')) {
        await task.print(`${script}: info: Getting the checksum of ${DEFAULT_CONF}\n`);
        await task.print(`${script}: info: Enabled listen on IPv6 in ${DEFAULT_CONF}\n`);
        await say('Sourcing /docker-entrypoint.d/15-local-resolvers.envsh');
      }
    }
    await say('Configuration complete; ready for start up');
  }
  return execInPlace(task, argv.slice(1));
};

/** `exec "$@"` of an entrypoint script. */
export async function execInPlace(task: Task, argv: readonly string[]): Promise<number> {
  const command = task.context.commands[argv[0] ?? ''];
  if (command === undefined) {
    await task.printError(`${task.argv[0]}: exec: line 47: ${argv[0]}: not found\n`);
    return 127;
  }
  task.argv = argv;
  return command(task);
}

const serve: Command = async (task) => {
  const version = task.vars.get('NGINX_VERSION') ?? '1.29.3';
  const args = task.argv.slice(1);
  const notice = async (text: string, level = 'notice'): Promise<void> => {
    const t = toCivil(task.env.now());
    const stamp = `${t.year}/${two(t.month)}/${two(t.day)} ${two(t.hour)}:${two(t.minute)}:${two(t.second)}`;
    await task.printError(`${stamp} [${level}] ${task.pid}#${task.pid}: ${text}\n`);
  };
  if (args.includes('-v') || args.includes('-V')) return print(task, `nginx version: nginx/${version}\n`);
  if (args.includes('-t')) {
    return print(
      task,
      'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
    );
  }
  if (args[0] === '-s') return signalMaster(task, args[1] ?? '', notice);
  const conf = task.fs.kind(DEFAULT_CONF) === 'file' ? task.fs.read(DEFAULT_CONF) : '';
  const port = Number(/listen\s+(\d+)/.exec(conf)?.[1] ?? 80);
  const root = /location\s+\/\s*\{[^}]*root\s+([^;\s]+)/.exec(conf)?.[1] ?? /root\s+([^;\s]+)/.exec(conf)?.[1] ?? ROOT;
  const ended = task.env.deferred<number>();
  const server = serveHttp(
    task.env,
    `${task.env.ip}:${port}`,
    (exchange) => answer(task, exchange, root, version, notice),
    {
      protocol: 'pod',
      error: () => {
        task.env.spawn(async () => {
          for (let i = 0; i < 5; i++) {
            await notice(`bind() to 0.0.0.0:${port} failed (98: Address already in use)`, 'emerg');
            if (i < 4) await task.env.sleep(500_000);
          }
          await notice('still could not bind()', 'emerg');
          ended.resolve(1);
        });
      },
    },
  );
  for (const line of [
    'using the "epoll" event method',
    `nginx/${version}`,
    'built by gcc 12.2.0 (Debian 12.2.0-14+deb12u1)',
    'OS: Linux 6.12.48+deb13-amd64',
    'getrlimit(RLIMIT_NOFILE): 1048576:1048576',
    'start worker processes',
  ])
    await notice(line);
  for (let i = 0; i < 4; i++) await notice(`start worker process ${28 + i}`);
  const shutDown = async (text: string, graceful: boolean): Promise<void> => {
    await notice(text);
    for (let i = 0; graceful && server.active > 0 && i < 60; i++) await task.env.sleep(500_000);
    server.close();
    await notice('exit');
    ended.resolve(0);
  };
  task.handlers.set('QUIT', () => task.env.spawn(() => shutDown('signal 3 (SIGQUIT) received, shutting down', true)));
  task.handlers.set('TERM', () => task.env.spawn(() => shutDown('signal 15 (SIGTERM) received, exiting', false)));
  task.handlers.set('INT', () => task.env.spawn(() => shutDown('signal 2 (SIGINT) received, exiting', false)));
  task.handlers.set('HUP', () => task.env.spawn(() => notice('signal 1 (SIGHUP) received, reconfiguring')));
  return task.wait(ended.promise);
};

async function print(task: Task, text: string): Promise<number> {
  await task.printError(text);
  return 0;
}

async function signalMaster(task: Task, name: string, notice: (text: string) => Promise<void>): Promise<number> {
  const signal = { stop: 'TERM', quit: 'QUIT', reload: 'HUP' } as const;
  const master = [...task.context.tasks.values()].find((other) => other !== task && other.handlers.has('QUIT'));
  if (!Object.hasOwn(signal, name) || master === undefined) return 1;
  await notice('signal process started');
  master.signal(signal[name === 'stop' ? 'stop' : name === 'quit' ? 'quit' : 'reload']);
  return 0;
}

function answer(
  task: Task,
  exchange: Exchange,
  root: string,
  version: string,
  notice: (text: string, level?: string) => Promise<void>,
): void {
  const { method } = exchange.request;
  const path = decodePath(exchange.request.path.split('?')[0] ?? '/');
  const base = { server: `nginx/${version}`, date: formatHttpDate(task.env.now()) };
  const reply = (status: number, body: string, type: string, more: Readonly<Record<string, string>> = {}): void => {
    const headers = {
      ...base,
      'content-type': type,
      'content-length': String(body.length),
      connection: 'keep-alive',
      ...more,
    };
    exchange.respond(status, method === 'HEAD' ? '' : body, headers);
    task.env.spawn(() =>
      task.print(accessLine(exchange, task.env.now(), status, method === 'HEAD' ? 0 : body.length, true)),
    );
  };
  const fail = (status: number): void => reply(status, errorPage(status, version), 'text/html');
  if (method !== 'GET' && method !== 'HEAD') return fail(405);
  const file = task.path(`${root}/${path}${path.endsWith('/') ? 'index.html' : ''}`);
  const kind = task.fs.kind(file);
  if (kind === 'directory') return reply(301, errorPage(301, version), 'text/html', { location: `${path}/` });
  if (kind === 'file') {
    const body = task.fs.read(file);
    return reply(200, body, TYPES[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream', {
      etag: `"${body.length.toString(16)}"`,
      'accept-ranges': 'bytes',
    });
  }
  if (path.endsWith('/') && task.fs.kind(task.path(`${root}/${path}`)) === 'directory') {
    task.env.spawn(() =>
      notice(
        `*1 directory index of "${root}${path}" is forbidden, client: ${exchange.peer.split(':')[0]}, server: localhost, request: "${method} ${path} HTTP/1.1", host: "${exchange.request.headers['host'] ?? ''}"`,
        'error',
      ),
    );
    return fail(403);
  }
  task.env.spawn(() =>
    notice(
      `*1 open() "${file}" failed (2: No such file or directory), client: ${exchange.peer.split(':')[0]}, server: localhost, request: "${method} ${path} HTTP/1.1", host: "${exchange.request.headers['host'] ?? ''}"`,
      'error',
    ),
  );
  return fail(404);
}

export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export const NGINX_COMMANDS: CommandTable = { '/docker-entrypoint.sh': entrypoint, nginx: serve };
