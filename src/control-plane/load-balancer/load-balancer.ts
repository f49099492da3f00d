// The control plane's virtual address: TCP only, as HAProxy or keepalived in front of kubeadm's apiservers.
import type { Connection, ConnectionHandlers, Env, JsonObject, Program } from '../../sim/env.ts';
import type { HttpClient } from '../../sim/http.ts';
import { argvOf, parseFlags } from '../../lib/flags.ts';
import { MILLISECOND, SECOND } from '../../lib/time.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { RpcFailure } from '../../sim/http.ts';

/** Arguments: `--listen=10.0.0.10:6443 --backend=10.0.0.11:6443 --backend=…`. */
interface Options {
  readonly listen: string;
  readonly backends: readonly string[];
}

/** HAProxy's inter, downinter, timeout check and fall. */
const CHECK_INTERVAL = 5 * SECOND;
const DOWN_CHECK_INTERVAL = 1 * SECOND;
const CHECK_TIMEOUT = 3 * SECOND;
const FAILURES_UNTIL_DOWN = 3;
const CONNECT_TIMEOUT = 3 * SECOND;
/** While no backend is healthy, nothing listens: clients are refused at once. Looked at again this often. */
const BIND_RETRY = 100 * MILLISECOND;

interface Backend {
  readonly address: string;
  readonly prober: HttpClient;
  healthy: boolean;
  /** The last verdict made known; undefined before the first check. */
  reported: boolean | undefined;
  failures: number;
  /** Closes what is joined to it. */
  readonly joined: Set<() => void>;
}

export const loadBalancer: Program = (env) => {
  const options = parseOptions(env.args);
  new LoadBalancer(env, options).start();
};

function parseOptions(args: JsonObject): Options {
  const flags = parseFlags(argvOf(args));
  return { listen: flags.get('listen') ?? '0.0.0.0:6443', backends: flags.list('backend') };
}

class LoadBalancer {
  readonly #env: Env;
  readonly #listen: string;
  readonly #backends: readonly Backend[];
  #turn = 0;
  #stopListening: (() => void) | undefined;

  constructor(env: Env, options: Options) {
    this.#env = env;
    this.#listen = options.listen;
    this.#backends = options.backends.map((address) => ({
      address,
      prober: createHttpClient(env, address, {
        protocol: 'api',
        userAgent: 'load-balancer',
        connectTimeout: CHECK_TIMEOUT,
      }),
      healthy: true,
      reported: undefined,
      failures: 0,
      joined: new Set(),
    }));
  }

  start(): void {
    this.#update();
    for (const backend of this.#backends) this.#check(backend);
  }

  #check(backend: Backend): void {
    this.#env.spawn(async () => {
      const healthy = await probe(backend.prober);
      if (healthy) this.#succeeded(backend);
      else this.#failed(backend);
      this.#env.after(backend.healthy ? CHECK_INTERVAL : DOWN_CHECK_INTERVAL, () => this.#check(backend));
    });
  }

  #succeeded(backend: Backend): void {
    backend.failures = 0;
    this.#mark(backend, true);
  }

  #failed(backend: Backend): void {
    backend.failures++;
    if (backend.failures >= FAILURES_UNTIL_DOWN) this.#mark(backend, false);
  }

  #mark(backend: Backend, healthy: boolean): void {
    backend.healthy = healthy;
    if (backend.reported === healthy) return;
    backend.reported = healthy;
    this.#env.print(`Server kube-apiserver/${backend.address} is ${healthy ? 'UP' : 'DOWN'}.\n`);
    this.#env.trace({ type: 'balancer.backend', backend: backend.address, healthy });
    if (!healthy) for (const close of [...backend.joined]) close();
    this.#update();
  }

  /** Listens as long as there is a backend to pass connections to. */
  #update(): void {
    const wanted = this.#backends.some(({ healthy }) => healthy);
    if (!wanted) {
      this.#stopListening?.();
      this.#stopListening = undefined;
    } else this.#stopListening ??= this.#bind();
  }

  #bind(): () => void {
    return this.#env.listen(this.#listen, {
      accept: (client) => this.#accept(client),
      error: (reason) => {
        this.#stopListening = undefined;
        this.#env.print(`cannot bind ${this.#listen}: ${reason}\n`, 'stderr');
        this.#env.after(BIND_RETRY, () => this.#update());
      },
    });
  }

  #accept(client: Connection): ConnectionHandlers {
    const waiting: string[] = [];
    let server: Connection | undefined;
    let open = false;
    let over = false;
    const finish = (): void => {
      if (over) return;
      over = true;
      client.close();
      server?.close();
    };
    const tried = new Set<Backend>();
    const dial = (): void => {
      const backend = this.#next(tried);
      if (backend === undefined) {
        finish();
        return;
      }
      tried.add(backend);
      backend.joined.add(finish);
      server = this.#env.connect(
        backend.address,
        {
          open() {
            open = true;
            for (const payload of waiting.splice(0)) server?.send(payload);
          },
          message: (payload) => client.send(payload),
          close() {
            backend.joined.delete(finish);
            if (over) return;
            if (open) finish();
            else dial();
          },
        },
        { protocol: 'api', connectTimeout: CONNECT_TIMEOUT },
      );
    };
    dial();
    return {
      message(payload) {
        if (open) server?.send(payload);
        else waiting.push(payload);
      },
      close: finish,
    };
  }

  /** Round robin over the healthy ones that this connection has not tried. */
  #next(tried: ReadonlySet<Backend>): Backend | undefined {
    for (let i = 0; i < this.#backends.length; i++) {
      const backend = this.#backends[this.#turn++ % this.#backends.length];
      if (backend !== undefined && backend.healthy && !tried.has(backend)) return backend;
    }
    return undefined;
  }
}

async function probe(client: HttpClient): Promise<boolean> {
  try {
    const response = await client.request({ method: 'GET', path: '/readyz' }, { timeout: CHECK_TIMEOUT });
    if (response.status === 200) return true;
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    client.close();
  }
  return false;
}
