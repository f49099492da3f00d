import type { RequestContext } from '../context.ts';
import type { Server } from '../server.ts';
import { noSuchPath } from '../../../api/status.ts';
import { negotiate, NOT_ACCEPTABLE, parseAccept } from '../negotiate.ts';
import { isMatched, respondContent, respondJson, respondPlain, respondPretty } from '../respond.ts';
import {
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  groupDiscoveryList,
  groupsOf,
  servesGroupVersion,
} from './groups.ts';
import { handleHealth } from './health.ts';
import { handleOpenApi } from './openapi.ts';
import { VERSION } from '../../../api/version.ts';
import { write } from './written.ts';

/** Everything outside resources: discovery, version, health, OpenAPI. */
export async function handleNonResource(server: Server, ctx: RequestContext): Promise<void> {
  const { method } = ctx.exchange.request;
  const { path } = ctx.info;
  if (method !== 'GET' && method !== 'HEAD') {
    respondPlain(ctx, 405, 'Method Not Allowed\n');
    return;
  }
  const segments = path.split('/').filter((part) => part !== '');
  const first = segments[0] ?? '';
  if (first === 'healthz' || first === 'livez' || first === 'readyz') {
    await handleHealth(server, ctx, first, segments.slice(1));
    return;
  }
  if (first === 'version' && segments.length === 1) respondPretty(ctx, 200, VERSION);
  else if (first === 'api' || first === 'apis') discovery(server, ctx, first, segments.slice(1));
  else if (first === 'openapi') await handleOpenApi(server, ctx, segments.slice(1));
  else if (first === '') respondPretty(ctx, 200, { paths: pathsOf(server) });
  else respondPlain(ctx, 404, '404 page not found\n');
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

function discovery(server: Server, ctx: RequestContext, root: 'api' | 'apis', rest: readonly string[]): void {
  const { accept } = ctx.exchange.request.headers;
  if (!wantsAggregated(ctx) && negotiate(accept, ctx.query, ctx.userAgent) === undefined) {
    respondPretty(ctx, 406, NOT_ACCEPTABLE.status);
    return;
  }
  const [group = '', version = ''] = root === 'apis' ? rest : ['', rest[0] ?? ''];
  if (rest.length === 0) {
    if (wantsAggregated(ctx)) {
      respondAggregated(server, ctx, root === 'api' ? [''] : groupsOf(server));
      return;
    }
    respondJson(ctx, 200, root === 'api' ? apiVersions(server) : apiGroupList(server));
    return;
  }
  if (root === 'apis' && rest.length === 1 && groupsOf(server).includes(group)) {
    respondJson(ctx, 200, { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) });
    return;
  }
  if (rest.length === (root === 'apis' ? 2 : 1) && servesGroupVersion(server, group, version)) {
    respondJson(ctx, 200, apiResourceList(server, group, version));
    return;
  }
  if (servesGroupVersion(server, group, version)) throw noSuchPath();
  respondPlain(ctx, 404, '404 page not found\n');
}

/** The first form named that is served. `v2beta1` is not any more: who asks for it goes on to the next. */
function wantsAggregated(ctx: RequestContext): boolean {
  for (const { type, parameters } of parseAccept(ctx.exchange.request.headers['accept'] ?? '')) {
    if (parameters.get('as') === undefined) {
      if (['application/json', 'application/yaml', 'application/*', '*/*'].includes(type)) return false;
    } else if (isAggregated(parameters)) return true;
  }
  return false;
}

function isAggregated(parameters: ReadonlyMap<string, string>): boolean {
  return (
    parameters.get('g') === 'apidiscovery.k8s.io' &&
    parameters.get('v') === 'v2' &&
    parameters.get('as') === 'APIGroupDiscoveryList'
  );
}

/** Models apiserver/pkg/endpoints/discovery/aggregated: a client that has it already is told so. */
function respondAggregated(server: Server, ctx: RequestContext, groups: readonly string[]): void {
  const { text, hash } = write(groupDiscoveryList(server, groups));
  const etag = `"${hash}"`;
  const headers = { 'cache-control': 'public', etag, vary: 'Accept' };
  if (isMatched(ctx, etag)) respondContent(ctx, 304, '', headers);
  else respondContent(ctx, 200, text, { ...headers, 'content-type': AGGREGATED });
}

function pathsOf(server: Server): readonly string[] {
  const groups = groupsOf(server).flatMap((group) => [`/apis/${group}`, `/apis/${group}/v1`]);
  const fixed = ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];
  return [...fixed, ...groups].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
