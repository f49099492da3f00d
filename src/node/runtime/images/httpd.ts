import { formatHttpDate } from '../../../lib/time.ts';
import { serveHttp } from '../../../sim/http-server.ts';
import { toCivil } from '../../../lib/time.ts';
import type { Command, CommandTable } from '../../../unix/task.ts';
import type { ImageFamily } from './image.ts';
import { accessLine, decodePath, TYPES } from './nginx.ts';

export const httpd: ImageFamily = {
  repository: 'docker.io/library/httpd',
  program: 'httpd',
  config: {
    cmd: ['httpd-foreground'],
    env: { HTTPD_PREFIX: '/usr/local/apache2', HTTPD_VERSION: '2.4.65' },
    workingDir: '/usr/local/apache2',
    stopSignal: 'WINCH',
  },
  releases: [
    {
      tags: ['2.4.65', '2.4', '2', 'latest'],
      layers: [29_780_000, 147, 2_340_000, 12_320_000, 291],
      version: '2.4.65',
    },
    {
      tags: ['2.4.65-alpine', '2.4-alpine', 'alpine'],
      layers: [3_640_000, 148, 1_370_000, 16_900_000, 292],
      version: '2.4.65',
    },
  ],
};

const ROOT = '/usr/local/apache2/htdocs';
export const HTTPD_FILES: Readonly<Record<string, string>> = {
  [`${ROOT}/index.html`]:
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html>\n<head>\n<title>It works! Apache httpd</title>\n</head>\n<body>\n<p>It works!</p>\n</body>\n</html>\n',
};

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const foreground: Command = async (task) => {
  const version = task.vars.get('HTTPD_VERSION') ?? '2.4.65';
  const { ip } = task.env;
  const note = async (module: string, text: string): Promise<void> => {
    const t = toCivil(task.env.now());
    const two = (n: number): string => String(n).padStart(2, '0');
    const stamp = `${DAYS[t.weekday]} ${MONTHS[t.month - 1]} ${two(t.day)} ${two(t.hour)}:${two(t.minute)}:${two(t.second)}.${String(t.microsecond).padStart(6, '0')} ${t.year}`;
    await task.printError(`[${stamp}] [${module}] [pid ${task.pid}:tid ${task.pid}] ${text}\n`);
  };
  const ended = task.env.deferred<number>();
  const server = serveHttp(
    task.env,
    `${ip}:80`,
    (exchange) => {
      const { method } = exchange.request;
      const path = decodePath(exchange.request.path.split('?')[0] ?? '/');
      const file = task.path(`${ROOT}/${path}${path.endsWith('/') ? 'index.html' : ''}`);
      const found = task.fs.kind(file) === 'file';
      const body = found
        ? task.fs.read(file)
        : '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n';
      const type = found
        ? (TYPES[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream')
        : 'text/html; charset=iso-8859-1';
      const status = found ? 200 : 404;
      exchange.respond(status, method === 'HEAD' ? '' : body, {
        date: formatHttpDate(task.env.now()),
        server: `Apache/${version} (Unix)`,
        'content-length': String(body.length),
        'content-type': type,
      });
      const line = accessLine(exchange, task.env.now(), status, body.length, false).replace(
        / "[^"]*" "[^"]*"\n$/,
        '\n',
      );
      task.env.spawn(() => task.print(line));
    },
    {
      protocol: 'pod',
      error: () =>
        task.env.spawn(async () => {
          await task.printError(
            '(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:80\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n',
          );
          ended.resolve(1);
        }),
    },
  );
  for (let i = 0; i < 2; i++)
    await task.printError(
      `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ${ip}. Set the 'ServerName' directive globally to suppress this message\n`,
    );
  await note('mpm_event:notice', `AH00489: Apache/${version} (Unix) configured -- resuming normal operations`);
  await note('core:notice', "AH00094: Command line: 'httpd -D FOREGROUND'");
  const stop = (text: string): void =>
    task.env.spawn(async () => {
      server.close();
      await note('mpm_event:notice', text);
      ended.resolve(0);
    });
  task.handlers.set('TERM', () => stop('AH00491: caught SIGTERM, shutting down'));
  task.handlers.set('WINCH', () => stop('AH00492: caught SIGWINCH, shutting down gracefully'));
  return task.wait(ended.promise);
};

export const HTTPD_COMMANDS: CommandTable = { httpd: foreground, 'httpd-foreground': foreground };
