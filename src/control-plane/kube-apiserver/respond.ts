import type { KubeObject, Status } from '../../api/types.gen.ts';
import type { RequestContext } from './context.ts';
import type { Accepted } from './negotiate.ts';
import type { ApiError } from '../../api/status.ts';
import { contentTypeOf, formatBody, objectText } from './encode.ts';
import { PLAIN } from './negotiate.ts';

/** Headers that every answer of the API has. */
const NO_CACHE = { 'cache-control': 'no-cache, private' } as const;

export function respondText(ctx: RequestContext, status: number, json: string): void {
  ctx.exchange.respond(status, formatBody(json, ctx.accepted), {
    ...NO_CACHE,
    'content-type': contentTypeOf(ctx.accepted),
    ...warningHeader(ctx.warnings),
  });
}

export function respondObject(ctx: RequestContext, status: number, object: KubeObject): void {
  respondText(ctx, status, objectText(object));
}

export function respondStatus(ctx: RequestContext, status: number, body: Status): void {
  respondText(ctx, status, JSON.stringify(body));
}

/** `Warning: 299 - "text"`, comma-separated when there are several. */
export function warningHeader(warnings: readonly string[]): Readonly<Record<string, string>> {
  if (warnings.length === 0) return {};
  const quoted = [...new Set(warnings)].map(
    (text) => `299 - "${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
  );
  return { warning: quoted.join(', ') };
}

export function respondError(ctx: RequestContext, error: ApiError): void {
  const code = error.code;
  const retry = error.status.details?.retryAfterSeconds;
  ctx.exchange.respond(code, formatBody(JSON.stringify(error.status), ctx.accepted), {
    ...NO_CACHE,
    'content-type': contentTypeOf(ctx.accepted),
    ...warningHeader(ctx.warnings),
    ...(retry === undefined ? {} : { 'retry-after': String(retry) }),
  });
}

export function respondForbidden(ctx: RequestContext, error: ApiError): void {
  ctx.exchange.respond(error.code, formatBody(JSON.stringify(error.status), ctx.accepted), {
    ...NO_CACHE,
    'content-type': contentTypeOf(ctx.accepted),
    'x-content-type-options': 'nosniff',
  });
}

/** A text as it is, with headers of its own. */
export function respondContent(
  ctx: RequestContext,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>>,
): void {
  ctx.exchange.respond(status, text, { ...NO_CACHE, ...headers });
}

/** The client has this very content already. */
export function isMatched(ctx: RequestContext, etag: string): boolean {
  const asked = ctx.exchange.request.headers['if-none-match'] ?? '';
  return asked.split(',').some((part) => part.trim() === '*' || part.trim().replace(/^W\//, '') === etag);
}

/** For paths outside the API: Go's http.NotFound and the like. */
export function respondPlain(ctx: RequestContext, status: number, text: string): void {
  ctx.exchange.respond(status, text, {
    ...NO_CACHE,
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
}

/** JSON that is always indented: /version, and answers before the media type is known. */
export function respondPretty(ctx: RequestContext, status: number, value: unknown): void {
  ctx.exchange.respond(status, JSON.stringify(value, undefined, 2), {
    ...NO_CACHE,
    'content-type': 'application/json',
  });
}

export function respondJson(ctx: RequestContext, status: number, value: unknown, contentType?: string): void {
  const accepted: Accepted = contentType === undefined ? ctx.accepted : PLAIN;
  ctx.exchange.respond(status, formatBody(JSON.stringify(value), accepted), {
    ...NO_CACHE,
    'content-type': contentType ?? contentTypeOf(accepted),
    ...warningHeader(ctx.warnings),
  });
}
