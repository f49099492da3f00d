import { headerName, statusText } from '../../lib/http-text.ts';
import { SECOND } from '../../sim/env.ts';
import { RpcFailure, type HttpResponse } from '../../sim/http.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import type { Command, CommandTable, Task } from '../task.ts';
import { parseOptions } from './options.ts';

interface Url {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

export function parseUrl(text: string): Url | undefined {
  const match = /^(?:(https?):\/\/)?(\[[^\]]+\]|[^/:?]+)(?::(\d+))?((?:[/?][\s\S]*)?)$/.exec(text);
  if (match === null) return undefined;
  const [, scheme, host = '', port, path = ''] = match;
  return {
    host,
    port: port === undefined ? (scheme === 'https' ? 443 : 80) : Number(port),
    path: path.startsWith('/') ? path : `/${path}`,
  };
}

/** The address of a name: itself, this pod, or /etc/hosts. There is no cluster DNS: other names stay unknown. */
export function resolveHost(task: Task, host: string): string | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return host;
  if (host === 'localhost' || host === '[::1]') return '127.0.0.1';
  if (host === task.context.hostname) return task.env.ip;
  const hosts = task.fs.kind('/etc/hosts') === 'file' ? task.fs.read('/etc/hosts') : '';
  for (const line of hosts.split('\n')) {
    const [ip, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (ip !== undefined && names.includes(host)) return ip;
  }
  return undefined;
}

/** How long a resolver tries a name server that does not answer: 2 tries of 5 s. */
const LOOKUP_TIMEOUT = 10 * SECOND;

interface Fetch {
  readonly method: string;
  readonly url: Url;
  readonly ip: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeout: number;
}

async function fetchUrl(task: Task, fetch: Fetch): Promise<HttpResponse> {
  const client = createHttpClient(task.env, `${fetch.ip}:${fetch.url.port}`, {
    protocol: 'pod',
    timeout: fetch.timeout,
    connectTimeout: fetch.timeout,
  });
  const host = fetch.url.port === 80 ? fetch.url.host : `${fetch.url.host}:${fetch.url.port}`;
  try {
    return await task.wait(
      client.request({
        method: fetch.method,
        path: fetch.url.path,
        headers: { host, ...fetch.headers },
        body: fetch.body,
      }),
    );
  } finally {
    client.close();
  }
}

const wget: Command = async (task) => {
  const args = task.argv.slice(1).map((arg) =>
    arg
      .replace(/^--timeout=?/, '-T')
      .replace(/^--quiet$/, '-q')
      .replace(/^--spider$/, '-S')
      .replace(/^--output-document=?/, '-O'),
  );
  const post = args.find((arg) => arg.startsWith('--post-data='))?.slice('--post-data='.length);
  const { flags, values, operands } = parseOptions(
    args.filter((arg) => !arg.startsWith('--')),
    'qScS',
    'OTPUt',
  );
  const url = parseUrl(operands[0] ?? '');
  if (url === undefined) {
    await task.printError('wget: missing URL\n');
    return 1;
  }
  const shown = `${url.host}:${url.port}`;
  const ip = resolveHost(task, url.host);
  if (ip === undefined) {
    await task.sleep(LOOKUP_TIMEOUT);
    await task.printError(`wget: bad address '${shown.replace(/:80$/, '')}'\n`);
    return 1;
  }
  if (!flags.has('q')) await task.printError(`Connecting to ${url.host}:${url.port} (${ip}:${url.port})\n`);
  const timeout = Number(values.get('T') ?? 900) * SECOND;
  try {
    const answer = await fetchUrl(task, {
      method: post === undefined ? 'GET' : 'POST',
      url,
      ip,
      headers: { 'user-agent': 'Wget', connection: 'close' },
      body: post ?? '',
      timeout,
    });
    return await wgetAnswer(task, answer, url, flags, values.get('O'));
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    await task.printError(
      error.reason === 'timeout' && values.has('T')
        ? 'wget: download timed out\n'
        : `wget: can't connect to remote host (${ip}): ${connectError(error)}\n`,
    );
    return 1;
  }
};

async function wgetAnswer(
  task: Task,
  answer: HttpResponse,
  url: Url,
  flags: ReadonlySet<string>,
  output: string | undefined,
): Promise<number> {
  if (answer.status >= 400) {
    await task.printError(`wget: server returned error: HTTP/1.1 ${answer.status} ${reasonPhrase(answer.status)}\n`);
    return 1;
  }
  if (flags.has('S')) return 0;
  if (output === '-') await task.print(answer.body);
  else {
    const name = output ?? (url.path.split('?')[0]?.split('/').at(-1) || 'index.html');
    if (task.path(name) !== '/dev/null') task.fs.write(task.path(name), answer.body);
    if (!flags.has('q')) await task.printError(`saving to '${name}'\n'${name}' saved\n`);
  }
  return 0;
}

