import { KINDS } from '../../api/scheme.ts';
import type { Kind } from '../../api/scheme.ts';

/** Kinds that can own and be owned: all that can be deleted and watched, but for events. */
export const COLLECTABLE: readonly Kind[] = KINDS.filter(
  (kind) => kind.kind !== 'Event' && kind.verbs.includes('delete') && kind.verbs.includes('watch'),
);

/** What a namespace takes along when it goes. An object that two groups show is deleted once. */
export const NAMESPACED: readonly Kind[] = KINDS.filter(
  (kind) => kind.namespaced && kind.verbs.includes('deletecollection') && kind.group !== 'events.k8s.io',
);
