import type { Command, Context } from '../command.ts';
import { anyPort, bind } from '../bind.ts';
import { pathTo } from '../discovery.ts';
import { CliError, usageError } from '../errors.ts';
import { formatKlogTime } from '../../../lib/time.ts';
import { list, nameOf, num, str } from '../object.ts';
import { choosePod } from '../pod-choice.ts';
import { discoveryOf } from '../selection.ts';
import type { Obj } from '../server.ts';
import { goQuote } from '../../text/go-quote.ts';

export const portForward: Command = {
  name: 'port-forward',
  group: 'Troubleshooting and Debugging Commands',
  short: 'Forward one or more local ports to a pod',
  usage: 'TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  examples: ['kubectl port-forward deployment/web 8080:80 &', 'kubectl port-forward service/web :http'],
  flags: [
    {
      name: 'address',
      type: 'slice',
      fallback: 'localhost',
      shown: '[localhost]',
      usage: 'Addresses to listen on: IP addresses or localhost.',
    },
    { name: 'pod-running-timeout', type: 'duration', fallback: '1m0s', usage: 'How long to wait for a pod.' },
  ],
  async run(context) {
    const [word, ...ports] = context.args;
    if (word === undefined || ports.length === 0)
      throw usageError(context.path, 'TYPE/NAME and list of ports are required for port-forward');
    const { resource, pod } = await choosePod(context, word, false);
    const numbers = await numbered(context, word, pod, ports);
    const phase = str(pod, 'status', 'phase');
    if (phase !== 'Running')
      throw new CliError(`unable to forward port because pod is not running. Current status=${phase}`);
    const addresses = context.flags.list('address').map(addressOf);
    await forward(
      context,
      pathTo(resource, context.namespace, nameOf(pod), 'portforward'),
      addresses,
      numbers.map(pairOf),
    );
  },
};

/** `[LOCAL:]REMOTE`, as written. */
function split(text: string): readonly [local: string, remote: string] {
  const [first = '', second, ...more] = text.split(':');
  return second === undefined || more.length > 0 ? [first, first] : [first, second];
}

/** The given ports with names, and ports of a service, turned into ports of the pod. */
async function numbered(
  context: Context,
  word: string,
  pod: Obj,
  ports: readonly string[],
): Promise<readonly string[]> {
  const [type = '', name = ''] = word.includes('/') ? word.split('/') : ['pods', word];
  const resource = await discoveryOf(context).find(type);
  const service =
    resource.kind === 'Service'
      ? await context.server.json('GET', pathTo(resource, context.namespace, name))
      : undefined;
  return ports.map((port) => {
    const [local, remote] = split(port);
    if (service !== undefined) return ofService(service, pod, local, remote);
    if (/^[-+]?\d+$/.test(remote)) return port;
    return together(local, namedPort(pod, remote));
  });
}

function together(local: string, remote: string): string {
  return local === remote ? remote : `${local}:${remote}`;
}

function namedPort(pod: Obj, name: string): string {
  const ports = list(pod, 'spec', 'containers').flatMap((container) => list(container, 'ports'));
  const found = ports.find((port) => str(port, 'name') === name && name !== '');
  if (found === undefined) throw new CliError(`Pod '${nameOf(pod)}' does not have a named port '${name}'`);
  return str(found, 'containerPort');
}

function ofService(service: Obj, pod: Obj, local: string, remote: string): string {
  const ports = list(service, 'spec', 'ports');
  const isNumber = /^[-+]?\d+$/.test(remote);
  const port = ports.find((each) => (isNumber ? num(each, 'port') === Number(remote) : str(each, 'name') === remote));
  if (port === undefined)
    throw new CliError(
      isNumber
        ? `Service ${nameOf(service)} does not have a service port ${Number(remote)}`
        : `Service '${nameOf(service)}' does not have a named port '${remote}'`,
    );
  const own = str(port, 'port');
  const near = local === remote ? own : local;
  if (str(service, 'spec', 'clusterIP') === 'None') return together(near, own);
  const target = port['targetPort'];
  if (typeof target === 'string') return together(near, namedPort(pod, target));
  return together(near, target === undefined || target === 0 ? own : String(target));
}

interface Pair {
  /** 0: any. */
  readonly local: number;
  readonly remote: number;
}

