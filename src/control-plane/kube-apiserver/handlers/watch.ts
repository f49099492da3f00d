// Models apiserver/pkg/endpoints/handlers/watch.go and storage/cacher's watchers.
import type { KubeObject, Status } from '../../../api/types.gen.ts';
import type { HttpStream } from '../../../sim/http.ts';
import type { RequestContext } from '../context.ts';
import type { ListRequest } from '../list-options.ts';
import type { ServedResource, Server } from '../server.ts';
import type { CacheEvent } from '../storage/watch-cache.ts';
import type { Filter } from './selection.ts';
import { apiVersionOf, keyOf, prefixOf } from '../../../api/scheme.ts';
import { requiredValue } from '../../../api/field-selector.ts';
import { expired } from '../../../api/status.ts';
import { MINUTE, SECOND } from '../../../lib/time.ts';
import { contentTypeOf, objectText } from '../encode.ts';
import { warningHeader } from '../respond.ts';
import { listOptions, revisionOfText } from '../list-options.ts';
import { nodeMark } from '../resources/pod.ts';
import { withResourceVersion } from '../storage/objects.ts';
import { keyMark } from '../storage/watch-cache.ts';
import { POD } from '../../../api/kinds/index.ts';
import { partialText, tableText } from '../tables/forms.ts';
import { awaitFreshness } from './read.ts';
import { filterOf } from './selection.ts';

/** How often a watcher that asked for bookmarks gets one, and how long before its end the last. */
const BOOKMARK_PERIOD = 1 * MINUTE;
const LAST_BOOKMARK = 2 * SECOND;
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export async function handleWatch(server: Server, ctx: RequestContext, resource: ServedResource): Promise<void> {
  const options = listOptions(ctx.query, resource.kind, true);
  const revision = revisionOfText(options.resourceVersion);
  await resource.cache.fresh(0);
  if (options.sendInitialEvents === true && options.resourceVersion === '') await awaitFreshness(server, resource, '');
  else if (options.sendInitialEvents === true) await awaitFreshness(server, resource, String(revision));
  const watcher = new Watcher(server, ctx, resource, options);
  watcher.start(revision);
}

class Watcher {
  readonly #server: Server;
  readonly #ctx: RequestContext;
  readonly #resource: ServedResource;
  readonly #options: ListRequest;
  readonly #filter: Filter | undefined;
  readonly #prefix: string;
  /** The only key that can match, when the selector names one object. */
  readonly #key: string | undefined;
  readonly #withCauses: boolean;
  #stream: HttpStream | undefined;
  /** What the watcher has seen before: this server may be behind another one and must not tell it again. */
  #from = 0;
  readonly #cancels: (() => void)[] = [];
  #sentTable = false;

  constructor(server: Server, ctx: RequestContext, resource: ServedResource, options: ListRequest) {
    this.#server = server;
    this.#ctx = ctx;
    this.#resource = resource;
    this.#options = options;
    this.#filter = filterOf(resource, options.labels, options.fields);
    this.#prefix = prefixOf(resource.kind, ctx.info.namespace);
    const name = requiredValue(options.fields, 'metadata.name');
    const scoped = !resource.kind.namespaced || ctx.info.namespace !== '';
    this.#key = name !== undefined && scoped ? keyOf(resource.kind, ctx.info.namespace, name) : undefined;
    this.#withCauses = ctx.exchange.request.headers['x-kubarium-causes'] === '1';
  }

  start(revision: number): void {
    const { cache } = this.#resource;
    const stream = this.#ctx.exchange.start(200, {
      'content-type': contentTypeOf(this.#ctx.accepted),
      'cache-control': 'no-cache, private',
      ...warningHeader(this.#ctx.warnings),
    });
    this.#stream = stream;
    this.#from = revision;
    this.#ctx.exchange.on({ closed: () => this.#stop() });
    // Whoever says that he does not want them begins with what happens now.
    const initial = this.#options.sendInitialEvents ?? revision === 0;
    let from = initial || revision > 0 ? revision : cache.revision;
    if (initial) {
      from = cache.revision;
      this.#sendInitial();
    }
    const mark = this.#mark();
    const cancel = cache.listen(from, {
      ...(mark === undefined ? {} : { mark }),
      event: (event) => this.#event(event),
      closed: () => this.#end(),
    });
    if (cancel === undefined) {
      this.#fail(expired(`too old resource version: ${revision} (${cache.since})`).status);
      return;
    }
    if (this.#stream === undefined) {
      cancel();
      return;
    }
    this.#cancels.push(cancel);
    this.#schedule();
  }

