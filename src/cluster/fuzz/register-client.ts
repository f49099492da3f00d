import { createHttpClient } from '../../sim/http-client.ts';
import { RpcFailure, type HttpClient } from '../../sim/http.ts';
import { MILLISECOND, SECOND, type Env, type Micros, type Program } from '../../sim/env.ts';

/** What one client of the API did to one ConfigMap, in the words of the register model. Printed as JSON lines. */
export type RegisterRecord =
  | {
      readonly kind: 'call';
      readonly id: string;
      readonly key: number;
      readonly op: 'read' | 'write' | 'cas';
      readonly value?: string;
      readonly from?: string;
    }
  | { readonly kind: 'return'; readonly id: string; readonly output: string | boolean }
  /** Certainly without effect. */
  | { readonly kind: 'failed'; readonly id: string };

const COLLECTION = '/api/v1/namespaces/default/configmaps';
const HEADERS = {
  'content-type': 'application/json',
  'x-remote-user': 'register-client',
  'x-remote-group': 'system:masters',
};
const PATIENCE: Micros = 6 * SECOND;

interface Seen {
  readonly value: string;
  readonly resourceVersion: string;
}

/**
 * Reads, writes and compares-and-swaps ConfigMaps through the balancer, one operation at a time, each value written once.
 * Arguments: server, keys (how many registers), from and until (µs since power-on), pause (longest wait between operations, µs).
 */
export const registerClient: Program = (env) => {
  const keys = Number(env.args['keys']);
  const until = Number(env.args['until']);
  const pause = Number(env.args['pause']);
  const http = createHttpClient(env, String(env.args['server']), { userAgent: 'register-client', timeout: PATIENCE });
  const seen = new Map<number, Seen>();
  env.spawn(async () => {
    await env.sleep(Number(env.args['from']) + env.random.below(SECOND));
    for (let key = 0; key < keys; key++) await makeSureOf(env, http, key);
    for (let count = 1; env.uptime() < until; count++) {
      await operate(env, http, seen, env.random.below(keys), `${env.host}.${count}`);
      await env.sleep(MILLISECOND + env.random.below(pause));
    }
  });
};

const nameOf = (key: number) => `register-${key}`;
const manifest = (key: number, value: string, resourceVersion?: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: nameOf(key),
      namespace: 'default',
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    data: { value },
  });

/** Every client tries to create every register, empty; whoever comes second is told that it exists. */
async function makeSureOf(env: Env, http: HttpClient, key: number): Promise<void> {
  for (;;) {
    try {
      const answer = await http.request({
        method: 'POST',
        path: COLLECTION,
        headers: HEADERS,
        body: manifest(key, ''),
      });
      if (answer.status === 201 || answer.status === 409) return;
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
    }
    await env.sleep(SECOND);
  }
}

async function operate(env: Env, http: HttpClient, seen: Map<number, Seen>, key: number, id: string): Promise<void> {
  const print = (record: RegisterRecord) => env.print(`${JSON.stringify(record)}\n`);
  const path = `${COLLECTION}/${nameOf(key)}`;
  const known = seen.get(key);
  const dice = env.random.below(10);
  const op = dice < 5 || known === undefined ? 'read' : dice < 7 ? 'write' : 'cas';
  print({
    kind: 'call',
    id,
    key,
    op,
    ...(op === 'read' ? {} : { value: id }),
    ...(op === 'cas' && known !== undefined ? { from: known.value } : {}),
  });
  try {
    if (op === 'read') {
      const answer = await http.request({ method: 'GET', path, headers: HEADERS });
      if (answer.status !== 200) return;
      const now = seenIn(answer.body);
      seen.set(key, now);
      return print({ kind: 'return', id, output: now.value });
    }
    const body = manifest(key, id, op === 'cas' ? known?.resourceVersion : undefined);
    const answer = await http.request({ method: 'PUT', path, headers: HEADERS, body });
    if (answer.status === 200) {
      seen.set(key, seenIn(answer.body));
      return print({ kind: 'return', id, output: true });
    }
    if (answer.status === 409 && op === 'cas') return print({ kind: 'return', id, output: false });
    if (answer.status < 500) return print({ kind: 'failed', id });
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    if (error.definite) print({ kind: 'failed', id });
  }
}

function seenIn(body: string): Seen {
  const object: {
    readonly metadata: { readonly resourceVersion: string };
    readonly data?: { readonly value?: string };
  } = JSON.parse(body);
  return { value: object.data?.value ?? '', resourceVersion: object.metadata.resourceVersion };
}
