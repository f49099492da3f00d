// A request's way through the server. Models apiserver/pkg/server/config.go's handler chain and endpoints/installer.go.
import type { Exchange } from '../../sim/http.ts';
import type { RequestContext } from './context.ts';
import type { ServedResource, Server } from './server.ts';
import { ENDPOINTS, POD } from '../../api/kinds/index.ts';
import { ApiError, noSuchPath, requestEntityTooLarge, timeout, unauthorized, unknownMethod } from '../../api/status.ts';
import { AssertionError } from '../../lib/assert.ts';
import { utf8Bytes } from '../../lib/fnv.ts';
import { SECOND } from '../../lib/time.ts';
import { parseDuration } from '../../lib/duration.ts';
import type { User } from './auth.ts';
import { authenticate } from './auth/authenticate.ts';
import { impersonated, NobodyToBe } from './auth/impersonate.ts';
import { ANONYMOUS, forbiddenByAuthorizer } from './auth.ts';
import { handleNonResource } from './discovery/mux.ts';
import { servesGroupVersion } from './discovery/groups.ts';
import { handleCreate } from './handlers/create.ts';
import { handleDelete, handleDeleteCollection } from './handlers/delete.ts';
import { handlePatch } from './handlers/patch.ts';
import { handleGet, handleList } from './handlers/read.ts';
import { handleReview, reviewKindOf } from './handlers/review.ts';
import { handleUpdate } from './handlers/update.ts';
import { handleWatch } from './handlers/watch.ts';
import { negotiate, NOT_ACCEPTABLE, PLAIN } from './negotiate.ts';
import { requestInfoOf } from './request-info.ts';
import { respondError, respondForbidden, respondPlain, respondPretty } from './respond.ts';
import { storageError } from './storage/errors.ts';
import { EtcdFailure } from './storage/etcd-client.ts';
import { handleBinding } from './subresources/binding.ts';
import { isStreaming, subresourceHandler } from './subresources/index.ts';

/** Models MaxRequestBodyBytes. */
const BODY_LIMIT = 3 * 1024 * 1024;
/** Models requestTimeoutUpperBound: writes give up before the client does. */
const WRITE_TIMEOUT = 34 * SECOND;

export type Handler = (server: Server, ctx: RequestContext, resource: ServedResource) => Promise<void>;

export function handleExchange(server: Server, exchange: Exchange): void {
  const { method, path: target, headers } = exchange.request;
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  const info = requestInfoOf(method, path, query);
  const userAgent = headers['user-agent'] ?? '';
  const accepted = negotiate(headers['accept'], query, userAgent);
  const answers = oneAnswer(exchange, { 'audit-id': server.auditIds.next(headers['audit-id']) });
  const who = identify(server, exchange.request);
  const ctx: RequestContext = {
    exchange: answers.exchange,
    info,
    query,
    user: who.user,
    accepted: accepted ?? PLAIN,
    userAgent,
    manager: managerOf(query, userAgent),
    warnings: [],
  };
  const started = server.env.uptime();
  answers.onAnswer((code) => note(server, ctx, code, started));
  if (who.refuse !== undefined) {
    who.refuse(ctx);
    return;
  }
  if (isStreaming(info)) authorizeAndServe(server, ctx, answers, accepted !== undefined);
  else server.admittance(server, ctx, answers, () => authorizeAndServe(server, ctx, answers, accepted !== undefined));
}

function authorizeAndServe(server: Server, ctx: RequestContext, answers: Answers, acceptable: boolean): void {
  const { info, user } = ctx;
  const verdict = server.authorizer.authorize(user, info);
  if (verdict.allowed) serve(server, ctx, answers, acceptable);
  else if (mayBeAllowedSoon(server, user))
    run(server, ctx, answers, () => serveLater(server, ctx, answers, acceptable));
  else respondForbidden(ctx, forbiddenByAuthorizer(user, info, verdict.reason));
}

/** Nobody has a role before the cluster's first ones are made: who has a name waits for that. */
function mayBeAllowedSoon(server: Server, user: User): boolean {
  return server.startHooks.isPending('rbac/bootstrap-roles') && user.name !== ANONYMOUS.name;
}