  /** What tells the few objects that can match, if the selector says so. */
  #mark(): string | undefined {
    if (this.#key !== undefined) return keyMark(this.#key);
    const node = this.#resource.kind === POD ? requiredValue(this.#options.fields, 'spec.nodeName') : undefined;
    return node === undefined ? undefined : nodeMark(node);
  }

  #sendInitial(): void {
    const { cache } = this.#resource;
    for (const [key, object] of cache.range(this.#prefix)) {
      if (this.#key !== undefined && key !== this.#key) continue;
      if (this.#filter === undefined || this.#filter(object)) this.#send('ADDED', object, undefined);
    }
    if (this.#options.sendInitialEvents === true && this.#options.allowBookmarks)
      this.#bookmark({ [INITIAL_EVENTS_END]: 'true' });
  }

  #schedule(): void {
    const { env, options, deadlines } = this.#server;
    const asked = this.#options.timeout ?? 0;
    const timeout =
      asked > 0
        ? asked * SECOND
        : options.minRequestTimeout + env.random.below(Math.max(1, options.minRequestTimeout / SECOND)) * SECOND;
    this.#cancels.push(deadlines.after(timeout, () => this.#end()));
    if (!this.#options.allowBookmarks) return;
    const period = timeout > BOOKMARK_PERIOD + LAST_BOOKMARK ? BOOKMARK_PERIOD : timeout - LAST_BOOKMARK;
    if (period > 0) this.#bookmarkEvery(period);
  }

  #bookmarkEvery(period: number): void {
    const { env, deadlines } = this.#server;
    const cancel = deadlines.after(period, () => {
      env.spawn(async () => {
        await this.#resource.cache.catchUp();
        if (this.#stream === undefined) return;
        this.#bookmark();
        this.#bookmarkEvery(period);
      });
    });
    this.#cancels.push(cancel);
  }

  #event(event: CacheEvent): void {
    if (this.#stream === undefined || event.revision <= this.#from || !event.key.startsWith(this.#prefix)) return;
    if (this.#key !== undefined && event.key !== this.#key) return;
    if (this.#filter === undefined) {
      this.#send(event.type, event.object, event.cause);
      return;
    }
    const is = event.type !== 'DELETED' && this.#filter(event.object);
    const was = event.previous !== undefined && this.#filter(event.previous);
    if (is) this.#send(was ? 'MODIFIED' : 'ADDED', event.object, event.cause);
    else if (was) this.#send('DELETED', withResourceVersion(event.previous, event.revision), event.cause);
  }

  #send(type: EventType, stored: KubeObject, cause: string | undefined): void {
    const object = this.#resource.toServed(stored);
    this.#write(type, this.#text(object), cause);
  }

  #text(object: KubeObject): string {
    switch (this.#ctx.accepted.form) {
      case 'object':
        return objectText(object);
      case 'partial':
        return partialText(object);
      case 'table': {
        const { resourceVersion } = object.metadata;
        const metadata = resourceVersion === undefined ? {} : { resourceVersion };
        const text = tableText(this.#server, this.#ctx, this.#resource, [object], metadata, !this.#sentTable);
        this.#sentTable = true;
        return text;
      }
    }
  }

  /** An object of the kind with nothing but the revision up to which the watcher has seen all. */
  #bookmark(annotations?: Readonly<Record<string, string>>): void {
    const { kind, cache } = this.#resource;
    if (cache.revision < this.#from) return;
    const metadata = { resourceVersion: String(cache.revision), ...(annotations === undefined ? {} : { annotations }) };
    const head = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata };
    this.#write('BOOKMARK', JSON.stringify(head), undefined);
  }

  #write(type: string, object: string, cause: string | undefined): void {
    const because = this.#withCauses && cause !== undefined ? `,"cause":${JSON.stringify(cause)}` : '';
    this.#stream?.send(`{"type":"${type}","object":${object}${because}}\n`);
  }

  #fail(status: Status): void {
    this.#stream?.send(`{"type":"ERROR","object":${JSON.stringify(status)}}\n`);
    this.#end();
  }

  #end(): void {
    const stream = this.#stream;
    this.#stop();
    stream?.end();
  }

  #stop(): void {
    this.#stream = undefined;
    for (const cancel of this.#cancels.splice(0)) cancel();
  }
}
