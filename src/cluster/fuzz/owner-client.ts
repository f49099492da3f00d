import { MILLISECOND, SECOND, type Env, type Micros, type Program } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { RpcFailure, type HttpClient } from '../../sim/http.ts';

const HEADERS = {
  'content-type': 'application/json',
  'x-remote-user': 'owner-client',
  'x-remote-group': 'system:masters',
};
const MERGE = { ...HEADERS, 'content-type': 'application/merge-patch+json' };
const PATIENCE: Micros = 6 * SECOND;
const POLICIES = ['Background', 'Background', 'Foreground', 'Orphan'] as const;
type Policy = (typeof POLICIES)[number];

/** ConfigMaps own Secrets: of two kinds, so that a watcher may hear of what is owned before it hears of the owner. */
const OWNERS = '/api/v1/namespaces/default/configmaps';
const OWNED = '/api/v1/namespaces/default/secrets';

interface Ref {
  readonly name: string;
  readonly uid: string;
}

interface Known {
  readonly metadata: { readonly uid: string; readonly deletionTimestamp?: string };
}

/**
 * Keeps the garbage collector busy: makes owners and at once what they own, deletes owners in every way, makes them again under
 * the same name, and has them adopt what was orphaned. Of some, two own the same, and only one goes.
 * Arguments: server, families (how many), from and until (µs since power-on), pause (longest wait between two steps, µs).
 */
export const ownerClient: Program = (env) => {
  const families = Number(env.args['families']);
  const until = Number(env.args['until']);
  const pause = Number(env.args['pause']);
  const http = createHttpClient(env, String(env.args['server']), { userAgent: 'owner-client', timeout: PATIENCE });
  env.spawn(async () => {
    await env.sleep(Number(env.args['from']) + env.random.below(SECOND));
    while (env.uptime() < until) {
      await liveOn(env, http, env.random.below(families), pause);
      await env.sleep(MILLISECOND + env.random.below(pause));
    }
  });
};

/** A generation of one family. Whatever fails is left as it is: the next generation finds it. */
async function liveOn(env: Env, http: HttpClient, family: number, pause: Micros): Promise<void> {
  const first = await ownerCalled(http, `owner-${family}`);
  const second = await ownerCalled(http, `owner-${family}-too`);
  if (first === undefined || second === undefined) return;
  await owns(http, `owned-${family}`, [first]);
  await owns(http, `owned-${family}-too`, [first, second]);
  await env.sleep(env.random.below(pause));
  const gone = env.random.chance(1, 2) ? first : second;
  await remove(http, gone, POLICIES[env.random.below(POLICIES.length)] ?? 'Background');
}

/** The owner of this name, made if need be; undefined: it cannot be had, or is on its way out. */
async function ownerCalled(http: HttpClient, name: string): Promise<Ref | undefined> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } };
  const made = await send(http, 'POST', OWNERS, body);
  const found = made.status === 409 ? await send(http, 'GET', `${OWNERS}/${name}`) : made;
  if (found.status !== 200 && found.status !== 201) return undefined;
  const { metadata }: Known = JSON.parse(found.body);
  return metadata.deletionTimestamp === undefined ? { name, uid: metadata.uid } : undefined;
}

/** What is there already, and may have been orphaned, is adopted. */
async function owns(http: HttpClient, name: string, owners: readonly Ref[]): Promise<void> {
  const ownerReferences = owners.map((owner) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    ...owner,
    blockOwnerDeletion: true,
  }));
  const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default', ownerReferences } };
  const { status } = await send(http, 'POST', OWNED, body);
  if (status === 409) await send(http, 'PATCH', `${OWNED}/${name}`, { metadata: { ownerReferences } });
}

async function remove(http: HttpClient, { name, uid }: Ref, propagationPolicy: Policy): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, preconditions: { uid } };
  await send(http, 'DELETE', `${OWNERS}/${name}`, body);
}

/** Status 0: no answer came. */
async function send(
  http: HttpClient,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly body: string }> {
  try {
    const headers = method === 'PATCH' ? MERGE : HEADERS;
    return await http.request({ method, path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  } catch (error) {
    if (error instanceof RpcFailure) return { status: 0, body: '' };
    throw error;
  }
}