async function serveLater(server: Server, ctx: RequestContext, answers: Answers, acceptable: boolean): Promise<void> {
  await server.startHooks.wait('rbac/bootstrap-roles');
  if (answers.given()) return;
  const verdict = server.authorizer.authorize(ctx.user, ctx.info);
  if (verdict.allowed) serve(server, ctx, answers, acceptable);
  else respondForbidden(ctx, forbiddenByAuthorizer(ctx.user, ctx.info, verdict.reason));
}

function serve(server: Server, ctx: RequestContext, answers: Answers, acceptable: boolean): void {
  const { info, exchange } = ctx;
  const { body } = exchange.request;
  if (!info.isResourceRequest) {
    run(server, ctx, answers, () => handleNonResource(server, ctx));
    return;
  }
  if (!servesGroupVersion(server, info.group, info.version)) {
    respondPlain(ctx, 404, '404 page not found\n');
    return;
  }
  if (!acceptable) {
    respondPretty(ctx, 406, NOT_ACCEPTABLE.status);
    return;
  }
  if (body.length > BODY_LIMIT / 4 && utf8Bytes(body).length > BODY_LIMIT) {
    respondError(ctx, requestEntityTooLarge(`limit is ${BODY_LIMIT}`));
    return;
  }
  run(server, ctx, answers, () => dispatch(server, ctx));
}

interface Identity {
  readonly user: User;
  /** Answers instead of going on. */
  readonly refuse?: (ctx: RequestContext) => void;
}

/** Who sent the request, and whom it is to be taken for. */
function identify(server: Server, { headers, path }: Exchange['request']): Identity {
  const user = authenticate(server, headers);
  if (user === undefined) return { user: ANONYMOUS, refuse: (ctx) => respondError(ctx, unauthorized()) };
  try {
    return { user: impersonated(user, headers, server.authorizer) ?? user };
  } catch (error) {
    if (error instanceof ApiError) return { user, refuse: (ctx) => respondForbidden(ctx, error) };
    if (!(error instanceof NobodyToBe)) throw error;
    const text = `Internal Server Error: ${JSON.stringify(path)}: ${error.message}\n`;
    return { user, refuse: (ctx) => respondPlain(ctx, 500, text) };
  }
}

/** What the request names, else the program that sent it. Models managerOrUserAgent. */
function managerOf(query: URLSearchParams, userAgent: string): string {
  const named = query.get('fieldManager') ?? '';
  return named !== '' ? named : (userAgent.split('/')[0] ?? '').slice(0, MAX_MANAGER);
}

const MAX_MANAGER = 128;

async function dispatch(server: Server, ctx: RequestContext): Promise<void> {
  const { group, version, resource: plural, subresource, verb, parts } = ctx.info;
  if (group === '' && plural === 'bindings' && parts.length === 1) return bindAny(server, ctx);
  const review = reviewKindOf(group, plural);
  if (review !== undefined) return handleReview(server, ctx, review);
  const resource = server.resource(group, version, plural);
  if (resource === undefined || !isInScope(resource, ctx)) throw noSuchPath();
  const deprecation = DEPRECATED.get(resource.kind);
  if (deprecation !== undefined) ctx.warnings.push(deprecation);
  if (subresource !== '') {
    const found = subresourceHandler(resource.kind, subresource, ctx.exchange.request.method);
    if (found === 'unknown') throw noSuchPath();
    if (found === 'method') throw unknownMethod();
    return found(server, ctx, resource);
  }
  if (parts.length > 2) throw noSuchPath();
  const handler = HANDLERS[verb];
  if (handler === undefined || !isServed(resource, ctx)) throw unknownMethod();
  return handler(server, ctx, resource);
}

/** The older way to bind: the pod is named in the body. */
async function bindAny(server: Server, ctx: RequestContext): Promise<void> {
  if (ctx.exchange.request.method !== 'POST' || ctx.info.namespace === '') throw unknownMethod();
  return handleBinding(server, ctx, server.storage(POD));
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  get: handleGet,
  list: handleList,
  watch: handleWatch,
  create: handleCreate,
  update: handleUpdate,
  patch: handlePatch,
  delete: handleDelete,
  deletecollection: handleDeleteCollection,
};

