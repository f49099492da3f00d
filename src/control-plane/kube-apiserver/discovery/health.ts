// Models apiserver/pkg/server/healthz.
import type { RequestContext } from '../context.ts';
import type { Server } from '../server.ts';
import { SECOND } from '../../../lib/time.ts';
import { respondPlain } from '../respond.ts';
import { START_HOOKS } from '../start-hooks.ts';

type Endpoint = 'healthz' | 'livez' | 'readyz';
type Check = () => Promise<boolean> | boolean;

/** Upstream's etcd healthcheck gives up after this long. */
const ETCD_TIMEOUT = 2 * SECOND;

export async function handleHealth(
  server: Server,
  ctx: RequestContext,
  endpoint: Endpoint,
  rest: readonly string[],
): Promise<void> {
  const checks = checksOf(server, endpoint);
  const excluded = new Set(ctx.query.getAll('exclude'));
  const [one] = rest;
  if (one !== undefined) {
    const check = checks.get(one);
    if (check === undefined) respondPlain(ctx, 404, '404 page not found\n');
    else if (await check()) respondPlain(ctx, 200, 'ok');
    else respondPlain(ctx, 500, 'internal server error: check failed: reason withheld\n');
    return;
  }
  const lines: string[] = [];
  let failed = false;
  for (const [name, check] of checks) {
    if (excluded.has(name)) lines.push(`[+]${name} excluded: ok`);
    else if (await check()) lines.push(`[+]${name} ok`);
    else {
      failed = true;
      lines.push(`[-]${name} failed: reason withheld`);
    }
  }
  if (failed) respondPlain(ctx, 500, `${lines.join('\n')}\n${endpoint} check failed\n`);
  else if (ctx.query.has('verbose')) respondPlain(ctx, 200, `${lines.join('\n')}\n${endpoint} check passed\n`);
  else respondPlain(ctx, 200, 'ok');
}

/** In the order in which they are reported. */
function checksOf(server: Server, endpoint: Endpoint): ReadonlyMap<string, Check> {
  let probe: Promise<boolean> | undefined;
  const etcd: Check = () => (probe ??= server.etcd.healthy(ETCD_TIMEOUT));
  const checks = new Map<string, Check>([
    ['ping', () => true],
    ['log', () => true],
  ]);
  if (endpoint !== 'livez') checks.set('etcd', etcd);
  else checks.set('etcd', () => true);
  if (endpoint === 'readyz') {
    checks.set('etcd-readiness', etcd);
    checks.set('informer-sync', () => server.resources.every(({ cache }) => cache.ready));
  }
  for (const name of START_HOOKS) checks.set(`poststarthook/${name}`, () => !server.startHooks.isPending(name));
  return checks;
}
