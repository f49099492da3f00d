import { parseFlags } from '../../lib/flags.ts';
import {
  SECOND,
  type Address,
  type Connection,
  type ConnectionHandlers,
  type Env,
  type Micros,
  type Program,
} from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { RpcFailure } from '../../sim/http.ts';

const CHECK_INTERVAL: Micros = 2 * SECOND;
const CHECK_TIMEOUT: Micros = 2 * SECOND;
/** haproxy's `fall` and `rise`. */
const FALL = 3;
const RISE = 2;
const CONNECT_TIMEOUT: Micros = 5 * SECOND;

interface Backend {
  readonly address: Address;
  healthy: boolean;
  /** Checks in a row that said otherwise than `healthy`. */
  contrary: number;
  readonly connections: Set<Connection>;
}

/**
 * TCP in front of the kube-apiservers, as haproxy with `option httpchk GET /readyz` is set up: round robin over the healthy ones, a
 * refusal when there is none. Connections to a backend that goes down are closed, so that clients dial again (`on-marked-down
 * shutdown-sessions`). Flags: --listen, --backend (repeated).
 */
export const loadBalancer: Program = (env) => {
  const { argv } = env.args;
  const flags = parseFlags(Array.isArray(argv) ? argv.map(String) : []);
  const backends = flags
    .all('backend')
    .map((address): Backend => ({ address, healthy: false, contrary: 0, connections: new Set() }));
  let next = 0;

  /** Healthy backends, each in its turn first. */
  function choose(): Backend | undefined {
    for (let tries = 0; tries < backends.length; tries++) {
      const backend = backends[next++ % backends.length];
      if (backend?.healthy === true) return backend;
    }
    return undefined;
  }

  env.listen(flags.get('listen') ?? '', {
    accept(client) {
      const backend = choose();
      if (backend === undefined) {
        client.close();
        return {};
      }
      return forward(env, client, backend);
    },
    error: (reason) => {
      env.print(`cannot bind ${flags.get('listen') ?? ''}: ${reason}\n`, 'stderr');
      env.exit(1);
    },
  });
  for (const backend of backends) check(env, backend);
};

/** Passes messages both ways until one side ends. */
function forward(env: Env, client: Connection, backend: Backend): ConnectionHandlers {
  const server = env.connect(
    backend.address,
    {
      message: (payload) => client.send(payload),
      close() {
        backend.connections.delete(client);
        client.close();
      },
    },
    { connectTimeout: CONNECT_TIMEOUT, protocol: 'api' },
  );
  backend.connections.add(client);
  return {
    message: (payload) => server.send(payload),
    close() {
      backend.connections.delete(client);
      server.close();
    },
  };
}

function check(env: Env, backend: Backend): void {
  const client = createHttpClient(env, backend.address, {
    timeout: CHECK_TIMEOUT,
    connectTimeout: CHECK_TIMEOUT,
    protocol: 'api',
  });
  env.spawn(async () => {
    let ok = false;
    try {
      ok = (await client.request({ method: 'GET', path: '/readyz' })).status === 200;
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
    }
    client.close();
    judge(env, backend, ok);
    env.after(CHECK_INTERVAL, () => check(env, backend));
  });
}

function judge(env: Env, backend: Backend, ok: boolean): void {
  if (ok === backend.healthy) {
    backend.contrary = 0;
    return;
  }
  backend.contrary++;
  if (backend.contrary < (ok ? RISE : FALL)) return;
  backend.healthy = ok;
  backend.contrary = 0;
  env.print(`Server kube-apiserver/${backend.address} is ${ok ? 'UP' : 'DOWN'}.\n`);
  env.trace({ type: 'balancer.backend', backend: backend.address, healthy: ok });
  if (ok) return;
  for (const connection of backend.connections) connection.close();
  backend.connections.clear();
}
