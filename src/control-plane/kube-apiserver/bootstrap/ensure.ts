import type { KubeObject } from '../../../api/types.gen.ts';
import type { Server } from '../server.ts';
import type { Content } from './policy.ts';
import { FLOW_SCHEMA } from '../../../api/kinds/index.ts';
import { trackUpdate } from '../../../api/managed-fields/managers.ts';
import { keyOf } from '../../../api/scheme.ts';
import { prepareForCreate, withDefaults } from '../../../api/strategy/index.ts';
import { formatTime } from '../../../lib/time.ts';
import { complete, LOOPBACK } from '../controllers/system-objects.ts';
import { dangling } from '../flow-control/dangling.ts';
import { withMember, withMetadata } from '../storage/objects.ts';
import { newUid } from '../uid.ts';

/** Keys of one transaction: etcd takes 128 operations. */
const BATCH = 100;

/**
 * Makes what is missing of these, many at once: they are ours, so nothing has to admit them. Another apiserver may be doing the same.
 * Comes back when this server's caches show them all.
 */
export async function ensureAll(server: Server, contents: readonly Content[]): Promise<void> {
  for (let from = 0; from < contents.length; from += BATCH) {
    const batch = contents.slice(from, from + BATCH);
    let revision = 0;
    for (;;) {
      const missing = await missingOf(server, batch, revision);
      if (missing.length === 0) break;
      const written = missing.map((content) => [keyOfContent(content), made(server, content)] as const);
      const created = await server.store.createAll(written);
      revision = created ?? (await server.store.currentRevision(NOTHING));
    }
  }
}

/** Asked for the revision alone. */
const NOTHING = '/registry/none/';

async function missingOf(server: Server, batch: readonly Content[], revision: number): Promise<Content[]> {
  for (const kind of new Set(batch.map((content) => content.kind))) await server.storage(kind).cache.fresh(revision);
  return batch.filter((content) => server.storage(content.kind).cache.get(keyOfContent(content)) === undefined);
}

function keyOfContent({ kind, metadata }: Content): string {
  return keyOf(kind, metadata.namespace, metadata.name);
}

function made(server: Server, { kind, ...content }: Content): KubeObject {
  const now = formatTime(server.env.now());
  const object = withDefaults(kind, complete(kind, content));
  const managedFields = trackUpdate(kind, undefined, object, { manager: LOOPBACK.manager, subresource: '', now });
  const identified = withMetadata(object, { uid: newUid(server.env), creationTimestamp: now });
  const prepared = withMetadata(prepareForCreate(kind, identified), { managedFields });
  return kind === FLOW_SCHEMA
    ? withMember(prepared, 'status', { conditions: [dangling(object, true, now)] })
    : prepared;
}