/** Said with every answer. Models apiserver/pkg/endpoints/deprecation. */
const DEPRECATED = new Map([
  [ENDPOINTS, 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
]);

/** Namespaced objects by name need their namespace; cluster-wide resources have none. */
function isInScope(resource: ServedResource, { info }: RequestContext): boolean {
  if (!resource.kind.namespaced) return info.namespace === '' || resource.kind.plural === 'namespaces';
  return info.namespace !== '' || info.parts.length === 1;
}

function isServed(resource: ServedResource, { info, exchange }: RequestContext): boolean {
  const { kind } = resource;
  if (!kind.verbs.some((verb) => verb === info.verb)) return false;
  const named = info.parts.length > 1;
  if (exchange.request.method === 'POST') return !named && (!kind.namespaced || info.namespace !== '');
  if (info.verb === 'deletecollection') return !kind.namespaced || info.namespace !== '';
  return true;
}

/** Runs the handler under the request's time limit; whatever it throws becomes the answer. */
function run(server: Server, ctx: RequestContext, answers: Answers, handler: () => Promise<void> | void): void {
  const limit = timeLimit(server, ctx);
  if (limit !== undefined) {
    const cancel = server.deadlines.after(limit.after, () => {
      if (!answers.given()) respondError(ctx, timeout(limit.text));
    });
    answers.onAnswer(cancel);
  }
  server.env.spawn(async () => {
    try {
      await handler();
    } catch (error) {
      if (answers.given()) return;
      if (error instanceof EtcdFailure) respondError(ctx, storageError(error));
      else if (error instanceof ApiError) respondError(ctx, error);
      else recoverFrom(server, ctx, error);
    }
  });
}

/** A request that our code cannot handle costs its client an answer, not everybody the server. Models apiserver's WithPanicRecovery. */
function recoverFrom(server: Server, ctx: RequestContext, error: unknown): void {
  if (error instanceof AssertionError) throw error;
  const { method, path } = ctx.exchange.request;
  server.env.print(`apiserver panic'd on ${method} ${path}\n`, 'stderr');
  respondPlain(ctx, 500, 'This request caused apiserver to panic. Look in the logs for details.\n');
}

function timeLimit(
  server: Server,
  { info, query }: RequestContext,
): { readonly after: number; readonly text: string } | undefined {
  if (info.verb === 'watch' || isStreaming(info)) return undefined;
  const asked = durationOf(query.get('timeout'));
  const read = info.verb === 'get' || info.verb === 'list';
  if (read) {
    const after = Math.min(asked ?? server.options.requestTimeout, server.options.requestTimeout);
    return { after, text: 'request did not complete within the allotted timeout' };
  }
  return {
    after: Math.min(asked ?? WRITE_TIMEOUT, WRITE_TIMEOUT),
    text: 'request did not complete within requested timeout - context deadline exceeded',
  };
}

function durationOf(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  try {
    const duration = parseDuration(text);
    return duration > 0 ? duration : undefined;
  } catch {
    return undefined;
  }
}

export interface Answers {
  readonly exchange: Exchange;
  /** Of every answer, beside its own. */
  headers: Readonly<Record<string, string>>;
  given(): boolean;
  onAnswer(then: (code: number) => void): void;
}

/** The exchange, made to take the first answer only: a time-out may come before the handler's. */
function oneAnswer(exchange: Exchange, headers: Readonly<Record<string, string>>): Answers {
  let code: number | undefined;
  const listeners: ((code: number) => void)[] = [];
  const claim = (status: number): boolean => {
    if (code !== undefined) return false;
    code = status;
    for (const listener of listeners) listener(status);
    return true;
  };
  const answers: Answers = {
    headers,
    exchange: {
      request: exchange.request,
      peer: exchange.peer,
      respond(status, body, own) {
        if (claim(status)) exchange.respond(status, body, { ...answers.headers, ...own });
      },
      start(status, own) {
        claim(status);
        return exchange.start(status, { ...answers.headers, ...own });
      },
      on: (handlers) => exchange.on(handlers),
    },
    given: () => code !== undefined,
    onAnswer: (then) => listeners.push(then),
  };
  return answers;
}

const MUTATING = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

function note(server: Server, { info, user, exchange }: RequestContext, code: number, started: number): void {
  if (!info.isResourceRequest || !MUTATING.has(info.verb)) return;
  const named = [info.resource, info.namespace, info.name].filter((part) => part !== '').join('/');
  server.env.trace({
    type: 'api.request',
    verb: info.verb,
    path: exchange.request.path,
    user: user.name,
    code,
    took: server.env.uptime() - started,
    object: named,
  });
}