const curl: Command = async (task) => {
  const { flags, values, operands } = parseOptions(
    task.argv.slice(1).map((arg) => LONG_OPTIONS[arg] ?? arg),
    'sSLfiIvkg',
    'oXHdmwAu',
  );
  const url = parseUrl(operands[0] ?? '');
  if (url === undefined) {
    await task.printError("curl: (2) no URL specified\ncurl: try 'curl --help' for more information\n");
    return 2;
  }
  const complain = async (code: number, text: string): Promise<number> => {
    if (!flags.has('s') || flags.has('S')) await task.printError(`curl: (${code}) ${text}\n`);
    return code;
  };
  const ip = resolveHost(task, url.host);
  if (ip === undefined) {
    await task.sleep(LOOKUP_TIMEOUT);
    return complain(6, `Could not resolve host: ${url.host}`);
  }
  const [name = '', ...rest] = (values.get('H') ?? '').split(':');
  const headers = {
    'user-agent': 'curl/8.14.1',
    accept: '*/*',
    ...(name === '' ? {} : { [name.toLowerCase()]: rest.join(':').trim() }),
  };
  const body = values.get('d') ?? '';
  const method = values.get('X') ?? (flags.has('I') ? 'HEAD' : body === '' ? 'GET' : 'POST');
  const started = task.env.uptime();
  const timeout = Number(values.get('m') ?? 300) * SECOND;
  try {
    const answer = await fetchUrl(task, { method, url, ip, headers, body, timeout });
    if (flags.has('f') && answer.status >= 400)
      return await complain(22, `The requested URL returned error: ${answer.status}`);
    let text = flags.has('i') || flags.has('I') ? headText(answer) : '';
    if (!flags.has('I')) text += answer.body;
    const file = values.get('o');
    if (file === undefined) await task.print(text);
    else if (task.path(file) !== '/dev/null') task.fs.write(task.path(file), text);
    const format = values.get('w');
    if (format !== undefined)
      await task.print(
        format.replace(/%\{http_code\}|%\{response_code\}/g, String(answer.status)).replace(/\\n/g, '\n'),
      );
    return 0;
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    const took = Math.floor((task.env.uptime() - started) / 1000);
    if (error.reason === 'timeout' && values.has('m'))
      return complain(28, `Connection timed out after ${took} milliseconds`);
    if (error.reason === 'reset') return complain(56, 'Recv failure: Connection reset by peer');
    return complain(
      7,
      `Failed to connect to ${url.host} port ${url.port} after ${took} ms: ${error.reason === 'refused' ? 'Could not connect to server' : "Couldn't connect to server"}`,
    );
  }
};

const LONG_OPTIONS: Readonly<Record<string, string>> = {
  '--silent': '-s',
  '--fail': '-f',
  '--include': '-i',
  '--head': '-I',
  '--max-time': '-m',
  '--connect-timeout': '-m',
  '--output': '-o',
  '--request': '-X',
  '--header': '-H',
  '--data': '-d',
  '--write-out': '-w',
  '--location': '-L',
  '--insecure': '-k',
  '--verbose': '-v',
  '--show-error': '-S',
};

function headText(answer: HttpResponse): string {
  const lines = Object.entries(answer.headers).map(([name, value]) => `${headerName(name)}: ${value}\r\n`);
  return `HTTP/1.1 ${answer.status} ${reasonPhrase(answer.status)}\r\n${lines.join('')}\r\n`;
}

/** As nginx and httpd, which answer here, say it. */
export function reasonPhrase(status: number): string {
  return status === 405 ? 'Not Allowed' : statusText(status);
}

function connectError(error: RpcFailure): string {
  switch (error.reason) {
    case 'refused':
      return 'Connection refused';
    case 'unreachable':
      return 'No route to host';
    case 'reset':
      return 'Connection reset by peer';
    default:
      return 'Operation timed out';
  }
}

function nameserverOf(task: Task): string {
  const text = task.fs.kind('/etc/resolv.conf') === 'file' ? task.fs.read('/etc/resolv.conf') : '';
  return /^nameserver\s+(\S+)/m.exec(text)?.[1] ?? '127.0.0.1';
}

const nslookup: Command = async (task) => {
  const name = task.argv.slice(1).find((arg) => !arg.startsWith('-'));
  const server = task.argv.slice(2).find((arg) => !arg.startsWith('-')) ?? nameserverOf(task);
  if (name === undefined) {
    await task.printError(
      'BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n\nUsage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n',
    );
    return 1;
  }
  await task.sleep(LOOKUP_TIMEOUT);
  await task.print(`;; connection timed out; no servers could be reached\n\n`);
  await task.printError(server === '' ? 'nslookup: no nameservers in /etc/resolv.conf\n' : '');
  return 1;
};

const nc: Command = async (task) => {
  const { flags, values, operands } = parseOptions(task.argv.slice(1), 'zvun', 'wi');
  const [host = '', port = ''] = operands;
  const ip = resolveHost(task, host);
  if (ip === undefined) {
    await task.sleep(LOOKUP_TIMEOUT);
    await task.printError(`nc: bad address '${host}'\n`);
    return 1;
  }
  const opened = task.env.deferred<string>();
  const connection = task.env.connect(
    `${ip}:${port}`,
    { open: () => opened.resolve(''), close: (reason) => opened.resolve(reason) },
    { protocol: 'pod', connectTimeout: Number(values.get('w') ?? 30) * SECOND },
  );
  const reason = await task.wait(opened.promise);
  connection.close();
  if (reason === '') {
    if (flags.has('v')) await task.printError(`${host} (${ip}:${port}) open\n`);
    return 0;
  }
  await task.printError(
    `nc: ${ip} (${ip}:${port}): ${reason === 'refused' ? 'Connection refused' : 'Connection timed out'}\n`,
  );
  return 1;
};

export const NETWORK_COMMANDS: CommandTable = { nc, nslookup, wget };
export const CURL_COMMANDS: CommandTable = { curl };
