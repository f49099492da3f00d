import type { Exchange, HttpStream } from '../../../sim/http.ts';
import { anyPort, bind } from '../bind.ts';
import type { Command, Context } from '../command.ts';
import { CliError, ExitError } from '../errors.ts';
import { formatKlogTime } from '../../../lib/time.ts';

export const proxy: Command = {
  name: 'proxy',
  group: 'Troubleshooting and Debugging Commands',
  short: 'Run a proxy to the Kubernetes API server',
  usage: '[--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix]',
  examples: ['kubectl proxy &', 'curl localhost:8001/api/v1/namespaces/default/pods'],
  flags: [
    {
      name: 'accept-hosts',
      type: 'string',
      fallback: '^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$',
      usage: 'Hosts that a request may name, as expressions.',
    },
    { name: 'accept-paths', type: 'string', fallback: '^.*', usage: 'Paths that may be asked for.' },
    { name: 'address', type: 'string', fallback: '127.0.0.1', usage: 'Address to serve on.' },
    { name: 'api-prefix', type: 'string', fallback: '/', usage: 'Where the API is served.' },
    {
      name: 'append-server-path',
      type: 'bool',
      fallback: 'false',
      usage: 'Put the path of the server in front of each request.',
    },
    { name: 'disable-filter', type: 'bool', fallback: 'false', usage: 'Let everything pass.' },
    { name: 'keepalive', type: 'duration', fallback: '0s', usage: 'How long a connection is kept without traffic.' },
    { name: 'port', short: 'p', type: 'int', fallback: '8001', usage: 'Port to serve on; 0 takes a free one.' },
    { name: 'reject-methods', type: 'string', fallback: '^$', usage: 'Methods that are refused.' },
    {
      name: 'reject-paths',
      type: 'string',
      fallback: '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach',
      usage: 'Paths that are refused.',
    },
    { name: 'unix-socket', short: 'u', type: 'string', usage: 'Socket to serve on instead of a port.' },
    { name: 'www', short: 'w', type: 'string', usage: 'Directory whose files are served too.' },
    { name: 'www-prefix', short: 'P', type: 'string', fallback: '/static/', usage: 'Where they are served.' },
  ],
  run: runProxy,
};

async function runProxy(context: Context): Promise<void> {
  const { flags, io } = context;
  const socket = flags.string('unix-socket');
  if (flags.changed('port') && socket !== '')
    throw new CliError('cannot set --unix-socket and --port at the same time');
  const passes = flags.bool('disable-filter') ? () => true : filterOf(context);
  if (flags.bool('disable-filter') && socket === '')
    context.err(
      klog(
        context,
        'W',
        'proxy.go:165',
        'Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious',
      ),
    );
  const port = flags.int('port') === 0 ? anyPort(context) : flags.int('port');
  const shown = socket === '' ? `${flags.string('address')}:${port}` : socket;
  const api = withSlashes(flags.string('api-prefix'));
  const files = flags.string('www') === '' ? undefined : withSlashes(flags.string('www-prefix'));
  const answer = (exchange: Exchange): void => {
    const [path = ''] = exchange.request.path.split('?');
    if (files !== undefined && path.startsWith(files)) return serveFile(context, exchange, path.slice(files.length));
    if (!passes(exchange)) return plain(exchange, 403, 'Forbidden');
    if (!path.startsWith(api)) return plain(exchange, 404, '404 page not found');
    passOn(context, exchange, `/${exchange.request.path.slice(api.length)}`);
  };
  const problem = await bind(context, (refused) => {
    const server = io.network.serve(socket === '' ? shown : `unix:${socket}`, answer, {
      protocol: 'api',
      error: refused,
    });
    io.onInterrupt(() => server.close());
  });
  if (problem !== undefined)
    throw new CliError(
      `listen ${socket === '' ? 'tcp' : 'unix'} ${shown}: bind: ${problem === 'address in use' ? 'address already in use' : problem}`,
    );
  context.out(`Starting to serve on ${shown}\n`);
  await io.deferred<void>().promise;
}

function withSlashes(prefix: string): string {
  return `/${prefix}/`.replace(/\/+/g, '/');
}

function klog(context: Context, level: 'E' | 'W' | 'F', place: string, text: string): string {
  return `${level}${formatKlogTime(context.io.now())} ${'1'.padStart(7)} ${place}] ${text}\n`;
}

/** Which requests may pass. Models kubectl/pkg/proxy.FilterServer. */
function filterOf(context: Context): (exchange: Exchange) => boolean {
  const { flags } = context;
  const expressions = (flag: string): readonly RegExp[] =>
    flags
      .string(flag)
      .split(',')
      .map((text) => {
        try {
          return new RegExp(text);
        } catch {
          context.err(klog(context, 'F', 'proxy_server.go:83', `Error compiling re: error parsing regexp: ${text}`));
          throw new ExitError(255);
        }
      });
  const [hosts, accepted, methods, rejected] = [
    expressions('accept-hosts'),
    expressions('accept-paths'),
    expressions('reject-methods'),
    expressions('reject-paths'),
  ];
  const some = (all: readonly RegExp[] | undefined, text: string): boolean =>
    all?.some((each) => each.test(text)) === true;
  return ({ request }) => {
    const [path = ''] = request.path.split('?');
    const host = (request.headers['host'] ?? '').replace(/:\d+$/, '');
    return !some(rejected, path) && !some(methods, request.method) && some(accepted, path) && some(hosts, host);
  };
}

function plain(exchange: Exchange, status: number, text: string): void {
  exchange.respond(status, `${text}\n`, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
}

function serveFile(context: Context, exchange: Exchange, name: string): void {
  const directory = context.flags.string('www').replace(/\/+$/, '');
  const path = `${directory}/${name === '' || name.endsWith('/') ? `${name}index.html` : name}`;
  const text = name.split('/').includes('..') ? undefined : context.io.files.read(path);
  if (text === undefined) return plain(exchange, 404, '404 page not found');
  exchange.respond(200, text, {
    'content-type': path.endsWith('.html') ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
  });
}

/** The operator's rights go with every request; a watch is answered as it goes on. */
function passOn(context: Context, exchange: Exchange, path: string): void {
  const { method, headers, body } = exchange.request;
  const { host: _host, connection: _connection, 'user-agent': _agent, ...kept } = headers;
  let down: HttpStream | undefined;
  let answered = false;
  const up = context.io.client.rawStream(
    { method, path, headers: { ...kept, ...context.server.headers }, body },
    {
      head(response) {
        answered = response.body !== '';
        if (answered) exchange.respond(response.status, response.body, response.headers);
        else down = exchange.start(response.status, response.headers);
      },
      data: (data, channel) => down?.send(data, channel),
      end: () => down?.end(),
      fail(failure) {
        if (down !== undefined) down.cancel();
        else if (!answered) exchange.respond(502, '', {});
        answered = true;
        if (failure.reason !== 'cancelled')
          context.err(klog(context, 'E', 'proxy_server.go:147', `Error while proxying request: ${failure.message}`));
      },
    },
  );
  exchange.on({ closed: () => up.cancel() });
}
