import type { KubeObject } from '../api/types.gen.ts';
import type { Env } from '../sim/env.ts';
import type { Client } from './client.ts';
import type { Informer, Informers } from './contract.ts';
import { createInformer } from './create-informer.ts';
import type { Resource } from './resources.ts';

/** Models client-go's SharedInformerFactory. */
export function createInformers(env: Env, client: Client): Informers {
  const informers = new Map<string, Informer<KubeObject>>();
  let started = false;
  return {
    for<T extends KubeObject>(resource: Resource<T>): Informer<T> {
      const key = `${resource.group}/${resource.version}/${resource.plural}`;
      const known = informers.get(key);
      if (known !== undefined) return sameKind<T>(known);
      const made = createInformer(env, client, resource);
      informers.set(key, sameKind<KubeObject>(made));
      if (started) made.start();
      return made;
    },
    start() {
      started = true;
      for (const informer of informers.values()) informer.start();
    },
    whenSynced(then) {
      const all = [...informers.values()];
      let missing = all.length;
      if (missing === 0) return then();
      for (const informer of all) {
        informer.whenSynced(() => {
          missing--;
          if (missing === 0) then();
        });
      }
    },
  };
}

/** The map's key names the kind, so what is stored under it holds objects of that kind. */
function sameKind<T extends KubeObject>(informer: unknown): Informer<T> {
  return informer as Informer<T>;
}
