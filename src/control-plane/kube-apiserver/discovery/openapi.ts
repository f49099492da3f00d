// Models kube-openapi/pkg/handler and handler3.
import type { RequestContext } from '../context.ts';
import type { Server } from '../server.ts';
import { formatHttpDate, YEAR } from '../../../lib/time.ts';
import { isMatched, respondContent, respondPlain } from '../respond.ts';

const JSON_TYPE = 'application/json';
/** Asked for with an `@`, which no media type may have: it is answered under this name. */
const PROTOBUF_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

export async function handleOpenApi(server: Server, ctx: RequestContext, rest: readonly string[]): Promise<void> {
  const [version, ...path] = rest;
  if ((version !== 'v2' && version !== 'v3') || (version === 'v2' && path.length > 0)) {
    respondPlain(ctx, 404, '404 page not found\n');
    return;
  }
  const documents = await server.env.load(() => import('./documents.ts'));
  if (version === 'v3' && path.length === 0) {
    respondContent(ctx, 200, documents.indexOfDocuments(), { 'content-type': 'text/plain; charset=utf-8' });
    return;
  }
  const name = path.join('/');
  const inProtobuf = version === 'v2' && asksForProtobuf(ctx);
  const swagger = inProtobuf ? documents.swaggerInProtobuf() : documents.swagger();
  const document = version === 'v2' ? swagger : documents.documentOf(name);
  if (document === undefined) {
    respondPlain(ctx, 404, '404 page not found\n');
    return;
  }
  const vary = { vary: 'Accept' };
  if (!inProtobuf && !acceptsJson(ctx)) {
    respondContent(ctx, 406, '', vary);
    return;
  }
  const asked = ctx.query.get('hash') ?? '';
  if (version === 'v3' && asked !== '' && asked !== document.hash) {
    const location = documents.urlOf(name, document.hash);
    const body = `<a href="${location}">Moved Permanently</a>.\n\n`;
    respondContent(ctx, 301, body, { ...vary, location, 'content-type': 'text/html; charset=utf-8' });
    return;
  }
  const etag = `"${document.hash}"`;
  const headers: Record<string, string> = { ...vary, etag };
  if (version === 'v3' && asked !== '') {
    headers['cache-control'] = 'public, immutable';
    headers['expires'] = formatHttpDate(server.env.now() + YEAR);
  }
  if (isMatched(ctx, etag)) respondContent(ctx, 304, '', headers);
  else respondContent(ctx, 200, document.text, { ...headers, 'content-type': inProtobuf ? PROTOBUF_TYPE : JSON_TYPE });
}

/** Of OpenAPI v3 that form is not offered: clients that ask for it name JSON as well. */
function acceptsJson(ctx: RequestContext): boolean {
  const accept = ctx.exchange.request.headers['accept'] ?? '';
  return accept === '' || /application\/json|\*\/\*|application\/\*|proto-openapi/.test(accept);
}

function asksForProtobuf(ctx: RequestContext): boolean {
  return (ctx.exchange.request.headers['accept'] ?? '').replace('@', '.').startsWith(PROTOBUF_TYPE);
}
