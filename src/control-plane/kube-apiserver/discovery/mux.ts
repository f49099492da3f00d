import type { RequestContext } from '../context.ts';
import type { Server } from '../server.ts';
import { openApiDocument, openApiIndex } from '../../../api/openapi.ts';
import { noSuchPath } from '../../../api/status.ts';
import { parseAccept, PLAIN } from '../negotiate.ts';
import { respondJson, respondPlain, respondPretty } from '../respond.ts';
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
import { openApiV2 } from './openapi-v2.ts';
import { VERSION } from './version.ts';

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
  else if (first === 'openapi') openApi(server, ctx, segments.slice(1));
  else if (first === '') respondPretty(ctx, 200, { paths: pathsOf(server) });
  else respondPlain(ctx, 404, '404 page not found\n');
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

function discovery(server: Server, ctx: RequestContext, root: 'api' | 'apis', rest: readonly string[]): void {
  const [group = '', version = ''] = root === 'apis' ? rest : ['', rest[0] ?? ''];
  if (rest.length === 0) {
    if (wantsAggregated(ctx)) {
      respondJson(ctx, 200, groupDiscoveryList(server, root === 'api' ? [''] : groupsOf(server)), AGGREGATED);
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

function wantsAggregated(ctx: RequestContext): boolean {
  const accept = ctx.exchange.request.headers['accept'];
  if (accept === undefined) return false;
  const best = parseAccept(accept)[0];
  return best?.parameters.get('as') === 'APIGroupDiscoveryList' && best.parameters.get('v') === 'v2';
}

function openApi(server: Server, ctx: RequestContext, rest: readonly string[]): void {
  const [version, ...path] = rest;
  if (version === 'v2' && path.length === 0) respondJson({ ...ctx, accepted: PLAIN }, 200, openApiV2(server));
  else if (version === 'v3' && path.length === 0) respondJson({ ...ctx, accepted: PLAIN }, 200, openApiIndex());
  else if (version === 'v3') {
    const document = openApiDocument(path.join('/'));
    if (document === undefined) respondPlain(ctx, 404, '404 page not found\n');
    else respondJson({ ...ctx, accepted: PLAIN }, 200, document);
  } else respondPlain(ctx, 404, '404 page not found\n');
}

function pathsOf(server: Server): readonly string[] {
  const groups = groupsOf(server).flatMap((group) => [`/apis/${group}`, `/apis/${group}/v1`]);
  const fixed = ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];
  return [...fixed, ...groups].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
