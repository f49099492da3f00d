import { parseDoorInput, type DoorInput, type DoorOutput } from '../../api/door.ts';
import { argvOf, parseFlags } from '../../lib/flags.ts';
import type { Env, JsonObject, Program } from '../../sim/env.ts';
import { goReason, createHttpClient } from '../../sim/http-client.ts';
import type { HttpClient, HttpStream } from '../../sim/http.ts';

/** Arguments: `--server=10.0.0.10:6443 --user=kubernetes-admin --groups=system:masters`. */
interface Options {
  readonly server: string;
  readonly user: string;
  readonly groups: string;
}

interface OpenExchange {
  readonly conn: number;
  readonly stream: HttpStream;
}

/**
 * Where real clients enter the simulated network: every request of theirs is an input of the run, goes on to the
 * cluster as an administrator's, and its answer is printed. Models a TLS-terminating proxy with a client certificate.
 */
export const door: Program = (env) => {
  const options = parseOptions(env.args);
  const clients = new Map<number, HttpClient>();
  const exchanges = new Map<number, OpenExchange>();
  say(env, { t: 'started' });

  env.onInput((text) => {
    const input = parseDoorInput(text);
    if (input === undefined) return;
    switch (input.t) {
      case 'request':
        return env.because(env.step(deedOf(input)), () => begin(env, options, clients, exchanges, input));
      case 'data':
        return exchanges.get(input.id)?.stream.send(input.data, input.channel);
      case 'end':
        return exchanges.get(input.id)?.stream.end();
      case 'cancel':
        exchanges.get(input.id)?.stream.cancel();
        exchanges.delete(input.id);
        return;
      case 'gone': {
        for (const [id, { conn }] of exchanges) if (conn === input.conn) exchanges.delete(id);
        clients.get(input.conn)?.close();
        clients.delete(input.conn);
        return;
      }
    }
  });
};

function parseOptions(args: JsonObject): Options {
  const flags = parseFlags(argvOf(args));
  return {
    server: flags.get('server') ?? '10.0.0.10:6443',
    user: flags.get('user') ?? 'kubernetes-admin',
    groups: flags.get('groups') ?? 'system:masters',
  };
}

/** What the client did, for whoever asks why: told as something that its user did. */
function deedOf({ method, path, headers }: Extract<DoorInput, { t: 'request' }>): string {
  const client = /^[A-Za-z0-9._-]{1,40}(?=\/|$)/.exec(headers['user-agent'] ?? '')?.[0] ?? 'a client';
  return `you asked with ${client}: ${method} ${path.split('?')[0] ?? ''}`;
}

/** One connection of a client is one connection to the control plane, so that the balancer spreads them. */
function begin(
  env: Env,
  options: Options,
  clients: Map<number, HttpClient>,
  exchanges: Map<number, OpenExchange>,
  { id, conn, method, path, headers, body }: Extract<DoorInput, { t: 'request' }>,
): void {
  const known = clients.get(conn);
  const client = known ?? createHttpClient(env, options.server, { protocol: 'api' });
  if (known === undefined) clients.set(conn, client);
  let answered = false;
  const stream = client.stream(
    {
      method,
      path,
      headers: { ...headers, 'x-remote-user': options.user, 'x-remote-group': options.groups },
      body,
    },
    {
      head(response) {
        if (!exchanges.has(id)) return;
        answered = response.body !== '';
        if (answered) exchanges.delete(id);
        const { status, headers: answer } = response;
        if (answered) say(env, { t: 'answer', id, status, headers: answer, body: response.body });
        else say(env, { t: 'head', id, status, headers: answer });
      },
      data(data, channel) {
        if (exchanges.has(id)) say(env, { t: 'data', id, channel, data });
      },
      end() {
        if (exchanges.delete(id)) say(env, { t: 'end', id });
      },
      fail(failure) {
        if (exchanges.delete(id)) say(env, { t: 'fail', id, definite: failure.definite, text: goReason(failure) });
      },
    },
  );
  exchanges.set(id, { conn, stream });
}

function say(env: Env, output: DoorOutput): void {
  env.print(`${JSON.stringify(output)}\n`);
}
