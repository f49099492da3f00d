import type { Micros } from '../../sim/env.ts';
import type { CommittedChange } from './commit.ts';
import type { Invariant } from './invariant.ts';

/** Kinds whose objects lie at `/registry/<resource>/`. */
const PLAIN =
  /^\/apis?\/(?:v1|[a-z.0-9]+\/v1)\/(?:namespaces\/([^/?]+)\/)?(pods|configmaps|secrets|serviceaccounts|deployments|replicasets|endpointslices|leases)(?:\/([^/?]+))?(?:\?(.*))?$/;
/** Longer than any request may take. */
const KEPT: Micros = 90_000_000;

/** An answer of success comes after the commit that it tells of. */
export const acknowledgedWrites: Invariant = {
  name: 'no acknowledged write lost',
  says: 'When the API says that an object was created or deleted, the committed history says so too.',
  hears: ['commit', 'api.request'],
  create() {
    const created = new Map<string, Micros[]>();
    /** What lies at a key, and since when. */
    const objects = new Map<string, { readonly change: CommittedChange; readonly since: Micros }>();
    let at = 0;
    const note = (prefix: string) => {
      const times = (created.get(prefix) ?? []).filter((time) => time > at - KEPT);
      created.set(prefix, [...times, at]);
    };
    return (event, { commit }) => {
      at = event.at;
      for (const change of commit?.changes ?? []) {
        const { key } = change;
        if (change.created) note(key.slice(0, key.lastIndexOf('/') + 1));
        if (change.deleted) objects.delete(key);
        else objects.set(key, { change, since: change.created ? at : (objects.get(key)?.since ?? 0) });
      }
      if (event.kind !== 'note' || event.note.type !== 'api.request') return undefined;
      const { verb, path, code, took } = event.note;
      const match = PLAIN.exec(path);
      if (match === null || code < 200 || code > 299 || (match[4] ?? '').includes('dryRun')) return undefined;
      const [, namespace = '', resource = '', name] = match;
      const prefix = `/registry/${resource}/${namespace === '' ? '' : `${namespace}/`}`;
      if (verb === 'create' && name === undefined) {
        const times = created.get(prefix) ?? [];
        const found = times.findIndex((time) => time >= at - took);
        if (found < 0) return `POST ${path} was answered ${code}, but nothing was created under ${prefix}`;
        created.set(prefix, times.toSpliced(found, 1));
      }
      if (verb === 'delete' && name !== undefined) {
        const left = objects.get(`${prefix}${name}`);
        // Another of the same name, made while the answer was on its way, is not the one that was deleted.
        const isThatOne = left !== undefined && left.since < at - took;
        if (isThatOne && left.change.object?.metadata.deletionTimestamp === undefined)
          return `DELETE ${path} was answered ${code}, but the object is as it was`;
      }
      return undefined;
    };
  },
};