/** Models portforward.parsePorts. */
function pairOf(text: string): Pair {
  const [local, remote] = split(text);
  const pair = { local: local === '' ? 0 : portOf(local, 'local'), remote: portOf(remote, 'remote') };
  if (pair.remote === 0) throw new CliError('remote port must be > 0');
  return pair;
}

function portOf(text: string, which: 'local' | 'remote'): number {
  const problem = !/^\d+$/.test(text) ? 'invalid syntax' : Number(text) > 65_535 ? 'value out of range' : undefined;
  if (problem !== undefined)
    throw new CliError(
      `error parsing ${which} port '${text}': strconv.ParseUint: parsing ${goQuote(text)}: ${problem}`,
    );
  return Number(text);
}

function addressOf(text: string): string {
  if (text !== 'localhost' && !/^\d+\.\d+\.\d+\.\d+$/.test(text)) throw new CliError(`${text} is not a valid IP`);
  return text;
}

/** Listens until Ctrl-C, or until the pod does not take a connection. */
async function forward(
  context: Context,
  path: string,
  addresses: readonly string[],
  pairs: readonly Pair[],
): Promise<void> {
  const over = context.io.deferred<void>();
  const lost = (): void => over.reject(new CliError('lost connection to pod'));
  let listening = 0;
  const stops: (() => void)[] = [];
  const stop = (): void => stops.forEach((each) => each());
  context.io.onInterrupt(stop);
  for (const { local, remote } of pairs) {
    for (const address of addresses) {
      const port = local === 0 ? anyPort(context) : local;
      const ip = address === 'localhost' ? '127.0.0.1' : address;
      const problem = await bind(context, (refused) => {
        stops.push(
          context.io.network.listen(`${ip}:${port}`, {
            accept(connection) {
              context.out(`Handling connection for ${port}\n`);
              return joined(context, path, port, remote, connection, lost);
            },
            error: refused,
          }),
        );
      });
      if (problem === undefined) {
        listening++;
        context.out(`Forwarding from ${ip}:${port} -> ${remote}\n`);
        if (address === 'localhost') context.out(`Forwarding from [::1]:${port} -> ${remote}\n`);
      } else context.err(refusal(address, ip, port, problem));
    }
  }
  if (listening === 0) {
    const ports = pairs.map(({ local, remote }) => `{${local} ${remote}}`).join(' ');
    throw new CliError(`unable to listen on any of the requested ports: [${ports}]`);
  }
  try {
    await over.promise;
  } finally {
    stop();
  }
}

function refusal(address: string, ip: string, port: number, problem: string): string {
  const failed = (network: string, host: string): string =>
    `unable to create listener: Error listen ${network} ${host}:${port}: bind: ${problem === 'address in use' ? 'address already in use' : problem}`;
  const all = address === 'localhost' ? [failed('tcp4', ip), failed('tcp6', '[::1]')] : [failed('tcp4', ip)];
  return `Unable to listen on port ${port}: Listeners failed to create with the following errors: [${all.join(' ')}]\n`;
}

type Near = Parameters<Parameters<Context['io']['network']['listen']>[1]['accept']>[0];

/** Joins a connection to this laptop with one to the pod, by way of the server and the kubelet. */
function joined(
  context: Context,
  path: string,
  local: number,
  remote: number,
  near: Near,
  lost: () => void,
): ReturnType<Parameters<Context['io']['network']['listen']>[1]['accept']> {
  let over = false;
  const fail = (text: string): void => {
    if (over) return;
    over = true;
    const error = `an error occurred forwarding ${local} -> ${remote}: ${text}`;
    context.err(
      `E${formatKlogTime(context.io.now())} ${'1'.padStart(7)} portforward.go:424] "Unhandled Error" err=${goQuote(error)}\n`,
    );
    near.close();
    lost();
  };
  const far = context.server.stream(
    'POST',
    path,
    { query: { ports: String(remote) }, accept: '*/*' },
    {
      data(text, channel) {
        if (channel === 1) near.send(text);
        else if (channel === 2) fail(text);
      },
      end() {
        over = true;
        near.close();
      },
      fail(failure) {
        if (failure.reason !== 'cancelled') fail(failure.message);
      },
      refused: (error, body) =>
        fail(
          `error upgrading connection: ${/^\s*\{/.test(body) ? error.message : `unable to upgrade connection: ${body.trim()}`}`,
        ),
    },
  );
  return { message: (payload) => far.send(payload, 0), close: () => far.cancel() };
}
